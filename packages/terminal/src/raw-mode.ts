import type { Readable } from 'node:stream';
import type { ReadStream } from 'node:tty';

/**
 * Puts a terminal into raw mode and answers with what puts it back; does nothing when `input` is not a terminal.
 *
 * Raw mode is Node's, which also switches off IEXTEN: on macOS Ctrl-Y would otherwise suspend the process (`dsusp`)
 * instead of reaching the far side. Back means the settings found here, whatever they were. While raw, the mode is
 * entered again on SIGCONT: the shell that resumed us has put its own settings in place.
 */
export function enterRawMode(input: Readable): () => void {
  if (!isTerminal(input)) return () => undefined;
  const wasRaw = input.isRaw;
  const again = (): void => {
    input.setRawMode(false);
    input.setRawMode(true);
  };
  input.setRawMode(true);
  process.on('SIGCONT', again);
  return () => {
    process.off('SIGCONT', again);
    input.setRawMode(wasRaw);
  };
}

/** Whether a person may sit behind this stream. */
export function isTerminal(stream: Readable): stream is ReadStream {
  return (stream as Partial<ReadStream>).isTTY === true;
}
