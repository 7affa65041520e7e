import type { Readable } from 'node:stream';

/** What a container printed, stdout and stderr as they came. */
export interface PodLog {
  /** Ends when both streams have. */
  take(stream: Readable): void;
  readonly lines: readonly LogLine[];
  readonly isOver: boolean;
  /** Called with each further line, then once with undefined when there will be no more. */
  follow(listener: (line: LogLine | undefined) => void): () => void;
  end(): void;
}

export interface LogLine {
  readonly at: Date;
  /** With its newline where it had one. */
  readonly bytes: Buffer;
}

/** A kubelet keeps ten mebibytes and rotates. */
const KEPT_BYTES = 10 << 20;

export function createPodLog(): PodLog {
  let lines: LogLine[] = [];
  let bytes = 0;
  let isOver = false;
  const listeners = new Set<(line: LogLine | undefined) => void>();
  const add = (line: Buffer): void => {
    const made = { at: new Date(), bytes: line };
    lines.push(made);
    bytes += line.length;
    if (bytes > KEPT_BYTES) {
      let dropped = 0;
      let first = 0;
      while (dropped < KEPT_BYTES / 4) dropped += lines[first++]?.bytes.length ?? KEPT_BYTES;
      lines = lines.slice(first);
      bytes -= dropped;
    }
    for (const listener of listeners) listener(made);
  };
  return {
    get lines() {
      return lines;
    },
    get isOver() {
      return isOver;
    },
    take: (stream) => {
      let held = Buffer.alloc(0);
      stream.on('data', (part: Buffer) => {
        held = Buffer.concat([held, part]);
        for (let at = held.indexOf(10); at >= 0; at = held.indexOf(10)) {
          add(held.subarray(0, at + 1));
          held = held.subarray(at + 1);
        }
      });
      stream.on('end', () => {
        if (held.length > 0) add(held);
      });
    },
    follow: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    end: () => {
      isOver = true;
      for (const listener of listeners) listener(undefined);
      listeners.clear();
    },
  };
}
