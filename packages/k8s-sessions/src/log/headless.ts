import headless from '@xterm/headless';
import type { Terminal as HeadlessTerminal } from '@xterm/headless';
import type { TerminalSize } from '../protocol/types.js';

/** A terminal without a screen, as `@xterm/headless` makes it. */
export type Headless = HeadlessTerminal;

/**
 * What a snapshot needs and the public API of `@xterm/headless` 6.0.0 does not tell. Read only, in this one place; the
 * package is pinned to the exact version, and a test holds every field.
 */
export interface HeadlessInside {
  readonly coreService: { readonly isCursorHidden: boolean; readonly decPrivateModes: Readonly<DecModes> };
  readonly coreMouseService: { readonly activeProtocol: string; readonly activeEncoding: string };
  readonly _charsetService: { readonly glevel: number; readonly _charsets: readonly (object | undefined)[] };
  readonly _bufferService: { readonly buffers: { readonly normal: BufferInside; readonly alt: BufferInside } };
  readonly buffer: BufferInside;
  readonly _inputHandler: { readonly _curAttrData: AttributeInside };
  readonly _oscLinkService: { getLinkData(id: number): { readonly id?: string; readonly uri: string } | undefined };
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

/** What lies beneath the public API. */
export function inside(terminal: Headless): HeadlessInside {
  return (terminal as unknown as { readonly _core: HeadlessInside })._core;
}
