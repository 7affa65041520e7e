import type { TerminalSize } from '../protocol/types.js';

/** A closed stretch of the log, at most 1 MiB of output. `body` is apart: see {@link LogSource}. */
export interface SegmentHead {
  /** From 0, without a gap. */
  readonly n: number;
  /** Offset of the first byte. */
  readonly from: number;
  /** Offset behind the last byte. */
  readonly to: number;
  /** Newlines before `from`; the number (0-based) of the line that `from` lies in. */
  readonly firstLine: number;
  /** Newlines within. */
  readonly lines: number;
  /** SHA-256 of the bytes of output within, lower-case hex. */
  readonly sha256: string;
  /** SHA-256 of the side index within, as it is before gzip, lower-case hex: times and sizes are in the chain too. */
  readonly indexSha256: string;
  /** The chain: SHA-256 over the previous segment's chain value and this head; see `chain.ts`. */
  readonly chain: string;
  /** When the first byte was written, milliseconds since 1970. */
  readonly startedAtMs: number;
  /** True when the bytes of it were dropped to stay within the cap; the head stays, so that the chain can be followed. */
  readonly dropped?: boolean;
}

/** A segment as it travels and is stored: gzip over the bytes, and gzip over a JSON side index (times, sizes, marks). */
export interface Segment {
  readonly head: SegmentHead;
  readonly body: Uint8Array;
  readonly index: Uint8Array;
}

/** The screen at an offset, as escape text that draws it on an empty terminal of that size. */
export interface Keyframe {
  readonly offset: number;
  readonly size: TerminalSize;
  readonly atMs: number;
  readonly data: Uint8Array;
}

/** What is known of a log without reading it. */
export interface LogInfo {
  readonly epoch: string;
  /** Oldest offset that can still be read in one piece with what follows. */
  readonly first: number;
  /** Offset behind the last byte. */
  readonly head: number;
  readonly lines: number;
  /** True when nothing will be added. */
  readonly closed: boolean;
  /** SHA-256 over all bytes once closed. */
  readonly digest: string | null;
  /** A stretch in the middle that was dropped to stay within the cap. */
  readonly gap: { readonly from: number; readonly to: number } | null;
}

/** Where segments are kept: files beside the runner, or rows in the store. Everything that reads a log reads through this. */
export interface LogSource {
  info(): Promise<LogInfo>;
  /** Heads of all segments, oldest first; the open one last, without a chain value. */
  segments(): Promise<readonly SegmentHead[]>;
  segment(n: number): Promise<Segment | undefined>;
  /** The newest keyframe at or before an offset. */
  keyframe(atOrBefore: number): Promise<Keyframe | undefined>;
  /** The bytes of the open segment as they are, where the source has them at hand: saves packing what is still growing. */
  open?(): Promise<{ readonly from: number; readonly data: Uint8Array }>;
  /** Resolves when the log has grown beyond `head`, or is closed. */
  grown(head: number, options: { readonly signal: AbortSignal }): Promise<void>;
}

/** Something in the log that is no output: told at an offset, in order. */
export type LogEvent =
  /** The bytes from `offset` on were written at this time; not told for every write. */
  | { readonly type: 'time'; readonly offset: number; readonly atMs: number }
  /** From `offset` on the terminal has this size. */
  | { readonly type: 'size'; readonly offset: number; readonly atMs: number; readonly size: TerminalSize }
  /** A place somebody gave a name, such as the start of a phase. */
  | { readonly type: 'mark'; readonly offset: number; readonly atMs: number; readonly label: string };

/** What {@link LogWriter.close} tells. */
export interface LogEnd {
  /** Offset behind the last byte. */
  readonly offset: number;
  readonly lines: number;
  /** SHA-256 of all bytes, lower-case hex; null when the log was taken up again after a crash and lacks its middle. */
  readonly digest: string | null;
  /** Chain value behind the last segment; null when there is none. */
  readonly chain: string | null;
  readonly segments: number;
}

/** Told by {@link LogWriterOptions.onTrouble}. */
export interface LogTrouble {
  /** `disk`: the folder takes nothing at the moment, output waits. `over`: it is written again. */
  readonly kind: 'disk' | 'over';
  /** A sentence for a person. */
  readonly message: string;
}

/** Where and how a log is written. */
export interface LogWriterOptions {
  /** Made when missing. A folder left by a writer of the same epoch is taken up where it ends. */
  readonly folder: string;
  readonly epoch: string;
  /** Size of the terminal at offset 0. */
  readonly size: TerminalSize;
  /** Bytes of output kept; beyond it the middle is dropped. */
  readonly capBytes: number;
  /** Newest lines that are kept even above the cap, up to twice of it: lines of any length would fill any disk. */
  readonly guaranteedLines: number;
  readonly nowMs: () => number;
  /**
   * A segment closed, in order, after it is on disk. Told once more, with `head.dropped` and an empty body, when its
   * bytes are given up for the cap.
   */
  readonly onSegment?: (segment: Segment) => void;
  /** A keyframe was taken, in order of offset. */
  readonly onKeyframe?: (keyframe: Keyframe) => void;
  readonly onTrouble?: (trouble: LogTrouble) => void;
}

/** The one that writes a log. Offsets are given at once; disk, packing and screen follow behind, within bounds. */
export interface LogWriter {
  readonly epoch: string;
  /** Offset behind the last byte. */
  readonly head: number;
  /** Newlines so far. */
  readonly lines: number;
  readonly size: TerminalSize;
  readonly source: LogSource;
  readonly screen: ScreenTracker;
  /**
   * Takes all of `data` (copied). False: too much is on its way to disk or screen; take no more from the program until
   * {@link drained}. Throws after {@link close}.
   */
  write(data: Uint8Array): boolean;
  /** Resolves when {@link write} would answer true. */
  drained(): Promise<void>;
  /** The terminal has another size from here on. A keyframe follows. */
  resize(size: TerminalSize): void;
  /** Gives this place a name. */
  mark(label: string): void;
  /** The screen at the head of now. */
  keyframe(): Promise<Keyframe>;
  /** Closes the open segment before it is full, so that it can leave the machine. */
  cut(): void;
  /** Closes segment, keyframe and chain. Does not fail for a full disk: what found no room stays readable in memory. */
  close(): Promise<LogEnd>;
}

/** The screen as the program drew it so far. */
export interface ScreenTracker {
  /** Resolves when all that was written before is on the screen. */
  settled(): Promise<void>;
  /** The screen as escape text, of what has been parsed; call {@link settled} before. */
  snapshot(): Uint8Array;
  view(): ScreenView;
}

/** A screen as a program reads it. */
export interface ScreenView {
  readonly offset: number;
  readonly size: TerminalSize;
  /** One text for each row, right end trimmed. */
  readonly rows: readonly string[];
  /** From 0, in cells. */
  readonly cursor: { readonly x: number; readonly y: number; readonly visible: boolean };
  readonly title: string;
  /** True while a full-screen program has the alternate screen. */
  readonly alternate: boolean;
}
