import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { walk, type FolderRules, type WalkOptions, type Walked } from '@hawser/walk';
import fc from 'fast-check';

let root: string;
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'walk-')));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const all: FolderRules = { judge: () => 'take' };

function put(path: string | Buffer, text = 'x'): void {
  const file = typeof path === 'string' ? join(root, path) : Buffer.concat([Buffer.from(`${root}/`), path]);
  if (typeof file === 'string') mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

function link(target: string, path: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  symlinkSync(target, join(root, path));
}

async function found(options: Partial<WalkOptions> = {}): Promise<readonly Walked[]> {
  const entries: Walked[] = [];
  for await (const entry of walk({ root, rules: all, ...options })) entries.push(entry);
  return entries;
}

async function shown(options: Partial<WalkOptions> = {}): Promise<readonly string[]> {
  return (await found(options)).map((entry) => `${entry.path} ${entry.kind === 'refused' ? entry.reason : entry.kind}`);
}

describe('a walk', () => {
  test('tells what each entry is, with its size where that is asked for, and looks through no link', async () => {
    put('dir/a.txt', 'four');
    put('dir/run.sh', '#!/bin/sh\n');
    chmodSync(join(root, 'dir/run.sh'), 0o755);
    link('/etc', 'dir/out');
    execFileSync('mkfifo', [join(root, 'pipe')]);
    const real = (path: string): string => join(root, path);
    expect(await found({ measure: true })).toEqual([
      { path: 'dir', real: real('dir'), kind: 'folder' },
      { path: 'dir/a.txt', real: real('dir/a.txt'), kind: 'file', bytes: 4 },
      { path: 'dir/out', real: real('dir/out'), kind: 'link', bytes: 4 },
      { path: 'dir/run.sh', real: real('dir/run.sh'), kind: 'executable', bytes: 10 },
      { path: 'pipe', real: real('pipe'), kind: 'other' },
    ]);
    expect(await shown()).toEqual(['dir folder', 'dir/a.txt file', 'dir/out link', 'dir/run.sh file', 'pipe other']);
  });

  test('hands out files in the order of their bytes, whatever they are called', async () => {
    const name = fc.constantFrom('a', 'a.b', 'a-', 'a0', 'B', 'ä', '\u{10000}', '\u{FFFD}', 'a b', '-');
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(name, { minLength: 1, maxLength: 3 }), { maxLength: 12 }), async (paths) => {
        rmSync(root, { recursive: true });
        mkdirSync(root);
        for (const path of paths) {
          try {
            put(path.join('/'));
          } catch (error) {
            // A file stands where a folder would, or the other way round.
            if (!['ENOTDIR', 'EISDIR', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
          }
        }
        const files = (await found()).filter(({ kind }) => kind === 'file').map(({ path }) => Buffer.from(path));
        const listed = execFileSync('find', ['.', '-type', 'f', '-print0'], { cwd: root })
          .toString()
          .split('\0')
          .slice(0, -1);
        expect(files).toEqual(
          listed.map((path) => Buffer.from(path.slice(2))).toSorted((a, b) => Buffer.compare(a, b)),
        );
      }),
      { numRuns: 40 },
    );
  });

  test('asks the rules once for each entry, enters what they take, and adds what folders say', async () => {
    for (const path of ['a/keep', 'a/drop', 'b/drop', 'no/x', 'left/x']) put(path);
    const asked: string[] = [];
    const judging = (dropped: readonly string[]): FolderRules => ({
      judge: ({ path, isFolder }) => {
        asked.push(isFolder ? `${path}/` : path);
        if (path === 'no') return 'refuse';
        return dropped.some((name) => path.endsWith(name)) ? 'leave' : 'take';
      },
      within: ({ path }) => judging(path === 'a' ? [...dropped, 'drop'] : dropped),
    });
    expect(await shown({ rules: judging(['left']) })).toEqual([
      'a folder',
      'a/keep file',
      'b folder',
      'b/drop file',
      'no rules',
    ]);
    expect(asked).toEqual(['a/', 'a/drop', 'a/keep', 'b/', 'b/drop', 'left/', 'no/']);
    expect(await shown({ rules: judging(['left']), from: ['a/drop', 'b'] })).toEqual([
      'a/drop file',
      'b folder',
      'b/drop file',
    ]);
  });

  test('names that are not UTF-8 come with their bytes, folders of such names with what is in them', async () => {
    put(Buffer.from('caf\xe9', 'latin1'));
    const folder = Buffer.from(`${root}/d\xff`, 'latin1');
    mkdirSync(folder);
    writeFileSync(Buffer.concat([folder, Buffer.from('/x')]), 'three');
    put('line\nfeed');
    expect(await found({ measure: true })).toMatchObject([
      { path: 'caf\u{FFFD}', raw: Buffer.from('caf\xe9', 'latin1'), kind: 'file' },
      { path: 'd\u{FFFD}', raw: Buffer.from('d\xff', 'latin1'), kind: 'folder' },
      { path: 'd\u{FFFD}/x', raw: Buffer.from('d\xff/x', 'latin1'), kind: 'file', bytes: 5 },
      { path: 'line\nfeed', kind: 'file' },
    ]);
  });
});

