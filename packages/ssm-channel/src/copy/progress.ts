import type { CopyOptions, CopyProgress } from './types.js';

/** Smallest step that is worth telling, in bytes. */
const SMALLEST_STEP = 1 << 20;

/** Told at every step; passes on few of them. */
export type Progress = (phase: CopyProgress['phase'], bytes: number) => void;

/** Tells a caller how a copy gets on: at the start, about every hundredth of the file, and at the end. */
export function createProgress(tell: CopyOptions['onProgress'], totalBytes: number): Progress {
  const step = Math.max(SMALLEST_STEP, totalBytes / 100);
  let told: CopyProgress | undefined;
  return (phase, bytes) => {
    if (told?.phase === phase && bytes - told.bytes < step && bytes !== totalBytes) return;
    if (told?.phase === phase && told.bytes === bytes) return;
    told = { phase, bytes, totalBytes };
    tell?.(told);
  };
}
