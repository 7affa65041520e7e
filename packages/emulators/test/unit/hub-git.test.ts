import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createRepository, emptyTree, PathConflict, type Change } from '../../src/hub/git/repository.js';
import { decodeCommit, decodeTree, encodeCommit, encodeTree, objectId } from '../../src/hub/git/objects.js';
import { packetLine, readPacketLines } from '../../src/hub/git/packet-lines.js';
import { defaultAttributes, lfsLine, readAttributes } from '../../src/hub/state/attributes.js';
import { isBinary } from '../../src/hub/state/draft.js';
import { describeReal } from '../../../../test/support/counterparts.js';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hub-git-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const name = fc.stringMatching(/^[a-zA-Z0-9é_.\-+ ]{1,6}$/u).filter((one) => !/^\.{1,2}$|^\.git$/iu.test(one));
const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => names.join('/'));
const files = fc.uniqueArray(fc.tuple(path, fc.uint8Array({ maxLength: 20 })), {
  maxLength: 12,
  selector: ([one]) => one,
});

/** Leaves out files that stand where another's directory is. */
function fitting(list: readonly (readonly [string, Uint8Array])[]): (readonly [string, Uint8Array])[] {
  return list.filter(([one]) => !list.some(([other]) => other !== one && other.startsWith(`${one}/`)));
}

