/** The shortest span within which a retry is placed, in milliseconds. */
const FIRST_MS = 250;
/** The longest at first, in milliseconds: connections are held only so long, and should not miss the far end's return. */
const EARLY_MS = 1_000;
/** So many failures in a row count as the beginning: with their pauses they take some eight seconds. */
const EARLY_FAILURES = 16;
/** The longest of all, in milliseconds. */
const LAST_MS = 30_000;

/**
 * How long to wait before the next attempt, in milliseconds: anywhere between nothing and a span that doubles with
 * failures in a row: from a quarter of a second to one, where it stays for an outage of some seconds, then to half a
 * minute. Spread over the whole span ("full jitter"), so that many links that were cut together do not come back
 * together.
 *
 * @param failures failed attempts in a row, from 1
 * @param random from 0 to below 1
 */
export function backoffMs(failures: number, random: () => number): number {
  const early = Math.min(EARLY_MS, FIRST_MS * 2 ** (failures - 1));
  const late = Math.min(LAST_MS, EARLY_MS * 2 ** (failures - EARLY_FAILURES));
  return Math.floor(random() * (failures <= EARLY_FAILURES ? early : late));
}
