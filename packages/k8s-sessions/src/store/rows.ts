import type { SessionEvent, TerminalSize } from '../protocol/types.js';

/** Rows that nobody but the store sees as such. Times are milliseconds since 1970. */
export interface EventRow {
  readonly session: string;
  /** From 1 within its session, without a gap and in the order of the transactions. */
  readonly id: number;
  readonly atMs: number;
  readonly actor: string;
  readonly kind: string;
  readonly data: SessionEvent['data'];
}

export interface PayloadRow {
  readonly session: string;
  readonly sealed: Uint8Array;
  readonly expiresAt: number;
}

export interface SegmentRow {
  readonly session: string;
  readonly n: number;
  readonly from: number;
  readonly to: number;
  readonly firstLine: number;
  readonly lines: number;
  readonly sha256: string;
  readonly indexSha256: string;
  readonly chain: string;
  readonly startedAtMs: number;
  readonly dropped: boolean;
  /** What is kept of it: body and side index, packed. */
  readonly bytes: number;
  readonly body: Uint8Array;
  readonly index: Uint8Array;
}

export interface KeyframeRow {
  readonly session: string;
  readonly offset: number;
  readonly size: TerminalSize;
  readonly atMs: number;
  readonly data: Uint8Array;
}
