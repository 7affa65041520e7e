import { spawnSync } from 'node:child_process';
import type { Readable } from 'node:stream';
import type { ReadStream } from 'node:tty';

/**
 * Puts a terminal into raw mode and answers with what puts it back; does nothing when `input` is not a terminal.
 *
 * Raw mode is Node's, which also switches off IEXTEN: on macOS Ctrl-Y would otherwise suspend the process (`dsusp`)
 * instead of reaching the far side. Back means the settings found here, whatever they were. While raw, the mode is
 * entered again on SIGCONT: the shell that resumed us has put its own settings in place.
 */
export function enterRawMode(input: Readable, { rawOutput }: { readonly rawOutput: boolean }): () => void {
  if (!isTerminal(input)) return () => undefined;
  const wasRaw = input.isRaw;
  const enter = (): void => {
    input.setRawMode(true);
    if (rawOutput) stopOutputProcessing(input);
  };
  const again = (): void => {
    input.setRawMode(false);
    enter();
  };
  enter();
  process.on('SIGCONT', again);
  return () => {
    process.off('SIGCONT', again);
    input.setRawMode(wasRaw);
  };
}

/**
 * Node's raw mode goes on turning newlines into CR LF (libuv `src/unix/tty.c`, UV_TTY_MODE_RAW sets ONLCR), which puts
 * the cursor of a full-screen program that moves down by newlines into the wrong column. Where there is no `stty`,
 * that is how it stays. Leaving raw mode brings back this setting with all others.
 */
function stopOutputProcessing({ fd }: ReadStream & { readonly fd?: number }): void {
  if (process.platform === 'win32' || fd === undefined) return;
  spawnSync('stty', ['-opost'], { stdio: [fd, 'ignore', 'ignore'] });
}

/** Whether a person may sit behind this stream. */
export function isTerminal(stream: Readable): stream is ReadStream {
  return (stream as Partial<ReadStream>).isTTY === true;
}
