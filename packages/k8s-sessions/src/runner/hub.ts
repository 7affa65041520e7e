import type { Keyframe, LogWriter } from '../log/types.js';
import type { ExitRecord, ServerFrame, SessionState, SizeMode, TerminalSize, ViewerRole } from '../protocol/index.js';
import { createKeyboard, type Keyboard } from './keyboard.js';
import type { KeyboardTurn } from './control-types.js';
import { createRecent, type Recent } from './recent.js';
import { ruledSize, sameSize } from './size-rule.js';
import type { Terminal } from './terminal.js';
import { ViewerSession, type ViewerLink } from './viewer.js';

/** Newest output held in memory for those who are nearly there. */
const recentBytes = 2_097_152;
/** What may be typed before there is a program to read it. */
const typeAheadBytes = 65_536;
/** Changes of the size that are remembered; who is behind more of them gets a keyframe. */
const mostSizes = 4096;
/** Changes of the size closer together than this become one. */
const resizeEveryMs = 50;
/** How many look on is told no more often than this: everybody hears of everybody, so a rush would be told by its square. */
const countEveryMs = 1000;

export interface HubOptions {
  readonly session: string;
  readonly epoch: string;
  /** What is run, as it is shown to viewers. */
  readonly command: string;
  readonly sizeMode: SizeMode;
  readonly log: LogWriter;
  readonly nowMs: () => number;
}

/** Where a size begins. */
export interface SizeAt {
  readonly offset: number;
  readonly size: TerminalSize;
}

