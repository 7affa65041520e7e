// The order of suites: what starts services first, unit tests last. A long suite that is begun last leaves all workers but
// one with nothing to do, and in a fresh clone, where jest goes by the size of files, the smallest file was such a suite.
import { basename, dirname } from 'node:path';
import testSequencer from '@jest/test-sequencer';

/** @type {typeof import('@jest/test-sequencer').default} What its types say of the default export holds for CommonJS only. */
const Sequencer = /** @type {any} */ (testSequencer);

/** Folders of suites; what is in none of them comes in between. */
const turns = { conformance: 0, unit: 2 };

export default class LongOnesFirst extends Sequencer {
  /** @override */
  async sort(tests) {
    // What goes in the same turn keeps jest's order: what failed, then by what each took, or by size where nothing is known.
    // oxlint-disable-next-line unicorn/no-array-sort -- jest's own method, not that of an array
    const ordered = await super.sort(tests);
    return ordered.toSorted((a, b) => turnOf(a) - turnOf(b));
  }
}

function turnOf({ path }) {
  return turns[basename(dirname(path))] ?? 1;
}
