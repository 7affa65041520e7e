import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  cpSync,
  mkdirSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { walk } from '@hawser/walk';
import { describeReal } from '../../../../test/support/counterparts.js';
import { makeRepository } from '../../../../test/support/git-server.js';
import { scale } from '../../../../test/support/scale.js';
import { makeDirtyTree } from '../../src/git/dirty-tree.js';
import { runGit } from '../../src/git/run-git.js';
import { namesStatus, readNames } from '../../src/git/status.js';
import { gitIn, Scratch } from '../support/work-tree.js';

const tracked = {
  'README.md': 'one\n',
  'app/main.py': 'main\n',
  'app/run*': '#!/bin/sh\n',
  'app/data/set.log': 'kept though ignored\n',
  'build/out.txt': 'kept though ignored\n',
  '.gitignore': 'build/\n',
};

/** Paths that patterns below speak of, hidden ones and ones that look like options and quotes among them. */
const places = [
  'a.log',
  'app/b.log',
  'app/keep.log',
  'app/data/c.tmp',
  'app/data/deep/d.txt',
  'build/e.txt',
  'new/f.txt',
  'new/build/g.txt',
  'new/deep/-h "i".txt',
  'new/line\nfeed.txt',
  '.hidden/j.txt',
  'local/k.txt',
  'ümläut/l.log',
];

const patterns = ['*.log', '!keep.log', '/new', 'build/', '!/build/', 'deep', '**/data/*.tmp', 'l*', '*', '!*.txt'];

/** Who says it: files of the tree, the repository's own list, the person's own. */
const sayers = ['.gitignore', 'app/.gitignore', 'new/.gitignore', '.git/info/exclude', '../excludes'];

type Deed = (work: string, pick: number) => void;

const deeds: Readonly<Record<string, Deed>> = {
  write: (work, pick) => put(work, places[pick % places.length]!, `text ${pick}\n`),
  ignore: (work, pick) => {
    const file = join(work, sayers[pick % sayers.length]!);
    mkdirSync(dirname(file), { recursive: true });
    appendFileSync(file, `${patterns[Math.floor(pick / 7) % patterns.length]}\n`);
  },
  link: (work, pick) => {
    const path = join(work, places[pick % places.length]!);
    mkdirSync(dirname(path), { recursive: true });
    rmSync(path, { force: true });
    symlinkSync(['README.md', '/etc', '../..', 'app'][pick % 4]!, path);
  },
  runnable: (work, pick) => {
    put(work, places[pick % places.length]!, '#!/bin/sh\n');
    chmodSync(join(work, places[pick % places.length]!), 0o755);
  },
  edit: (work, pick) => put(work, trackedName(pick), `edited ${pick}\n`),
  mode: (work, pick) => {
    put(work, trackedName(pick), 'with another mode\n');
    chmodSync(join(work, trackedName(pick)), pick % 2 === 0 ? 0o755 : 0o644);
  },
  remove: (work, pick) => rmSync(join(work, trackedName(pick)), { force: true }),
  folderGone: (work) => rmSync(join(work, 'app/data'), { recursive: true, force: true }),
  stage: (work) => void gitIn(work, 'add', '--all'),
};

function trackedName(pick: number): string {
  return Object.keys(tracked)[pick % 5]!.replace('*', '');
}

function put(work: string, path: string, text: string): void {
  const file = join(work, path);
  mkdirSync(dirname(file), { recursive: true });
  rmSync(file, { force: true });
  writeFileSync(file, text);
}

function clone(scratch: Scratch): string {
  makeRepository({ path: scratch.in('origin.git'), files: tracked });
  gitIn(scratch.path, 'clone', '--quiet', scratch.in('origin.git'), 'work');
  const work = scratch.in('work');
  gitIn(work, 'config', 'core.excludesFile', scratch.in('excludes'));
  return work;
}

/** Mode, object and path of each file, as `ls-tree -r` and `ls-files -s` have them. */
type Listing = ReadonlyMap<string, string>;

function listing(text: string, isIndex: boolean): Listing {
  const lines = text.split('\0').filter((line) => line !== '');
  return new Map(
    lines.map((line) => {
      const at = line.indexOf('\t');
      const [mode, second, third] = line.slice(0, at).split(' ');
      return [line.slice(at + 1), `${mode} ${isIndex ? second : third}`];
    }),
  );
}

/** What git itself would put aside: `stash --include-untracked` keeps tracked and untracked files in two trees. */
function stashed(work: string): { readonly tree: string; readonly files: Listing } {
  // It also takes what is ignored, on the disk, in HEAD and no more in the index, which no other part of git counts.
  gitIn(work, 'commit', '--quiet', '--allow-empty', '--message', 'staged');
  gitIn(work, 'stash', 'push', '--quiet', '--include-untracked');
  const has = gitIn(work, 'stash', 'list') !== '';
  const index = { GIT_INDEX_FILE: join(work, '.git/oracle') };
  const git = (...words: string[]): string =>
    execFileSync('git', words, { cwd: work, encoding: 'utf8', env: { ...process.env, ...index }, stdio: 'pipe' });
  git('read-tree', has ? 'stash' : 'HEAD');
  if (has && gitIn(work, 'rev-list', '--parents', '--max-count=1', 'stash').split(' ').length === 4) {
    const others = git('ls-tree', '-r', '-z', 'stash^3');
    execFileSync('git', ['update-index', '-z', '--index-info'], {
      cwd: work,
      input: others,
      env: { ...process.env, ...index },
    });
  }
  return { tree: git('write-tree').trim(), files: listing(git('ls-files', '-s', '-z'), true) };
}

