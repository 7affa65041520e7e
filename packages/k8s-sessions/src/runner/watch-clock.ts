import type { Hub } from './hub.js';

/** The longest time Node's timers can wait. */
const longestMs = 2_147_483_647;

/** Watches the times of a session: its deadline, how long nobody cared, and what has to leave the machine. */
export function watchClock(options: {
  readonly hub: Hub;
  readonly deadlineMs: number;
  /** 0: never. */
  readonly idleMs: number;
  readonly cutEveryMs: number;
  readonly onStop: (reason: 'deadline' | 'idle') => void;
}): { close(): void } {
  const { hub, deadlineMs, idleMs, cutEveryMs, onStop } = options;
  const deadline = setTimeout(() => onStop('deadline'), Math.min(deadlineMs, longestMs));
  let idle: NodeJS.Timeout | undefined;
  const watchIdle = (waitMs: number): void => {
    idle = setTimeout(
      () => {
        const leftMs = hub.viewers > 0 ? idleMs : hub.activeAtMs + idleMs - hub.nowMs();
        if (leftMs <= 0) onStop('idle');
        else watchIdle(leftMs);
      },
      Math.min(waitMs, longestMs),
    );
  };
  if (idleMs > 0) watchIdle(idleMs);
  let cutAt = 0;
  const cutting = setInterval(() => {
    if (hub.log.head === cutAt) return;
    cutAt = hub.log.head;
    hub.log.cut();
  }, cutEveryMs);
  return {
    close() {
      clearTimeout(deadline);
      clearTimeout(idle);
      clearInterval(cutting);
    },
  };
}
