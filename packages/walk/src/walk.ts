import { setImmediate } from 'node:timers/promises';
import { walkFolders } from './folders.js';
import { walkList } from './list.js';
import { Tally } from './tally.js';
import type { Walked, WalkOptions } from './types.js';

/** After so many entries, others get their turn. */
const sliceEntries = 128;

/**
 * Goes through a tree and hands out what its rules take, sorted by the bytes of paths as git sorts them: of each folder
 * first itself, then what is in it. No more than the folders on the way is held in memory, and nothing is opened.
 *
 * @throws WalkError HAWSER_WALK_TOO_MANY and HAWSER_WALK_TOO_LARGE, the latter naming the largest files; what comes
 * after the limit is not handed out. HAWSER_WALK_UNREADABLE when a folder cannot be listed. The signal's reason.
 */
export async function* walk(options: WalkOptions): AsyncGenerator<Walked, void, undefined> {
  const { root, rules, from = [''], links = 'keep', limits = {}, signal } = options;
  const measure = options.measure ?? limits.bytes !== undefined;
  const tally = new Tally(limits);
  const entries =
    'names' in rules
      ? walkList(root, rules)
      : walkFolders({ root, rules, from, isFollowing: links === 'follow', measure });
  signal?.throwIfAborted();
  let sinceTurn = 0;
  for (const entry of entries) {
    sinceTurn += 1;
    if (sinceTurn >= sliceEntries) {
      sinceTurn = 0;
      await setImmediate();
      signal?.throwIfAborted();
    }
    if (tally.admits(entry)) yield entry;
  }
  tally.end();
}
