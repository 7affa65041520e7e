// How a benchmark says what it found to whoever collects it, beside what it prints for people: one JSON line a figure, in
// the file that HAWSER_BENCH_RESULTS names. scripts/bench.mjs makes docs/benchmarks.md of them.
import { appendFileSync } from 'node:fs';

/** A short run: fewer rounds, smaller loads. */
export const quick = process.argv.includes('--quick');

/**
 * One figure, a value a round.
 *
 * @typedef {object} Figure
 * @property {string} what the case, in words
 * @property {string} unit of the values, such as `ms` or `MiB/s`
 * @property {'less' | 'more'} better which of two values is the better one
 * @property {number[]} ours
 * @property {{ name: string, values: number[], isFloor?: boolean }} [beside] the peer, or the floor: less work by design; a
 *   round of it belongs to the same round of ours
 * @property {string} [promised] in words, such as `≤ 1.25 ×`
 * @property {boolean} [isKept]
 */

/** @param {Figure} figure */
export function record(figure) {
  const file = process.env.HAWSER_BENCH_RESULTS;
  if (!file) return;
  const round = (values) => values.map((value) => Number(value.toPrecision(4)));
  const beside = figure.beside && { ...figure.beside, values: round(figure.beside.values) };
  appendFileSync(file, `${JSON.stringify({ ...figure, ours: round(figure.ours), ...(beside && { beside }) })}\n`);
}
