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