/** One session as all its viewers share it: log, terminal, keyboard, lease, size. Knows no sockets. */
export class Hub {
  readonly session: string;
  readonly epoch: string;
  readonly command: string;
  readonly log: LogWriter;
  readonly recent: Recent = createRecent(recentBytes);
  readonly nowMs: () => number;
  state: SessionState = 'starting';
  detail: string | null = null;
  startedAtMs: number | null = null;
  exit: ExitRecord | null = null;
  /** When output, input or a viewer was last seen. */
  activeAtMs: number;
  readonly #sizeMode: SizeMode;
  readonly #keyboard: Keyboard = createKeyboard();
  readonly #viewers = new Set<ViewerSession>();
  readonly #sizes: SizeAt[];
  #sizesGone = 0;
  #terminal: Terminal | undefined;
  #typedAhead: Uint8Array[] = [];
  #holder: string | null = null;
  #activity = 0;
  #keyframe: Promise<Keyframe> | undefined;
  #leaseTold: NodeJS.Immediate | undefined;
  #leaseToldAtMs = Number.NEGATIVE_INFINITY;
  #counting: NodeJS.Timeout | undefined;
  #pumping: NodeJS.Immediate | undefined;
  #resizing: NodeJS.Timeout | undefined;
  #resizedAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: HubOptions) {
    this.session = options.session;
    this.epoch = options.epoch;
    this.command = options.command;
    this.log = options.log;
    this.nowMs = options.nowMs;
    this.activeAtMs = options.nowMs();
    this.#sizeMode = options.sizeMode;
    this.#sizes = [{ offset: 0, size: options.log.size }];
  }

  get viewers(): number {
    return this.#viewers.size;
  }
  get holder(): string | null {
    return this.#holder;
  }
  /** Whether there is a terminal now. */
  get isPlugged(): boolean {
    return this.#terminal !== undefined;
  }
  get turns(): readonly KeyboardTurn[] {
    return this.#keyboard.turns();
  }

  /** Takes output. False: take no more from the program until the log has drained. */
  append(data: Uint8Array): boolean {
    const kept = Uint8Array.from(data);
    this.recent.push(kept);
    this.activeAtMs = this.nowMs();
    const goOn = this.log.write(kept);
    // Once for all that is read in this turn of the event loop.
    this.#pumping ??= setImmediate(() => {
      this.#pumping = undefined;
      for (const viewer of this.#viewers) viewer.pump();
    });
    return goOn;
  }

  phase(state: SessionState, detail: string | null): void {
    this.state = state;
    this.detail = detail;
    this.#tellAll({ type: 'phase', state, detail });
  }

  /** The command is over and the log closed. */
  finish(exit: ExitRecord): void {
    this.exit = exit;
    this.state = 'exited';
    for (const viewer of this.#viewers) viewer.pump();
  }

  note(level: 'info' | 'warning', code: string, text: string): void {
    this.#tellAll({ type: 'note', level, code, text });
  }

  /** Gives the keyboard a terminal, or takes it away. */
  plug(terminal: Terminal | undefined): void {
    this.#terminal = terminal;
    if (!terminal) return;
    terminal.resize(this.log.size);
    for (const data of this.#typedAhead.splice(0)) terminal.input.write(data);
  }

  join(options: { readonly viewer: string; readonly role: ViewerRole; readonly link: ViewerLink }): ViewerSession {
    const viewer = new ViewerSession(this, options);
    this.#viewers.add(viewer);
    this.activeAtMs = this.nowMs();
    return viewer;
  }

  leave(viewer: ViewerSession): void {
    if (!this.#viewers.delete(viewer)) return;
    this.activeAtMs = this.nowMs();
    this.viewersChanged();
    this.sizeChanged();
  }

  /** Grows with every call: who was active last. */
  nextActivity(): number {
    this.#activity += 1;
    return this.#activity;
  }

  lastSeq(window: string): number {
    return this.#keyboard.lastSeq(window);
  }

  accept(window: string, seq: number): 'new' | 'known' | 'gap' {
    return this.#keyboard.accept(window, seq);
  }

  /** Whether this viewer may type: has the lease, or gets it because nobody who is here has it. */
  claimKeyboard(viewer: string): boolean {
    if (this.#holder === viewer) return true;
    if (this.#holder !== null && this.#isHere(this.#holder)) return false;
    this.take(viewer);
    return true;
  }

  take(viewer: string): void {
    this.#holder = viewer;
    this.#tellLease();
    this.sizeChanged();
  }

  release(viewer: string): void {
    if (this.#holder !== viewer) return;
    this.#holder = null;
    this.#tellLease();
    this.sizeChanged();
  }

  /** Types. False: nothing reads, and too much waits already; it was not taken. */
  type(viewer: string, data: Uint8Array): boolean {
    const nowMs = this.nowMs();
    if (this.exit || this.state === 'draining') return false;
    if (!this.#terminal) {
      const waiting = this.#typedAhead.reduce((sum, piece) => sum + piece.length, 0);
      if (waiting + data.length > typeAheadBytes) return false;
      this.#typedAhead.push(Uint8Array.from(data));
    } else this.#terminal.input.write(data);
    this.activeAtMs = nowMs;
    this.#keyboard.typed(viewer, data, nowMs);
    return true;
  }

  /** Resolves when the program has read enough of what was typed. */
  async typed(): Promise<void> {
    await this.#terminal?.input.drained();
  }

  signal(name: string): void {
    this.#terminal?.signal(name as NodeJS.Signals);
  }

  /** Looks at what everybody shows, and gives the terminal the size that follows. */
  sizeChanged(): void {
    if (this.#resizing) return;
    const dueMs = this.#resizedAtMs + resizeEveryMs - performance.now();
    if (dueMs <= 0) return this.#applySize();
    this.#resizing = setTimeout(() => this.#applySize(), dueMs);
  }

  /** Sizes are counted from the beginning; undefined when there is no further one, or it is forgotten. */
  sizeNumber(n: number): SizeAt | undefined {
    return this.#sizes[n - this.#sizesGone];
  }

  /** The number of the newest size that holds at or before an offset. */
  sizesUpTo(offset: number): number {
    let at = this.#sizes.length;
    while (at > 1 && this.#sizes[at - 1]!.offset > offset) at -= 1;
    return this.#sizesGone + at - 1;
  }

  /** Whether the size changed at an offset or later. */
  changedSince(offset: number): boolean {
    return this.#sizes.length > 1 && this.#sizes.at(-1)!.offset >= offset;
  }

  /** The screen as it is now; one for all who ask at the same time. */
  async keyframe(): Promise<Keyframe> {
    this.#keyframe ??= this.log.keyframe().finally(() => (this.#keyframe = undefined));
    return await this.#keyframe;
  }

  /** Tells everybody that somebody came or left. */
  viewersChanged(): void {
    const dueMs = this.#leaseToldAtMs + countEveryMs - performance.now();
    if (dueMs <= 0) this.#tellLease();
    else this.#counting ??= setTimeout(() => this.#tellLease(), dueMs);
  }

  /** Tells everybody who has the keyboard, and how many look on. */
  #tellLease(): void {
    clearTimeout(this.#counting);
    this.#counting = undefined;
    this.#leaseTold ??= setImmediate(() => {
      this.#leaseTold = undefined;
      this.#leaseToldAtMs = performance.now();
      for (const viewer of this.#viewers) viewer.tellLease();
    });
  }

  /** Ends the sockets of viewers: of those named, or of all. */
  dismiss(code: number, why: string, viewers?: readonly string[]): void {
    for (const viewer of this.#viewers) if (!viewers || viewers.includes(viewer.viewer)) viewer.dismiss(code, why);
  }

  /** Whether everybody who is here was sent everything, the end included. */
  get allTold(): boolean {
    return [...this.#viewers].every((viewer) => viewer.isTold);
  }

  close(): void {
    clearImmediate(this.#leaseTold);
    clearTimeout(this.#counting);
    clearImmediate(this.#pumping);
    clearTimeout(this.#resizing);
  }

  #isHere(viewer: string): boolean {
    return [...this.#viewers].some((one) => one.viewer === viewer);
  }

  #applySize(): void {
    clearTimeout(this.#resizing);
    this.#resizing = undefined;
    const seats = [...this.#viewers].map((viewer) => viewer.seat(this.#holder));
    const size = ruledSize(this.#sizeMode, seats);
    if (!size || this.exit || sameSize(size, this.log.size)) return;
    this.resize(size);
  }

  /** Gives the terminal a size, whatever the rule says. */
  resize(size: TerminalSize): void {
    if (this.exit || sameSize(size, this.log.size)) return;
    this.#resizedAtMs = performance.now();
    this.#terminal?.resize(size);
    this.log.resize(size);
    this.#sizes.push({ offset: this.log.head, size });
    if (this.#sizes.length > mostSizes) {
      this.#sizes.shift();
      this.#sizesGone += 1;
    }
    for (const viewer of this.#viewers) viewer.pump();
  }

  #tellAll(frame: ServerFrame): void {
    for (const viewer of this.#viewers) viewer.tell(frame);
  }
}
