import { randomBytes } from 'node:crypto';
import {
  appendFileSync,
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { describeReal } from '../../../../test/support/counterparts.js';
import { makeRepository } from '../../../../test/support/git-server.js';
import { scale } from '../../../../test/support/scale.js';
import { checkExecutionRequest } from '../../src/contract/check-request.js';
import { applyDirtyTree, makeDirtyTree } from '../../src/git/dirty-tree.js';
import { contentOf, gitIn, Scratch } from '../support/work-tree.js';

const files = {
  'README.md': 'one\ntwo\nthree\n',
  'bin/run*': '#!/bin/sh\necho hi\n',
  'data.bin': Buffer.from([0, 1, 2, 255, 254, 0, 13, 10]),
  'dir/with space.txt': 'a\r\nb\r\nno line end',
  'dir/ümläut.txt': Buffer.from('caf\xe9\n', 'latin1'),
  '.gitignore': '*.log\n/build/\n',
};

/** A repository, a clone to work in, and another to make the same of. */
function clones(scratch: Scratch): { readonly work: string; readonly fresh: (base: string) => string } {
  const origin = scratch.in('origin.git');
  makeRepository({ path: origin, files, branches: { dev: { 'dev.txt': 'dev\n' } } });
  gitIn(scratch.path, 'clone', '--quiet', origin, 'work');
  cpSync(scratch.in('work'), scratch.in('clone'), { recursive: true });
  let count = 0;
  return {
    work: scratch.in('work'),
    fresh: (base) => {
      const name = scratch.in(`fresh-${count++}`);
      cpSync(scratch.in('clone'), name, { recursive: true });
      gitIn(name, 'checkout', '--quiet', '--detach', base);
      return name;
    },
  };
}

/** Something that people do to a work tree; the numbers choose files and content. */
type Deed = (work: string, pick: number) => void;

const deeds: Readonly<Record<string, Deed>> = {
  edit: (work, pick) => appendFileSync(anyFile(work, pick), `line ${pick}\n`),
  rewrite: (work, pick) => writeFileSync(anyFile(work, pick), randomBytes(pick % 5000)),
  empty: (work, pick) => writeFileSync(anyFile(work, pick), ''),
  remove: (work, pick) => rmSync(anyFile(work, pick)),
  rename: (work, pick) => renameSync(anyFile(work, pick), join(work, `renamed ${pick} \t"é"`)),
  toggle: (work, pick) => {
    const file = anyFile(work, pick);
    if (!lstatSync(file).isSymbolicLink()) chmodSync(file, pick % 2 === 0 ? 0o755 : 0o644);
  },
  link: (work, pick) => {
    const file = anyFile(work, pick);
    rmSync(file);
    symlinkSync(pick % 2 === 0 ? 'README.md' : '../outside and gone', file);
  },
  create: (work, pick) => {
    const folder = join(work, 'new', String(pick % 3));
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, `-file ${pick}`), pick % 2 === 0 ? `text ${pick}` : randomBytes(pick % 3000));
  },
  ignore: (work, pick) => writeFileSync(join(work, `${pick}.log`), 'never sent'),
  toFolder: (work, pick) => {
    const file = anyFile(work, pick);
    rmSync(file);
    mkdirSync(file);
    writeFileSync(join(file, 'below'), String(pick));
  },
  stage: (work) => void gitIn(work, 'add', '--all'),
  commit: (work, pick) => void gitIn(work, 'commit', '--quiet', '--all', '--allow-empty', '--message', String(pick)),
};

function anyFile(work: string, pick: number): string {
  const names = [...contentOf(work).keys()].filter((name) => !name.endsWith('.log'));
  const name = names[pick % Math.max(1, names.length)] ?? `made-${pick}`;
  const path = join(work, name);
  mkdirSync(dirname(path), { recursive: true });
  if (!existsSync(path) && !lstatSync(path, { throwIfNoEntry: false })) writeFileSync(path, 'made\n');
  return path;
}

