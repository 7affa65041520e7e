/** 0 in `npm test`, 1 in `npm run soak`, and between them what `HAWSER_SOAK=0.1 npm run soak` says. */
export const soak: number = Math.min(1, Math.max(0, Number(process.env['HAWSER_SOAK'] ?? 0) || 0));

/** How much a fault test does: `small` in `npm test`, `full` in `npm run soak`, and in proportion between them. */
export function scale(small: number, full: number): number {
  return Math.round(small + (full - small) * soak);
}
