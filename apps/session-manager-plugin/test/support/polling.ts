import { setTimeout as pause } from 'node:timers/promises';

/** Settles when something that has no event of its own has come true; looks a hundred times a second. */
export async function comesTrue(look: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await look())) await pause(10);
}
