import { Writable } from 'node:stream';

/** A writable whose writers wait while the channel has enough. */
export interface Input {
  readonly stream: Writable;
  /** The channel takes bytes again. */
  drain(): void;
  /** The session is over: what is written from now on goes nowhere. */
  close(): void;
}

/** Makes the `stdin` of a session. `end` gets the last byte written, if any. */
export function createInput(sink: {
  write(bytes: Uint8Array): boolean;
  end(lastByte: number | undefined): Promise<void>;
}): Input {
  let waiting: (() => void) | undefined;
  let lastByte: number | undefined;
  let closed = false;
  const stream = new Writable({
    highWaterMark: 64 * 1024,
    decodeStrings: true,
    write(chunk: Buffer, _encoding, done) {
      if (closed || chunk.length === 0) return done();
      lastByte = chunk.at(-1);
      if (sink.write(chunk)) done();
      else waiting = done;
    },
    final(done) {
      if (closed) return done();
      sink.end(lastByte).then(() => done(), done);
    },
  });
  const release = (): void => {
    const done = waiting;
    waiting = undefined;
    done?.();
  };
  return {
    stream,
    drain: release,
    close() {
      closed = true;
      release();
    },
  };
}