describe('links that are followed', () => {
  test('stand for what they lead to, and are refused where that may not be taken', async () => {
    put('data/x.txt');
    put('secret/key');
    link('data/x.txt', 'file');
    link('data', 'folder');
    link('/etc/passwd', 'out');
    link('nothing', 'gone');
    link('gone', 'gone-too');
    link('itself', 'itself');
    link('..', 'data/up');
    link('secret/key', 'key');
    const rules: FolderRules = { judge: ({ path }) => (path === 'secret' ? 'leave' : 'take') };
    expect(await shown({ rules, links: 'follow' })).toEqual([
      'data folder',
      'data/up loop',
      'data/x.txt file',
      'file file',
      'folder folder',
      'folder/up loop',
      'folder/x.txt file',
      'gone dangling',
      'gone-too dangling',
      'itself dangling',
      'key hidden',
      'out outside',
    ]);
    expect((await found({ rules, links: 'follow' })).find(({ path }) => path === 'folder/x.txt')).toMatchObject({
      real: join(root, 'data/x.txt'),
    });
  });

  test('a loop over several links ends', async () => {
    link('../b', 'a/to-b');
    link('../a', 'b/to-a');
    expect(await shown({ links: 'follow' })).toEqual([
      'a folder',
      'a/to-b folder',
      'a/to-b/to-a loop',
      'b folder',
      'b/to-a folder',
      'b/to-a/to-b loop',
    ]);
  });
});

describe('a list', () => {
  test('is looked at in order, each name once; what only a link leads to, or nothing, is gone', async () => {
    put('b/real', 'four');
    put('a.txt', 'x');
    link('b', 'l');
    const names = ['b/real', 'a.txt', 'l', 'l/real', 'a.txt', 'a.txt/below', 'none', 'b/'].map((name) =>
      Buffer.from(name),
    );
    expect(await shown({ rules: { names } })).toEqual([
      'a.txt file',
      'a.txt/below gone',
      'b folder',
      'b/real file',
      'l link',
      'l/real gone',
      'none gone',
    ]);
  });

  test('leads nowhere else', async () => {
    const names = ['../x', 'a/../../x', '/etc/passwd', 'a//b', './a', '', 'a\0b'].map((name) => Buffer.from(name));
    expect(new Set((await shown({ rules: { names } })).map((line) => line.slice(line.lastIndexOf(' ') + 1)))).toEqual(
      new Set(['outside']),
    );
  });
});

describe('limits', () => {
  test('too many files: HAWSER_WALK_TOO_MANY, and no more than the limit was handed out', async () => {
    for (const name of ['a/1', 'a/2', 'b/3']) put(name);
    expect(await shown({ limits: { entries: 3 } })).toHaveLength(5);
    const taken: string[] = [];
    const run = async (): Promise<void> => {
      for await (const { path } of walk({ root, rules: all, limits: { entries: 2 } })) taken.push(path);
    };
    await expect(run()).rejects.toMatchObject({
      name: 'WalkError',
      code: 'HAWSER_WALK_TOO_MANY',
      exitCode: 1,
      message: 'There are more than 2 files.',
      details: { max_entries: 2 },
    });
    expect(taken).toEqual(['a', 'a/1', 'a/2', 'b']);
  });

  test('too many bytes: HAWSER_WALK_TOO_LARGE names the largest of all, also of what comes later', async () => {
    for (const [index, size] of [5, 9, 1, 3000, 20].entries()) put(`f${index}`, 'x'.repeat(size));
    await expect(found({ limits: { bytes: 10 } })).rejects.toMatchObject({
      code: 'HAWSER_WALK_TOO_LARGE',
      message:
        'There are 3,035 bytes, and at most 10 are taken. The largest: f3 (3,000 bytes), f4 (20 bytes), f1 (9 bytes).',
      details: { bytes: 3035, max_bytes: 10 },
    });
    expect(await shown({ limits: { bytes: 3035 } })).toHaveLength(5);
    await expect(found({ limits: { bytes: 10, entries: 3 } })).rejects.toMatchObject({ code: 'HAWSER_WALK_TOO_LARGE' });
  });
});

describe('what cannot be walked', () => {
  test.each([
    ['a root that is not there', { root: '/nothing-there-at-all' }],
    ['a beginning that is not there', { from: ['none'] }],
    ['a name that no system takes', { rules: { names: [Buffer.from('x'.repeat(5000))] } }],
  ])('%s: HAWSER_WALK_UNREADABLE', async (_, options) => {
    await expect(found(options)).rejects.toMatchObject({ code: 'HAWSER_WALK_UNREADABLE', exitCode: 1 });
  });

  test('an aborted walk ends with the reason of the signal, in the middle too', async () => {
    for (let index = 0; index < 300; index += 1) put(`f${index}`);
    const early = AbortSignal.abort(new Error('early'));
    await expect(found({ signal: early })).rejects.toThrow('early');
    const controller = new AbortController();
    const taken: string[] = [];
    const run = async (): Promise<void> => {
      for await (const { path } of walk({ root, rules: all, signal: controller.signal })) {
        taken.push(path);
        controller.abort(new Error('late'));
      }
    };
    await expect(run()).rejects.toThrow('late');
    expect(taken.length).toBeLessThan(130);
  });
});
