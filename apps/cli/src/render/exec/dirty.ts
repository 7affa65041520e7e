import type { MadeDirtyTree } from '@hawser/exec-client';

/** So many files are named; the rest is counted. */
const NAMED = 20;

/** What goes along of a work tree, as a few lines of talk. */
export function renderDirty({ dirty, files, unpushed }: MadeDirtyTree): string {
  const marks = { added: '+', changed: '~', deleted: '-', renamed: '>' };
  const more = files.length - NAMED;
  return [
    `→ Changes: ${files.length} ${files.length === 1 ? 'file' : 'files'}${
      unpushed === 0 ? '' : ` and ${unpushed} unpushed ${unpushed === 1 ? 'commit' : 'commits'}`
    } on top of ${dirty.base.slice(0, 12)}, ${dirty.bytes} bytes (from --dirty)`,
    ...files.slice(0, NAMED).map(({ path, change, bytes }) => `    ${marks[change]} ${path} (${bytes} bytes)`),
    ...(more > 0 ? [`    and ${more} more`] : []),
  ].join('\n');
}
