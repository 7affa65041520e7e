import type { Context, Interruption } from '@hawser/cli-kit';

/** What becomes of an execution whose watcher is told to stop. */
export type OnInterrupt = 'detach' | 'cancel';

/** How somebody who watches an execution is told to stop, and what he is to do then. */
export interface Wishes {
  /** Aborts as soon as nothing more is to be shown. */
  readonly stopped: AbortSignal;
  /** Settles with what is to be done; never, when nobody interrupts. */
  readonly wish: Promise<OnInterrupt>;
  /** Aborts when one is told to cancel, and then once more: no time is left to the command. */
  readonly insisted: AbortSignal;
  /** Whether anybody is there to read what is said. */
  readonly heard: () => boolean;
}

/** So long after the first Ctrl-C a second one cancels. */
const SECOND_PRESS_MS = 2000;

/**
 * Listens to Ctrl-C and signals for somebody who watches an execution, instead of the command's own listener.
 *
 * On a terminal the first Ctrl-C goes away and leaves the execution alone, and a second within two seconds cancels it;
 * without one, INT and TERM cancel, because nobody would come back. A terminal that is closed, and a reader who has
 * enough, never cancel. `chosen` overrides all that.
 */
export function listenForWishes({
  chosen,
  onPress,
  context: { signal, leaveCtrlC, onEnd },
}: {
  readonly chosen: OnInterrupt | undefined;
  /** The first Ctrl-C was pressed, and a second would cancel. */
  readonly onPress: () => void;
  readonly context: Pick<Context, 'signal' | 'leaveCtrlC' | 'onEnd'>;
}): Wishes {
  const usual = chosen ?? (process.stdin.isTTY && process.stderr.isTTY ? 'detach' : 'cancel');
  const stopped = new AbortController();
  const insisted = new AbortController();
  let decided: OnInterrupt | undefined;
  let heard = true;
  let presses = 0;
  let timer: NodeJS.Timeout | undefined;
  let settle!: (wish: OnInterrupt) => void;
  const wish = new Promise<OnInterrupt>((resolve) => {
    settle = resolve;
  });
  const decide = (what: OnInterrupt): void => {
    clearTimeout(timer);
    decided ??= what;
    stopped.abort();
    settle(decided);
  };
  const press = (): void => {
    presses++;
    if (decided !== undefined) {
      insisted.abort();
    } else if (usual === 'cancel' || presses > 1) {
      decide('cancel');
    } else {
      stopped.abort();
      onPress();
      timer = setTimeout(() => decide('detach'), SECOND_PRESS_MS);
    }
  };
  const told = (): void => {
    const { by } = signal.reason as { readonly by: Interruption };
    heard = by === 'SIGTERM' || by === 'SIGINT';
    decide(heard ? usual : (chosen ?? 'detach'));
  };
  leaveCtrlC();
  process.on('SIGINT', press);
  if (signal.aborted) told();
  else signal.addEventListener('abort', told, { once: true });
  onEnd(() => {
    clearTimeout(timer);
    process.off('SIGINT', press);
    signal.removeEventListener('abort', told);
  });
  return { stopped: stopped.signal, insisted: insisted.signal, wish, heard: () => heard };
}
