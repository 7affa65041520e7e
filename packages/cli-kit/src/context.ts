import { createAws } from './aws.js';
import type { Aws } from './aws.js';
import type { Cleanup } from './cleanups.js';
import type { Interrupts } from './interrupt.js';
import type { Out } from './output/out.js';
import { isCi } from './output/style.js';
import { createAsk } from './prompt.js';
import type { Ask } from './prompt.js';

/** What every command may use besides its own words. */
export interface Context {
  readonly aws: Aws;
  readonly out: Out;
  readonly ask: Ask;
  /** Aborts at the first Ctrl-C, SIGTERM or hang-up, and when nobody reads our output any more. */
  readonly signal: AbortSignal;
  /** From now on Ctrl-C is the business of a child that shares our terminal and hears of it itself. */
  leaveCtrlC(): void;
  /** Takes something down when the command ends, however it ends; last made, first gone. */
  onEnd(cleanup: Cleanup): void;
}

/** Makes the context of one run of a command. */
export function createContext({
  flags,
  out,
  interrupts,
  onEnd,
}: {
  readonly flags: Readonly<Record<string, unknown>>;
  readonly out: Out;
  readonly interrupts: Interrupts;
  readonly onEnd: (cleanup: Cleanup) => void;
}): Context {
  const interactive =
    process.stdin.isTTY === true && process.stderr.isTTY === true && !out.json && !isCi(process.env);
  const { signal } = interrupts;
  return {
    aws: createAws({ flags, signal, onEnd }),
    out,
    ask: createAsk({ interactive, signal }),
    signal,
    leaveCtrlC: () => interrupts.leaveCtrlC(),
    onEnd,
  };
}
