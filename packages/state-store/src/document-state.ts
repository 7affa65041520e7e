import type { Writer } from './envelope.js';
import type { MemberState } from './member.js';

/** Where the data of a repaired document is from. */
export interface Recovery {
  /** Where the damaged file lies now; in a folder that cannot be written to, where it still lies. */
  readonly quarantined: string;
  /** What was wrong with it. */
  readonly reason: string;
  /** `items`: its own valid parts; `previous`: an earlier version; `default`: there was nothing to go back to. */
  readonly from: 'items' | 'previous' | 'default';
}

/** A document at one moment. */
export interface Snapshot<T> {
  /** Belongs to the caller: changing it changes nothing else. */
  readonly data: T;
  /** Grows with each change; 0 for a document that was never written. */
  readonly revision: number;
  /** ISO 8601, UTC. */
  readonly writtenAt?: string;
  readonly writer?: Writer;
  /** Present for the one caller that found the document damaged and had it repaired. */
  readonly recovered?: Recovery;
}

/** A document as the write machinery carries it. */
export interface DocumentState extends MemberState {
  /** The data as JSON: immutable, comparable, and a fresh value for whoever asks. */
  readonly text: string;
  readonly revision: number;
  /** The version the file has; `undefined` without a file. */
  readonly storedVersion?: number;
  readonly writtenAt?: string;
  readonly writer?: Writer;
  readonly recovered?: Recovery;
}

/** What a caller gets to see of it. */
export function snapshotOf<T>(state: DocumentState): Snapshot<T> {
  const { text, revision, writtenAt, writer, recovered } = state;
  return {
    data: JSON.parse(text) as T,
    revision,
    ...(writtenAt === undefined ? {} : { writtenAt }),
    ...(writer === undefined ? {} : { writer }),
    ...(recovered === undefined ? {} : { recovered }),
  };
}
