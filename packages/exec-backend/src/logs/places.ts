import { join } from 'node:path';
import type { LogStream } from '@hawser/exec-client/contract';

/** Files of one stream of a log. */
export interface StreamFiles {
  /** The bytes as they were written, and nothing else. */
  readonly bytes: string;
  /** {@link ENTRY_BYTES} for each stretch that arrived at once. */
  readonly index: string;
  /** Blank until the end, then the {@link EndMark}. */
  readonly end: string;
}

/** Size of one entry of the index: three 64-bit floats (little endian): when, bytes so far, newlines so far. */
export const ENTRY_BYTES = 24;

/** The end mark has its room on the disk from the beginning, so that a full disk cannot keep it out. */
export const END_BYTES = 512;

/** What stands at the end of a stream. */
export interface EndMark {
  /** By their newlines; a last line without one counts too. */
  readonly lines: number;
  readonly bytes: number;
  /** Of all bytes, hex. */
  readonly sha256: string;
  /** `false`: the writer was killed, and more may have been written than is here. */
  readonly complete: boolean;
}

/** Where one stream of an execution's log is. */
export function streamFiles(folder: string, stream: LogStream): StreamFiles {
  return {
    bytes: join(folder, `${stream}.log`),
    index: join(folder, `${stream}.index`),
    end: join(folder, `${stream}.end`),
  };
}