async function walked(work: string): Promise<readonly { readonly path: string; readonly kind: string }[]> {
  const { names } = readNames(await runGit(namesStatus, { cwd: work }));
  const found = [];
  for await (const { path, kind } of walk({ root: work, rules: { names } })) found.push({ path, kind });
  return found;
}

const modes: Readonly<Record<string, string>> = { '100644': 'file', '100755': 'executable', '120000': 'link' };

describeReal('git', () => {
  describe('what --dirty walks', () => {
    test('is what git itself would put aside, whatever is ignored by whom', async () => {
      using pristine = new Scratch();
      clone(pristine);
      const deed = fc.tuple(fc.constantFrom(...Object.keys(deeds)), fc.nat(10_000));
      await fc.assert(
        fc.asyncProperty(fc.array(deed, { minLength: 2, maxLength: 14 }), async (done) => {
          using scratch = new Scratch();
          cpSync(pristine.path, scratch.path, { recursive: true });
          const work = scratch.in('work');
          gitIn(work, 'config', 'core.excludesFile', scratch.in('excludes'));
          for (const [name, pick] of done) {
            try {
              deeds[name]!(work, pick);
            } catch (error) {
              // A link or a file stands where a folder would: one deed less.
              if (
                !['ENOTDIR', 'EISDIR', 'EEXIST', 'EACCES', 'ERR_FS_EISDIR'].includes(
                  (error as NodeJS.ErrnoException).code ?? '',
                )
              )
                throw error;
            }
          }
          const staged = listing(gitIn(work, 'ls-files', '-s', '-z'), true);
          const taken = await walked(work);
          const made = await makeDirtyTree({ root: work, remote: 'origin' });
          const { tree, files } = stashed(work);
          expect(made.dirty.tree).toBe(tree);
          const differing = [...files].filter(([path, facts]) => staged.get(path) !== facts);
          const gone = [...staged.keys()].filter((path) => !files.has(path));
          const expected = [
            ...differing.map(([path, facts]) => ({ path, kind: modes[facts.split(' ')[0]!] })),
            ...gone.map((path) => ({ path, kind: 'gone' })),
          ];
          const byPath = (a: { path: string }, b: { path: string }): number => (a.path < b.path ? -1 : 1);
          expect(
            taken.map((one) => ({ ...one, kind: one.kind === 'folder' ? 'gone' : one.kind })).toSorted(byPath),
          ).toEqual(expected.toSorted(byPath));
        }),
        { numRuns: scale(6, 300), endOnFailure: true },
      );
    });

    test('holds new files outside of a sparse checkout, and leaves alone what it keeps out', async () => {
      using scratch = new Scratch();
      const work = clone(scratch);
      gitIn(work, 'sparse-checkout', 'set', 'app');
      put(work, 'elsewhere/new.txt', 'new\n');
      put(work, 'app/main.py', 'changed\n');
      const made = await makeDirtyTree({ root: work, remote: 'origin' });
      expect(made.files).toEqual([
        { path: 'app/main.py', change: 'changed', bytes: 8 },
        { path: 'elsewhere/new.txt', change: 'added', bytes: 4 },
      ]);
    });

    test("holds a submodule's commit, and nothing that is in it", async () => {
      using scratch = new Scratch();
      const work = clone(scratch);
      gitIn(work, '-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', scratch.in('origin.git'), 'part');
      gitIn(work, 'commit', '--quiet', '--message', 'part');
      gitIn(work, 'push', '--quiet');
      put(work, 'part/README.md', 'changed within\n');
      put(work, 'part/new.txt', 'new within\n');
      expect((await makeDirtyTree({ root: work, remote: 'origin' })).files).toEqual([]);
      gitIn(join(work, 'part'), 'commit', '--quiet', '--all', '--message', 'within');
      expect((await makeDirtyTree({ root: work, remote: 'origin' })).files).toEqual([
        { path: 'part', change: 'changed', bytes: 0 },
      ]);
    });

    test('is refused before git reads it when it is far too large, naming the largest', async () => {
      using scratch = new Scratch();
      const work = clone(scratch);
      writeFileSync(join(work, 'dump.bin'), '');
      truncateSync(join(work, 'dump.bin'), 3 * 1024 ** 3);
      put(work, 'small.txt', 'small\n');
      await expect(makeDirtyTree({ root: work, remote: 'origin' })).rejects.toMatchObject({
        code: 'HAWSER_EXEC_DIRTY_TOO_LARGE',
        message:
          'What is not committed is too much. There are 3,221,225,478 bytes, and at most 536,870,912 are taken. ' +
          'The largest: dump.bin (3,221,225,472 bytes), small.txt (6 bytes).',
        details: {
          max_bytes: 536_870_912,
          largest: [
            { path: 'dump.bin', bytes: 3 * 1024 ** 3 },
            { path: 'small.txt', bytes: 6 },
          ],
        },
      });
      rmSync(join(work, 'dump.bin'));
      await expect(makeDirtyTree({ root: work, remote: 'origin', maxReadBytes: 5 })).rejects.toThrow(
        'at most 5 are taken',
      );
    });

    test('is refused where a file became something that git cannot hold', async () => {
      using scratch = new Scratch();
      const work = clone(scratch);
      rmSync(join(work, 'README.md'));
      execFileSync('mkfifo', [join(work, 'README.md')]);
      await expect(makeDirtyTree({ root: work, remote: 'origin' })).rejects.toThrow(
        'README.md is neither a file nor a link any more',
      );
    });
  });
});
