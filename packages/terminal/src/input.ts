import type { Readable, Writable } from 'node:stream';

/** How input is carried to the far side. */
export interface InputOptions {
  readonly input: Readable;
  readonly stdin: Writable;
  /** What a chunk becomes on its way; empty when nothing of it is to be sent. */
  readonly translate: (chunk: Buffer) => Buffer;
  /** No more input will come. `atStartOfLine`: nothing was sent, or the last byte sent ended a line. */
  readonly onEnd: (atStartOfLine: boolean) => void;
}

/**
 * Carries input to the far side and answers with what stops that.
 *
 * While the far side takes no more, nothing is read: a file of any size passes in bounded memory. Stopping leaves the
 * input paused, so that it does not keep the process alive.
 */
export function carryInput({ input, stdin, translate, onEnd }: InputOptions): () => void {
  let lastByte = 0x0a;
  const resume = (): void => void input.resume();
  const onData = (chunk: Buffer): void => {
    const bytes = translate(chunk);
    if (bytes.length === 0) return;
    lastByte = bytes[bytes.length - 1] ?? lastByte;
    if (stdin.writable && !stdin.write(bytes)) {
      input.pause();
      stdin.once('drain', resume);
    }
  };
  const finish = (): void => {
    stop();
    onEnd(lastByte === 0x0a || lastByte === 0x0d);
  };
  const stop = (): void => {
    input.off('data', onData);
    input.off('end', finish);
    input.off('error', finish);
    stdin.off('drain', resume);
    input.pause();
  };
  input.on('data', onData);
  input.on('end', finish);
  // A terminal that was hung up answers reads with EIO: no more input either way.
  input.on('error', finish);
  if (input.readableEnded) finish();
  else input.resume();
  return stop;
}