describeReal('git', () => {
  describe('work that is in no commit', () => {
    test('comes to the same tree, bytes and modes in a fresh clone, whatever was done', async () => {
      using pristine = new Scratch();
      clones(pristine);
      const deed = fc.constantFrom(...Object.keys(deeds));
      await fc.assert(
        fc.asyncProperty(fc.array(fc.tuple(deed, fc.nat(10_000)), { minLength: 1, maxLength: 8 }), async (done) => {
          using scratch = new Scratch();
          cpSync(pristine.path, scratch.path, { recursive: true });
          const work = scratch.in('work');
          for (const [name, pick] of done) deeds[name]!(work, pick);
          const before = {
            index: readFileSync(join(work, '.git/index')),
            objects: contentOf(join(work, '.git/objects')),
          };
          const made = await makeDirtyTree({ root: work, remote: 'origin' });
          expect(readFileSync(join(work, '.git/index'))).toEqual(before.index);
          expect(contentOf(join(work, '.git/objects'))).toEqual(before.objects);
          gitIn(work, 'clean', '--quiet', '-d', '-X', '--force');
          const request = { repo: '/x', command: 'x', dirty: made.dirty };
          const limits = { maxTimeoutSeconds: 1, repoSchemes: ['file' as const] };
          expect(checkExecutionRequest(request, limits).problems).toBeUndefined();
          const clone = scratch.in('clone');
          gitIn(clone, 'checkout', '--quiet', '--detach', made.dirty.base);
          await applyDirtyTree(clone, made.dirty);
          expect(contentOf(clone)).toEqual(contentOf(work));
          expect(gitIn(clone, 'write-tree')).toBe(made.dirty.tree);
        }),
        { numRuns: scale(4, 300), endOnFailure: true },
      );
    });

    test('is listed with what changed and how large it is, and takes unpushed commits along', async () => {
      using scratch = new Scratch();
      const { work } = clones(scratch);
      const pushed = gitIn(work, 'rev-parse', 'HEAD');
      const clean = await makeDirtyTree({ root: work, remote: 'origin' });
      expect(clean).toMatchObject({ files: [], unpushed: 0, dirty: { base: pushed, files: 0 } });
      writeFileSync(join(work, 'committed.txt'), 'mine\n');
      gitIn(work, 'add', '.');
      gitIn(work, 'commit', '--quiet', '--message', 'mine');
      rmSync(join(work, 'data.bin'));
      renameSync(join(work, 'bin/run'), join(work, 'bin/go'));
      appendFileSync(join(work, 'README.md'), 'four\n');
      // Whoever looks at patches in a way of their own sends the same.
      gitIn(work, 'config', 'diff.noprefix', 'true');
      gitIn(work, 'config', 'diff.external', 'false');
      gitIn(work, 'config', 'color.ui', 'always');
      const made = await makeDirtyTree({ root: work, remote: 'origin' });
      expect(made).toMatchObject({
        unpushed: 1,
        dirty: { base: pushed, files: 4 },
        files: [
          { path: 'README.md', change: 'changed', bytes: 19 },
          { path: 'bin/go', change: 'renamed', bytes: 18 },
          { path: 'committed.txt', change: 'added', bytes: 5 },
          { path: 'data.bin', change: 'deleted', bytes: 0 },
        ],
      });
      expect(made.dirty.bytes).toBe(made.dirty.diff?.length);
      expect(gunzipSync(Buffer.from(made.dirty.diff!, 'base64')).toString()).toContain('+four');
    });

    test('is refused when it is too large, naming the largest files', async () => {
      using scratch = new Scratch();
      const { work } = clones(scratch);
      writeFileSync(join(work, 'small.bin'), randomBytes(1000));
      writeFileSync(join(work, 'large.bin'), randomBytes(400_000));
      await expect(makeDirtyTree({ root: work, remote: 'origin' })).rejects.toMatchObject({
        code: 'HAWSER_EXEC_DIRTY_TOO_LARGE',
        message: expect.stringContaining(
          '350,000 bytes when packed. The largest: large.bin (400,000 bytes), small.bin',
        ),
        details: { max_bytes: 350_000 },
      });
    });

    test('is refused where it could not be the same', async () => {
      using scratch = new Scratch();
      const { work, fresh } = clones(scratch);
      appendFileSync(join(work, 'README.md'), 'x\n');
      const made = await makeDirtyTree({ root: work, remote: 'origin' });
      const clone = fresh('origin/main');
      const untouched = contentOf(clone);
      const failed = { code: 'HAWSER_EXEC_GIT_FAILED' };
      await expect(applyDirtyTree(clone, { ...made.dirty, tree: 'a'.repeat(40) })).rejects.toMatchObject(failed);
      await expect(applyDirtyTree(clone, { ...made.dirty, diff: 'AAAA' })).rejects.toMatchObject(failed);
      await expect(applyDirtyTree(fresh('origin/dev'), made.dirty)).rejects.toThrow('and the changes are against');
      expect(contentOf(clone)).toEqual(untouched);
      mkdirSync(join(work, 'nested'));
      gitIn(join(work, 'nested'), 'init', '--quiet');
      await expect(makeDirtyTree({ root: work, remote: 'origin' })).rejects.toThrow(
        'nested/ is a repository of its own',
      );
      rmSync(join(work, 'nested'), { recursive: true });
      mkdirSync(join(work, 'new/deep'), { recursive: true });
      writeFileSync(join(work, 'new/file'), 'x\n');
      gitIn(join(work, 'new/deep'), 'init', '--quiet');
      await expect(makeDirtyTree({ root: work, remote: 'origin' })).rejects.toThrow(
        'new/deep/ is a repository of its own',
      );
      rmSync(join(work, 'new'), { recursive: true });
      gitIn(work, 'update-ref', '-d', 'refs/remotes/origin/main');
      gitIn(work, 'update-ref', '-d', 'refs/remotes/origin/dev');
      gitIn(work, 'symbolic-ref', '--delete', 'refs/remotes/origin/HEAD');
      await expect(makeDirtyTree({ root: work, remote: 'origin' })).rejects.toThrow('No commit of yours is on origin');
    });
  });
});
