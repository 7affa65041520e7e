import type { Log } from './log.js';

/** How the plugin speaks: the original's texts go to stdout unless quiet, everything else is logged. */
export interface Voice {
  readonly isDropIn: boolean;
  readonly isQuiet: boolean;
  /** The remote exit code is ours, and neither it nor the remote's error output is shown on stdout. */
  readonly remoteExitCode: boolean;
  readonly log: Log;
  /** One of the original's texts. */
  say(text: string): void;
  /** Why there is no session, or no more. */
  fail(text: string): void;
}

/** Makes the voice of one form. */
export function createVoice(options: Omit<Voice, 'say' | 'fail'>): Voice {
  const { isDropIn, isQuiet, log } = options;
  return {
    ...options,
    say(text) {
      log.info(text.trim());
      if (!isQuiet) process.stdout.write(text);
    },
    fail(text) {
      log.error(text.trim());
      // Our own form logs its errors to stderr; a drop-in says them where its callers look for them.
      if (isDropIn) (isQuiet ? process.stderr : process.stdout).write(text);
    },
  };
}
