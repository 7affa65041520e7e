import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { HfPushError } from '../../src/errors.js';
import { openContent, readContent, sha256Of } from '../../src/tree/content.js';
import { hashFile } from '../../src/tree/hash-file.js';
import { blobOid, treeOid } from '../../src/tree/oid.js';
import type { TreeFile } from '../../src/tree/types.js';
import { scale } from '../../../../test/support/scale.js';
import { folderWith } from '../support/folders.js';

const quiet = { see: () => {}, again: () => {} };

function git(folder: string, args: readonly string[], input?: string | Uint8Array): string {
  const env = {
    ...process.env,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_DIR: join(folder, '.git'),
  };
  return execFileSync('git', args, { cwd: folder, input, env, encoding: 'utf8' }).trim();
}

function repository(): string {
  const folder = folderWith();
  git(folder, ['init', '-q']);
  return folder;
}

describe('names of content', () => {
  test('are those of git hash-object, whatever the bytes', () => {
    const folder = repository();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3000 }), (bytes) => {
        expect(blobOid(bytes)).toBe(git(folder, ['hash-object', '--stdin'], bytes));
      }),
      { numRuns: scale(8, 25) },
    );
  });

  test.each([0, 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 3_500_000])(
    'a file of %i bytes is hashed as it stands',
    async (size) => {
      const folder = folderWith({ file: Buffer.alloc(size, 'hawser') });
      let seen = 0;
      const hashed = await hashFile(join(folder, 'file'), 'file', {
        see: (bytes) => (seen += bytes.length),
        again: () => {},
      });
      expect(hashed).toEqual({ size, oid: blobOid(Buffer.alloc(size, 'hawser')) });
      expect(seen).toBe(size);
    },
  );

  test('a file that grows whenever it is read is given up', async () => {
    const folder = folderWith({ log: 'x'.repeat(2 << 20) });
    const path = join(folder, 'log');
    let begun = 0;
    const grows = { see: () => appendFileSync(path, 'more'), again: () => (begun += 1) };
    await expect(hashFile(path, 'log', grows)).rejects.toMatchObject({
      code: 'HAWSER_HF_LOCAL_FILE',
      message: 'log changes while it is read.',
    });
    expect(begun).toBe(2);
  });

  test('a file that changes once is read again, and its second content counts', async () => {
    const folder = folderWith({ file: 'x'.repeat(2 << 20) });
    const path = join(folder, 'file');
    let isFirst = true;
    const see = (): void => {
      if (isFirst) writeFileSync(path, 'short');
      isFirst = false;
    };
    expect(await hashFile(path, 'file', { see, again: () => {} })).toEqual({
      size: 5,
      oid: blobOid(Buffer.from('short')),
    });
  });

  test('a file that is not there is an error with its name', async () => {
    await expect(hashFile('/nowhere/at-all', 'at-all', quiet)).rejects.toMatchObject({
      code: 'HAWSER_HF_LOCAL_FILE',
      details: { path: 'at-all' },
    });
  });
});

describe('the name of a tree', () => {
  const name = fc
    .stringMatching(/^[a-z.é-]{1,4}$/)
    .filter((each) => !['.', '..', '.git'].includes(each) && each !== '.git');
  const paths = fc.uniqueArray(
    fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => names.join('/')),
    {
      minLength: 1,
      maxLength: 12,
    },
  );

  test('is that of git write-tree: nested folders, in the order of git', () => {
    const folder = repository();
    const oid = git(folder, ['hash-object', '-w', '--stdin'], 'content');
    fc.assert(
      fc.property(paths, (all) => {
        const files = all.filter((path) => !all.some((other) => other.startsWith(`${path}/`)));
        git(folder, ['read-tree', '--empty']);
        git(folder, ['update-index', '--index-info'], files.map((path) => `100644 ${oid}\t${path}\n`).join(''));
        expect(treeOid(files.map((path) => ({ path, oid })))).toBe(git(folder, ['write-tree']));
      }),
      { numRuns: scale(15, 40) },
    );
  });

  test('of nothing is the empty tree', () => {
    expect(treeOid([])).toBe('4b825dc642cb6eb9a060e54bf8d69288fbee4904');
  });

  test.each([[['a', 'a']], [['a', 'a/b']], [['a/b', 'a']], [['a//b']], [['../a']], [['']]])(
    'refuses %j, which no tree can hold',
    (all) => {
      expect(() => treeOid(all.map((path) => ({ path, oid: '0'.repeat(40) })))).toThrow(TypeError);
    },
  );
});

describe('reading what was staged', () => {
  function staged(content: string): { file: TreeFile; path: string } {
    const path = join(folderWith({ file: content }), 'file');
    return {
      path,
      file: { path: 'file', size: content.length, oid: blobOid(Buffer.from(content)), content: { kind: 'file', path } },
    };
  }

  test('gives the bytes, of a file as of memory', async () => {
    const { file } = staged('hello');
    const bytes = Buffer.from('hello');
    expect((await readContent(file)).toString()).toBe('hello');
    expect((await readContent({ ...file, content: { kind: 'bytes', bytes } })).toString()).toBe('hello');
    expect(await sha256Of(file)).toBe(createHash('sha256').update('hello').digest('hex'));
  });

  test.each(['hallo', 'hell', 'hello, world'])('fails when the file has become %j', async (now) => {
    const { file, path } = staged('hello');
    writeFileSync(path, now);
    await expect(readContent(file)).rejects.toMatchObject({
      code: 'HAWSER_HF_LOCAL_FILE',
      message: 'file changed after it was staged.',
    });
  });

  test('never hands on more bytes than were staged', async () => {
    const { file, path } = staged('hello');
    writeFileSync(path, 'hello, world');
    let bytes = 0;
    const read = async (): Promise<void> => {
      for await (const chunk of openContent(file)) bytes += (chunk as Buffer).length;
    };
    await expect(read()).rejects.toBeInstanceOf(HfPushError);
    expect(bytes).toBe(0);
  });

  test('stops when it is told to', async () => {
    const { file } = staged('x'.repeat(3 << 20));
    const abort = new AbortController();
    const read = async (): Promise<void> => {
      const stream = openContent(file, { signal: abort.signal });
      stream.on('data', () => abort.abort());
      await finished(stream);
    };
    await expect(read()).rejects.toMatchObject({ name: 'AbortError' });
  });
});
