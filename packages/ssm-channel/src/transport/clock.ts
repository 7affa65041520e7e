/** Milliseconds since 1970 that never run backwards, whatever is done to the machine's clock. */
export function nowMs(): number {
  return Math.round(performance.timeOrigin + performance.now());
}
