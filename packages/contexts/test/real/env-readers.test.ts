import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { describeReal } from '../../../../test/support/counterparts.js';
import { scale } from '../../../../test/support/scale.js';
import { envFormats } from '../../src/env/formats/index.js';
import type { EnvFormatName } from '../../src/env/formats/format.js';
import { type EnvValues, readByFish, readByNode, readByPython, readByShell } from '../support/env-readers.js';

/** Each of them is special to somebody. */
const AWKWARD: readonly string[] = [
  '',
  'plain',
  'http://127.0.0.1:4200/api',
  'a@b%c+d=e:f,g./h-i_j',
  'two words',
  ' blanks around ',
  "it's",
  'say "hi"',
  'back`tick',
  'both \' and "',
  'back\\slash and more',
  '$HOME and ${HOME}',
  '$(id) `id`',
  '#not a comment',
  'half # comment',
  'semi; colon & co | < > ( )',
  '*?[x] {a,b} ~ !',
  'two\nlines',
  '\n',
  'tab\there',
  'grüße, 你好, 🚢',
  'typographic ‘quotes’',
  '%h %n %%',
  '=leading',
  '-dash',
  '\u2028',
];

/** A pseudo-random choice that the seed repeats. */
function someTexts(count: number, seed: number): readonly string[] {
  let state = seed;
  const next = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const alphabet = ['🚢', ...'\'"`\\$#={}; \t\nab0/:é%!~'.split('')];
  return Array.from({ length: count }, () =>
    Array.from({ length: next(12) }, () => alphabet[next(alphabet.length)]).join(''),
  );
}

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hawser-env-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** Writes all values that the format takes, and compares what the reader makes of them. */
function expectRead(
  name: EnvFormatName,
  read: (path: string, names: readonly string[]) => EnvValues,
  texts: readonly string[] = [...AWKWARD, ...someTexts(scale(150, 5_000), 7)],
): void {
  const format = envFormats[name];
  const held = texts.filter((text) => format.refuse(text) === undefined);
  const wanted = Object.fromEntries(held.map((text, index) => [`HAWSER_T_${index}`, text]));
  const path = join(folder, `.env.${name}`);
  const lines = Object.entries(wanted).map(([key, value]) => format.render(key, value));
  writeFileSync(path, `# a comment\n${lines.join('')}`);
  expect(held.length).toBeGreaterThan(name === 'portable' ? 4 : texts.length / 2);
  expect({ ...read(path, Object.keys(wanted)) }).toEqual(wanted);
}

describe('Node', () => {
  test('reads every portable value with --env-file', () => expectRead('portable', readByNode));
  test('reads every dotenv value with --env-file', () => expectRead('dotenv', readByNode));
});

describe.each(['sh', 'dash', 'bash'])('%s', (shell) => {
  test('reads every portable value', () => expectRead('portable', (path, names) => readByShell(shell, path, names)));
  test('reads every posix value', () => expectRead('posix', (path, names) => readByShell(shell, path, names)));
});

describeReal('python-dotenv', (path) => {
  test('reads every portable value', () => expectRead('portable', (file) => readByPython(path('python-dotenv'), file)));
  test('reads the dotenv values without a backslash, an expansion or back quotes', () => {
    const plain = [...AWKWARD, ...someTexts(300, 11)].filter(
      (text) => !/\\|\$\{/.test(text) && !(text.includes("'") && text.includes('"')),
    );
    expectRead('dotenv', (file) => readByPython(path('python-dotenv'), file), plain);
  });
});

describeReal('fish', (path) => {
  test('reads every fish value', () => expectRead('fish', (file, names) => readByFish(path('fish'), file, names)));
});

describeReal('node-22', (path) => {
  test('reads every dotenv value too', () =>
    expectRead('dotenv', (file, names) => readByNode(file, names, path('node-22'))));
});
