import { execFileSync } from 'node:child_process';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { compareWithListing, expectedTree } from '../../src/diff/compare.js';
import { withLfsRules } from '../../src/diff/lfs-rules.js';
import { describeRecord, readRecord } from '../../src/diff/ownership.js';
import type { RemoteFile } from '../../src/hub/types.js';
import { blobOid, pointerOid, treeOid } from '../../src/tree/oid.js';
import { describeReal } from '../../../../test/support/counterparts.js';
import { folderWith } from '../support/folders.js';
import { fileOf } from '../support/hub.js';

const lfs = 'filter=lfs diff=lfs merge=lfs -text';

describe('the rules of LFS', () => {
  test('that are there already are left as they are, to the byte', () => {
    const text = `# ours\r\n*.png ${lfs}\r\ndata/weights.bin ${lfs}\r\nLICENSE.bin ${lfs}`;
    expect(withLfsRules(text, ['a/logo.png', 'data/weights.bin', 'deep/LICENSE.bin'])).toBe(text);
  });

  test('that are missing are added behind, sorted, with a line end of their own', () => {
    expect(withLfsRules('*.txt text', ['b.bin', 'a c.bin'])).toBe(
      `*.txt text\na[[:space:]]c.bin ${lfs}\nb.bin ${lfs}\n`,
    );
    expect(withLfsRules('', ['#x'])).toBe(`/#x ${lfs}\n`);
  });

  test('that a later line takes back are added again', () => {
    expect(withLfsRules(`*.bin ${lfs}\nold/* -filter\n`, ['a.bin'])).toBe(
      `*.bin ${lfs}\nold/* -filter\na.bin ${lfs}\n`,
    );
  });

  describeReal('git', (path) => {
    test('send every path through LFS, whatever its name and the rules before', () => {
      const name = fc
        .string({
          unit: fc.constantFrom('a', 'b', '.', '-', ' ', '*', '?', '[', ']', '\\', '#', '!', '"', "'", 'é', '🙂'),
          minLength: 1,
          maxLength: 8,
        })
        .filter((text) => text !== '.' && text !== '..' && text.trim() === text);
      const paths = fc.uniqueArray(
        fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => names.join('/')),
        { minLength: 1, maxLength: 8 },
      );
      const rule = fc.constantFrom(
        `*.a ${lfs}`,
        '*.a -filter',
        '* text=auto',
        `a ${lfs}`,
        'a/** !filter',
        '# nothing',
        '',
      );
      const folder = folderWith();
      const env = { PATH: process.env['PATH'], HOME: folder, GIT_CONFIG_NOSYSTEM: '1' };
      const git = (args: string[], input = ''): string =>
        execFileSync(path('git'), ['-C', folder, ...args], { env, input, encoding: 'utf8' });
      git(['init', '-q']);
      fc.assert(
        fc.property(paths, fc.array(rule, { maxLength: 4 }), (wanted, rules) => {
          const text = withLfsRules(rules.join('\n'), wanted);
          expect(withLfsRules(text, wanted)).toBe(text);
          execFileSync('tee', [`${folder}/.gitattributes`], { input: text });
          const told = git(['check-attr', '-z', '--stdin', 'filter'], wanted.map((each) => `${each}\0`).join(''));
          const values = told.split('\0').filter((_, index) => index % 3 === 2);
          expect(values).toEqual(wanted.map(() => 'lfs'));
        }),
        { numRuns: 60 },
      );
    });
  });
});

describe('the record of a push', () => {
  test('is read back from below whatever stands above it', () => {
    const paths = fc.option(fc.uniqueArray(fc.string()), { nil: undefined });
    fc.assert(
      fc.property(paths, fc.boolean(), (kept, isBack) => {
        const record = { contents: `sha256:${'0'.repeat(64)}`, kept, ...(isBack ? { rolledBackTo: 'abc' } : {}) };
        const found = readRecord({ message: `A text of mine.\n\n${describeRecord(record)}\n` });
        expect(found).toEqual({ ...record, kept: kept?.toSorted() });
      }),
    );
  });

  test('that would be too long says that it is not known, and then nothing is ours', () => {
    const kept = Array.from({ length: 2000 }, (_, index) => `folder/file-${index}`);
    expect(readRecord({ message: describeRecord({ contents: 'sha256:0', kept }) })).toEqual({
      contents: 'sha256:0',
      kept: undefined,
    });
  });

  test('is not seen where there is none, and not believed where it is broken', () => {
    expect(readRecord({ message: 'Upload folder using huggingface_hub' })).toBeUndefined();
    for (const kept of ['[1]', '{}', '["a"', 'unknown'])
      expect(readRecord({ message: `Hawser-Contents: sha256:0\nHawser-Kept: ${kept}` })?.kept).toBeUndefined();
  });
});

describe('what is staged beside a listing', () => {
  const remote: readonly RemoteFile[] = [
    { path: 'same.txt', size: 4, oid: blobOid(Buffer.from('same')) },
    { path: 'old.txt', size: 3, oid: blobOid(Buffer.from('old')) },
    { path: 'large.bin', size: 5, oid: pointerOid('a'.repeat(64), 5), lfs: { oid: 'a'.repeat(64), size: 5 } },
    { path: 'grown.bin', size: 5, oid: pointerOid('b'.repeat(64), 5), lfs: { oid: 'b'.repeat(64), size: 5 } },
    { path: 'theirs.txt', size: 1, oid: blobOid(Buffer.from('t')) },
  ];
  const staged = [
    fileOf('same.txt', 'same'),
    fileOf('old.txt', 'new'),
    fileOf('large.bin', '12345'),
    fileOf('grown.bin', '123456'),
    fileOf('added.txt', 'added'),
  ];

  test('is the same, updated or added; large contents are hashed only where the size cannot tell', async () => {
    const hashed: string[] = [];
    const { files, strangers } = await compareWithListing(staged, remote, async ({ path }) => {
      hashed.push(path);
      return 'a'.repeat(64);
    });
    expect(files.map(({ file, action }) => [file.path, action])).toEqual([
      ['same.txt', 'same'],
      ['old.txt', 'update'],
      ['large.bin', 'same'],
      ['grown.bin', 'update'],
      ['added.txt', 'add'],
    ]);
    expect(hashed).toEqual(['large.bin']);
    expect(strangers).toEqual(['theirs.txt']);
  });

  test('makes the tree of what stays, what comes and what goes', async () => {
    const { files } = await compareWithListing(staged, remote, async () => 'a'.repeat(64));
    const large = files.map((each) => (each.file.path === 'grown.bin' ? { ...each, sha256: 'c'.repeat(64) } : each));
    expect(expectedTree(remote, large, ['theirs.txt'])).toBe(
      treeOid([
        { path: 'same.txt', oid: blobOid(Buffer.from('same')) },
        { path: 'old.txt', oid: blobOid(Buffer.from('new')) },
        { path: 'large.bin', oid: pointerOid('a'.repeat(64), 5) },
        { path: 'grown.bin', oid: pointerOid('c'.repeat(64), 6) },
        { path: 'added.txt', oid: blobOid(Buffer.from('added')) },
      ]),
    );
  });
});
