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
  /** Resolves when the log has grown beyond `head`, or is closed. */
  grown(head: number, options: { readonly signal: AbortSignal }): Promise<void>;
}