describe('objects', () => {
  describeReal('git', (program) => {
    const git = (args: readonly string[], input?: Buffer | string): string => {
      const { stdout, stderr, status } = spawnSync(program('git'), args, {
        cwd: folder,
        input,
        encoding: 'utf8',
        env: { PATH: process.env['PATH'], GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null', HOME: folder },
      });
      if (status !== 0) throw new Error(stderr);
      return stdout.trim();
    };
    beforeAll(() => void git(['init', '-q', '.']));

    test('trees have the ids git gives the same files', () => {
      fc.assert(
        fc.property(files, (list) => {
          const kept = fitting(list);
          const repository = createRepository();
          const changes = new Map<string, Change>(
            kept.map(([one, content]) => [one, { mode: '100644', oid: repository.put('blob', Buffer.from(content)) }]),
          );
          const tree = repository.change(emptyTree, changes);
          git(['read-tree', '--empty']);
          const index = [...changes].map(([one, change]) => `100644 ${change === 'removed' ? '' : change.oid}\t${one}`);
          git(['update-index', '-z', '--index-info'], index.map((line) => `${line}\0`).join(''));
          expect(git(['write-tree', '--missing-ok'])).toBe(tree);
        }),
        { numRuns: 25 },
      );
    }, 60_000);

    test('blobs and commits have the ids git gives them', () => {
      const body = encodeCommit({
        tree: emptyTree,
        parents: ['a'.repeat(40)],
        author: 'hawser',
        seconds: 1_700_000_000,
        message: 'Title\n\nBody é',
      });
      git(['hash-object', '-t', 'tree', '-w', '--stdin'], '');
      expect(git(['hash-object', '-t', 'commit', '--stdin'], body)).toBe(objectId('commit', body));
      expect(git(['hash-object', '--stdin'], 'é\0')).toBe(objectId('blob', Buffer.from('é\0')));
    });

    test('.gitattributes means what git says it means', () => {
      const pattern = fc.oneof(
        fc.constantFrom(
          ...defaultAttributes
            .split('\n')
            .filter(Boolean)
            .map((line) => line.split(' ')[0] ?? ''),
        ),
        fc.stringMatching(/^[ab*?/.[\]\\-]{1,6}$/u),
      );
      const line = fc.tuple(pattern, fc.constantFrom('filter=lfs', '-filter', '!filter', 'filter=other', 'text'));
      const asked = fc
        .oneof(
          fc.stringMatching(/^[ab.-]{1,3}(?:\/[ab.-]{1,3}){0,3}$/u),
          fc.constantFrom(
            'm.bin',
            'a/m.bin',
            'saved_model/a/b/c',
            'saved_model/x',
            'x/saved_model/y',
            'events.tfevents.1',
            'a.tar.gz',
            'lfs',
            'a.lfs.b',
          ),
        )
        .filter((one) => !one.split('/').some((part) => part === '.' || part === '..'));
      fc.assert(
        fc.property(
          fc.array(line, { maxLength: 5 }),
          fc.array(asked, { minLength: 1, maxLength: 8 }),
          (lines, paths) => {
            const text = lines.map((words) => `${words.join(' ')}\n`).join('');
            writeFileSync(join(folder, '.gitattributes'), text);
            const said = git(['check-attr', '-z', '--stdin', 'filter'], paths.map((one) => `${one}\0`).join('')).split(
              '\0',
            );
            const attributes = readAttributes(text);
            expect(paths.map((one) => [one, attributes.isLfs(one)])).toEqual(
              paths.map((one, index) => [one, said[index * 3 + 2] === 'lfs']),
            );
          },
        ),
        { numRuns: 60 },
      );
      rmSync(join(folder, '.gitattributes'));
    }, 60_000);
  });

  test('trees and commits are read as they were written', () => {
    const entries = [
      { name: 'a', mode: '40000', oid: 'a'.repeat(40) },
      { name: 'a.b', mode: '100644', oid: 'b'.repeat(40) },
    ];
    // A directory sorts as if it ended with a slash: behind a.b.
    expect(decodeTree(encodeTree(entries))).toEqual(entries.toReversed());
    const facts = { tree: 'c'.repeat(40), parents: [], author: 'x', seconds: 1, message: 'm' };
    expect(decodeCommit(encodeCommit(facts))).toEqual(facts);
  });
});

describe('changing a tree', () => {
  const repository = createRepository();
  const oid = repository.put('blob', Buffer.from('x'));
  const add: Change = { mode: '100644', oid };
  const tree = repository.change(
    emptyTree,
    new Map([
      ['a/b/c', add],
      ['d', add],
    ]),
  );

  test('what was added and removed again leaves nothing, not even a directory', () => {
    fc.assert(
      fc.property(files, (list) => {
        const paths = fitting(list).map(([one]) => `new/${one}`);
        const more = repository.change(tree, new Map(paths.map((one) => [one, add])));
        expect(repository.change(more, new Map(paths.map((one) => [one, 'removed'])))).toBe(tree);
      }),
    );
  });

  test('a directory may follow a file of its name, and a file a directory, when the old one goes', () => {
    const swapped = repository.change(
      tree,
      new Map<string, Change>([
        ['a/b/c', 'removed'],
        ['a', add],
        ['d', 'removed'],
        ['d/e', add],
      ]),
    );
    expect([...repository.walk(swapped)].map((one) => one.path)).toEqual(['a', 'd', 'd/e']);
    expect(() => repository.change(tree, new Map([['a', add]]))).toThrow(PathConflict);
    expect(() => repository.change(tree, new Map([['d/e', add]]))).toThrow(PathConflict);
  });
});

describe('the wire protocol', () => {
  test('packet lines are read as they were written, and what is none is told', () => {
    const bytes = Buffer.concat([packetLine('one\n'), packetLine(''), Buffer.from('0000rest')]);
    expect(readPacketLines(bytes)).toEqual({
      lines: [Buffer.from('one\n'), Buffer.alloc(0)],
      rest: Buffer.from('rest'),
    });
    for (const wrong of ['', '0005', 'zzzz', '0001', '0006a'])
      expect(readPacketLines(Buffer.from(wrong))).toBeUndefined();
  });
});

describe('what is binary', () => {
  test.each([
    ['text', 'plain\r\n\ttext', false],
    ['UTF-8', 'é漢🐳'.repeat(20), false],
    ['UTF-8 cut within a character', Buffer.from('🐳'.repeat(200)).subarray(0, 511), false],
    ['colours of a terminal', `${'word '.repeat(20)}\u001B[0m`, false],
    ['nothing', '', false],
    ['a NUL', 'a\0b', true],
    ['bytes of no encoding', Buffer.from('ff00fe80819293'.repeat(9).replaceAll('00', 'c1'), 'hex'), true],
    ['control characters', '\u0001\u0002\u0003abc', true],
  ])('%s', (_, content, expected) => {
    expect(isBinary(Buffer.from(content))).toBe(expected);
  });

  test('a path with blanks gets an attribute line that fits it', () => {
    expect(readAttributes(lfsLine('my file.db')).isLfs('my file.db')).toBe(true);
  });
});
