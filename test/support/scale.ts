/** How much a fault test does: `small` in `npm test`, `full` in `npm run soak`. */
export function scale(small: number, full: number): number {
  return process.env['HAWSER_SOAK'] === '1' ? full : small;
}
