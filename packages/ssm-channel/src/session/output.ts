import { Readable } from 'node:stream';

/** A readable fed by the channel, which reports what was truly taken from it. */
export interface Output {
  readonly stream: Readable;
  push(bytes: Buffer): void;
  end(): void;
}

const HIGH_WATER_BYTES = 256 * 1024;

/**
 * Makes the `stdout` or `stderr` of a session.
 *
 * @param taken told how many bytes the reader has room for again; the channel's window is freed by them
 */
export function createOutput(taken: (bytes: number) => void): Output {
  let owed = 0;
  const stream = new Readable({
    highWaterMark: HIGH_WATER_BYTES,
    read() {
      const bytes = owed;
      owed = 0;
      taken(bytes);
    },
    destroy(error, done) {
      // A reader that went away must not stop the session: what still comes is dropped.
      taken(owed);
      owed = 0;
      done(error);
    },
  });
  return {
    stream,
    push(bytes) {
      if (stream.destroyed) return taken(bytes.length);
      if (stream.push(bytes)) taken(bytes.length);
      else owed += bytes.length;
    },
    end() {
      if (!stream.destroyed) stream.push(null);
    },
  };
}
