import { scale } from './scale.js';

/** Less than a test has, so that a wait in vain tells what there was instead before the test is given up. */
const PATIENCE_MS = scale(45_000, 3_500_000);

/** Passes on what was waited for; when it does not come, rejects with what there is instead. */
export async function patient<Awaited>(awaited: Promise<Awaited>, instead: () => string): Promise<Awaited> {
  let timer: NodeJS.Timeout | undefined;
  const inVain = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(instead())), PATIENCE_MS);
  });
  try {
    return await Promise.race([awaited, inVain]);
  } finally {
    clearTimeout(timer);
  }
}

/** Settles when no process of this id is there. */
export async function gone(pid: number): Promise<void> {
  for (;;) {
    try {
      process.kill(pid, 0);
    } catch {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
