/** The shortest span within which a retry is placed, in milliseconds. */
const FIRST_MS = 250;
/** The longest, in milliseconds. */
const LAST_MS = 30_000;

/**
 * How long to wait before the next attempt, in milliseconds: anywhere between nothing and a span that doubles with
 * each failure in a row, from a quarter of a second to half a minute. Spread over the whole span ("full jitter"), so
 * that many links that were cut together do not come back together.
 *
 * @param failures failed attempts in a row, from 1
 * @param random from 0 to below 1
 */
export function backoffMs(failures: number, random: () => number): number {
  return Math.floor(random() * Math.min(LAST_MS, FIRST_MS * 2 ** Math.min(failures - 1, 20)));
}
