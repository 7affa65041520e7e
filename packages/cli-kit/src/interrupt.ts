import { exitCodes } from './errors/exit-codes.js';

/** What asked a command to stop. `SIGPIPE`: nobody reads our stdout any more. */
export type Interruption = 'SIGINT' | 'SIGTERM' | 'SIGHUP' | 'SIGPIPE';

/** Thrown through a command that was told twice to stop. */
export class Insisted extends Error {
  static {
    this.prototype.name = 'Insisted';
  }
}

/** Why the signal of a command was aborted. */
export class Stopped extends Error {
  /** What asked the command to stop. */
  readonly by: Interruption;

  static {
    this.prototype.name = 'AbortError';
  }

  constructor(by: Interruption) {
    super(`Stopped by ${by}.`);
    this.by = by;
  }
}

/** Signals and broken pipes of one command. */
export interface Interrupts {
  /** Aborts at the first one, with {@link Stopped} as the reason: finish, tidy up, return. */
  readonly signal: AbortSignal;
  /** Rejects with {@link Insisted} at the second one: the command is not waited for any longer. */
  readonly insisted: Promise<never>;
  /** The first one, if there was any. */
  readonly first: Interruption | undefined;
  /** Exit code of a command that was interrupted; `undefined` when it was not. */
  readonly exitCode: number | undefined;
  /** From now on Ctrl-C is the business of a child that shares our terminal and hears of it itself. */
  leaveCtrlC(): void;
  /** Gives the signals back. */
  release(): void;
}

/**
 * Listens until released. The first signal asks, the second insists, and from then on Node's own behaviour is back, so
 * that a third ends the process whatever it does.
 */
export function listenForInterrupts(onFirst: (by: Interruption) => void): Interrupts {
  const controller = new AbortController();
  let insist!: (reason: Insisted) => void;
  const insisted = new Promise<never>((_, reject) => {
    insist = reject;
  });
  // A command that ends in time never looks at it.
  insisted.catch(() => {});
  let first: Interruption | undefined;
  let ctrlCIsOurs = true;

  const interrupt = (by: Interruption): void => {
    if (by === 'SIGINT' && !ctrlCIsOurs) return;
    if (first) {
      release();
      insist(new Insisted(by));
      return;
    }
    first = by;
    onFirst(by);
    controller.abort(new Stopped(by));
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const brokenPipe = (error: NodeJS.ErrnoException): void => {
    if (error.code !== 'EPIPE') throw error;
    if (!first) interrupt('SIGPIPE');
  };
  const release = (): void => {
    for (const name of signals) process.off(name, interrupt);
  };
  for (const name of signals) process.on(name, interrupt);
  process.stdout.on('error', brokenPipe);
  process.stderr.on('error', ignoreBrokenPipe);

  return {
    signal: controller.signal,
    insisted,
    get first() {
      return first;
    },
    get exitCode() {
      return first && exitCodes[first];
    },
    leaveCtrlC: () => {
      ctrlCIsOurs = false;
    },
    release,
  };
}

/** Talk that nobody listens to is no reason to stop. */
function ignoreBrokenPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
}
