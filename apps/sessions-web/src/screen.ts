import { Terminal } from '@xterm/xterm';
import { WebLinksAddon } from '@xterm/addon-web-links';
import type { TerminalSize } from '@hawser/k8s-sessions/protocol';
import { emptied } from './emptied.js';
import { guardQueries } from './queries.js';
import { layoutOf, type Cell } from './layout.js';
import { themes } from './themes.js';

/** Lines that are scrolled back to without asking the server. */
const liveLines = 10_000;
/** How long the size that was asked for may take before another's is shown scaled. */
const settleMs = 500;

/** What the screen tells. */
export interface ScreenEvents {
  /** Typed, pasted, or reported by the mouse; text is to be sent as UTF-8, bytes as they are. */
  readonly onInput: (data: string | Uint8Array) => void;
  /** The size that fits into the window. */
  readonly onFit: (size: TerminalSize) => void;
  readonly onTitle: (title: string) => void;
  /** A program wants this text on the clipboard (OSC 52). */
  readonly onClipboard: (text: string) => void;
  /** A key before the terminal takes it; true when it was meant for the page. */
  readonly onKey: (event: KeyboardEvent) => boolean;
  /** Whether the top of what is kept here is shown, and how far somebody pulled beyond it (pixels). */
  readonly onTop: (atTop: boolean, pulled: number) => void;
}

/** See {@link Screen.accept}. */
export type KeyMode = 'type' | 'ask' | 'rest';

/** The terminal of the page. Everything that changes it goes in order through one queue. */
export interface Screen {
  readonly terminal: Terminal;
  /**
   * Replaces the screen in one step: what was there stays until the new one stands. The lines above it are kept with
   * `keep`, which is only true to the log where no byte lies between what was written so far and the new screen.
   */
  replace(
    screen: { readonly size: TerminalSize; readonly data: Uint8Array; readonly keep: boolean },
    done: () => void,
  ): void;
  write(data: Uint8Array | string, done?: () => void): void;
  resize(size: TerminalSize): void;
  /** Whether queries of the program are answered from here on: by one viewer, and never for what is old. */
  answer(answering: boolean): void;
  /** Whether this viewer's size is the one that is to hold. */
  lead(leading: boolean): void;
  look(options: { readonly theme: 'light' | 'dark'; readonly fontSize: number; readonly screenReader: boolean }): void;
  /**
   * What keys do: `type`; `ask`, which types too but leaves Tab and the keys for paging to the page; or nothing but what
   * they do on any page (`rest`).
   */
  accept(mode: KeyMode): void;
  copy(): void;
  fit(): void;
}

/** Opens the terminal within an element. */
export function openScreen(container: HTMLElement, events: ScreenEvents): Screen {
  const terminal = new Terminal({
    scrollback: liveLines,
    fontFamily: getComputedStyle(document.documentElement).getPropertyValue('--mono'),
    fontSize: 14,
    cursorBlink: !matchMedia('(prefers-reduced-motion: reduce)').matches,
    minimumContrastRatio: 4.5,
    macOptionClickForcesSelection: true,
    rightClickSelectsWord: false,
    theme: themes.light,
    linkHandler: { activate: (_event, address) => follow(address) },
  });
  terminal.loadAddon(new WebLinksAddon((_event, address) => follow(address)));
  terminal.open(container);

  let answering = false;
  let mode: KeyMode = 'rest';
  let leading = false;
  let fontSize = 14;
  let cell: Cell | null = null;
  let fitted = '';
  let settling: ReturnType<typeof setTimeout> | undefined;
  guardQueries(terminal, { answering: () => answering, onClipboard: (text) => answering && events.onClipboard(text) });

  const fit = (): void => {
    if (terminal.options.fontSize === fontSize || cell === null) cell = measured(container, terminal) ?? cell;
    if (cell === null || container.clientWidth === 0) return;
    const room = roomOf(container);
    const { proposed, scale } = layoutOf(room, cell, { cols: terminal.cols, rows: terminal.rows });
    const own = terminal.cols === proposed.cols && terminal.rows === proposed.rows;
    const name = `${proposed.cols}x${proposed.rows}`;
    if (name !== fitted) {
      fitted = name;
      events.onFit(proposed);
    }
    clearTimeout(settling);
    const show = (): void => {
      const size = own ? fontSize : Math.max(4, Math.floor(fontSize * scale * 4) / 4);
      if (terminal.options.fontSize !== size) terminal.options.fontSize = size;
      container.classList.toggle('boxed', !own && !leading);
    };
    if (leading && !own) settling = setTimeout(show, settleMs);
    else show();
  };
  let asked = 0;
  const fitSoon = (): void => {
    cancelAnimationFrame(asked);
    asked = requestAnimationFrame(fit);
  };
  new ResizeObserver(fitSoon).observe(container);

  terminal.onData((data) => events.onInput(data));
  terminal.onBinary((data) => events.onInput(Uint8Array.from(data, (character) => character.charCodeAt(0))));
  terminal.onTitleChange(events.onTitle);
  terminal.attachCustomKeyEventHandler((event) => {
    if (events.onKey(event)) {
      if (event.type === 'keydown') event.preventDefault();
      return false;
    }
    // The browser's own paste; the terminal takes what it brings, bracketed where the program asks for it.
    if (event.ctrlKey && event.shiftKey && event.code === 'KeyV') return false;
    return mode === 'type' || (!leaves(event, terminal) && mode === 'ask');
  });
  watchTop(container, terminal, events.onTop);

  return {
    terminal,
    replace({ size, data, keep }, done) {
      // All of it is taken in at once, before the next picture is drawn.
      terminal.write(keep ? '' : '\u001Bc', () => {
        const above = terminal.buffer.normal.baseY;
        terminal.resize(size.cols, size.rows);
        if (keep) terminal.write(emptied(size, above - terminal.buffer.normal.baseY));
        terminal.write(data, () => {
          fitSoon();
          done();
        });
      });
    },
    write: (data, done) => terminal.write(data, done),
    resize: (size) =>
      terminal.write('', () => {
        terminal.resize(size.cols, size.rows);
        fitSoon();
      }),
    answer: (value) => terminal.write('', () => (answering = value)),
    lead(value) {
      leading = value;
      fitSoon();
    },
    look(options) {
      fontSize = options.fontSize;
      cell = null;
      terminal.options.theme = themes[options.theme];
      terminal.options.fontSize = fontSize;
      terminal.options.screenReaderMode = options.screenReader;
      fitSoon();
    },
    accept(value) {
      mode = value;
      terminal.options.disableStdin = value === 'rest';
      terminal.options.cursorInactiveStyle = value === 'type' ? 'outline' : 'none';
    },
    copy: () => copySelection(terminal),
    fit,
  };
}

