import headless from '@xterm/headless';
import type { Terminal as HeadlessTerminal } from '@xterm/headless';
import type { TerminalSize } from '../protocol/types.js';

/** A terminal without a screen, as `@xterm/headless` makes it. */
export type Headless = HeadlessTerminal;

/**
 * What a snapshot needs and the public API of `@xterm/headless` 6.0.0 does not tell. Read only, in this one place; the
 * package is pinned to the exact version, and the property about snapshots holds every field.
 */
export interface HeadlessInside {
  readonly coreService: { readonly isCursorHidden: boolean; readonly decPrivateModes: Readonly<DecModes> };
  readonly mouse: { readonly activeProtocol: string; readonly activeEncoding: string };
  /** Which of the four character sets is in use, and what each is; undefined for ASCII. */
  readonly charsets: { readonly level: number; readonly sets: readonly (object | undefined)[] };
  readonly buffers: { readonly normal: BufferInside; readonly alt: BufferInside };
  /** The one of them that is shown. */
  readonly buffer: BufferInside;
  /** What is written next looks like this. */
  readonly pen: AttributeInside;
  readonly links: { getLinkData(id: number): { readonly id?: string; readonly uri: string } | undefined };
}

/** The fields by the names they have there. */
interface Core {
  readonly coreService: HeadlessInside['coreService'];
  readonly coreMouseService: HeadlessInside['mouse'];
  readonly _charsetService: { readonly glevel: number; readonly _charsets: HeadlessInside['charsets']['sets'] };
  readonly _bufferService: { readonly buffers: HeadlessInside['buffers'] };
  readonly buffer: BufferInside;
  readonly _inputHandler: { readonly _curAttrData: AttributeInside };
  readonly _oscLinkService: HeadlessInside['links'];
}

/** DEC private modes as xterm.js keeps them. */
export interface DecModes {
  readonly cursorStyle?: 'block' | 'underline' | 'bar' | undefined;
  readonly cursorBlink?: boolean | undefined;
}

/** A screen buffer from within. */
export interface BufferInside {
  readonly x: number;
  readonly y: number;
  readonly savedX: number;
  readonly savedY: number;
  readonly savedCurAttrData: AttributeInside;
  readonly scrollTop: number;
  readonly scrollBottom: number;
  readonly tabs: Readonly<Record<number, boolean>>;
}

/** Colours and styles of a cell, or of what is written next. */
export interface AttributeInside {
  isBold(): number;
  isDim(): number;
  isItalic(): number;
  isBlink(): number;
  isInverse(): number;
  isInvisible(): number;
  isStrikethrough(): number;
  isOverline(): number;
  getFgColorMode(): number;
  getFgColor(): number;
  getBgColorMode(): number;
  getBgColor(): number;
  getUnderlineStyle(): number;
  isUnderlineColorDefault(): boolean;
  isUnderlineColorRGB(): boolean;
  getUnderlineColor(): number;
  /** A link makes the getter of the underline's style answer `dashed`; bits 26 to 28 of `_ext` hold what was asked for. */
  readonly extended: { readonly urlId: number; readonly _ext: number };
}

/** Opens one; `scrollback` lines above the screen are kept. */
export function openHeadless(size: TerminalSize, scrollback: number): Headless {
  // The package is CommonJS: its class is a property of the default export.
  return new headless.Terminal({ ...size, scrollback, allowProposedApi: true, logLevel: 'off' });
}

/** What lies beneath the public API, as it is at the moment. */
export function inside(terminal: Headless): HeadlessInside {
  const { _core: core } = terminal as unknown as { readonly _core: Core };
  const { _charsetService: charsets, _bufferService: screens, _inputHandler: input, _oscLinkService: links } = core;
  const { glevel: level, _charsets: sets } = charsets;
  const { _curAttrData: pen } = input;
  const { coreService, coreMouseService: mouse, buffer } = core;
  return { coreService, mouse, charsets: { level, sets }, buffers: screens.buffers, buffer, pen, links };
}