function follow(address: string): void {
  if (/^https?:/i.test(address)) window.open(address, '_blank', 'noopener,noreferrer');
}

/** Size of a cell as drawn now, in CSS pixels. */
function measured(container: HTMLElement, terminal: Terminal): Cell | null {
  const drawn = container.querySelector('.xterm-screen')?.getBoundingClientRect();
  if (!drawn || drawn.width === 0) return null;
  return { width: drawn.width / terminal.cols, height: drawn.height / terminal.rows };
}

function roomOf(container: HTMLElement): { width: number; height: number } {
  const style = getComputedStyle(container);
  const inner = (total: number, before: string, after: string): number =>
    total - parseFloat(before) - parseFloat(after);
  const scrollbar = 14;
  return {
    width: inner(container.clientWidth, style.paddingLeft, style.paddingRight) - scrollbar,
    height: inner(container.clientHeight, style.paddingTop, style.paddingBottom),
  };
}

/** Keys that a terminal in which nobody types leaves to the page; those for paging scroll it. */
function leaves(event: KeyboardEvent, terminal: Terminal): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey) return false;
  const moves: Readonly<Record<string, () => void>> = {
    PageUp: () => terminal.scrollPages(-1),
    PageDown: () => terminal.scrollPages(1),
    Home: () => terminal.scrollToTop(),
    End: () => terminal.scrollToBottom(),
    ArrowUp: () => terminal.scrollLines(-1),
    ArrowDown: () => terminal.scrollLines(1),
  };
  const move = moves[event.key];
  if (move && event.type === 'keydown') {
    move();
    event.preventDefault();
  }
  return move !== undefined || event.key === 'Tab';
}

function copySelection(terminal: Terminal): void {
  const text = terminal.getSelection();
  if (text === '') return;
  // Without TLS a page has no clipboard to write to; the older way goes through the terminal's own copy event.
  if (navigator.clipboard) void navigator.clipboard.writeText(text).catch(() => document.execCommand('copy'));
  else document.execCommand('copy');
}

/** Watches for the top of what is kept here, by wheel and by finger. */
function watchTop(container: HTMLElement, terminal: Terminal, onTop: (atTop: boolean, pulled: number) => void): void {
  let pulled = 0;
  const plain = (): boolean => terminal.buffer.active.type === 'normal' && terminal.modes.mouseTrackingMode === 'none';
  const atTop = (): boolean => plain() && terminal.buffer.active.viewportY === 0;
  const pull = (up: number): void => {
    pulled = atTop() && up > 0 ? pulled + up : 0;
    onTop(atTop() && (pulled > 0 || terminal.buffer.active.baseY > 0), pulled);
  };
  terminal.onScroll(() => {
    if (!atTop()) pull(0);
    else onTop(terminal.buffer.active.baseY > 0, pulled);
  });
  container.addEventListener('wheel', (event) => pull(-event.deltaY), { passive: true });
  let finger: number | null = null;
  let owed = 0;
  container.addEventListener('touchstart', (event) => (finger = event.touches[0]?.clientY ?? null), { passive: true });
  container.addEventListener(
    'touchmove',
    (event) => {
      const now = event.touches[0]?.clientY;
      if (now === undefined || finger === null || event.touches.length > 1 || !plain()) return;
      const moved = now - finger;
      finger = now;
      owed += moved;
      const height = container.clientHeight / terminal.rows;
      const lines = Math.trunc(owed / height);
      owed -= lines * height;
      if (lines !== 0) terminal.scrollLines(-lines);
      pull(moved);
    },
    { passive: true },
  );
}
