import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ENV_FORMATS, envFormats } from '../../src/env/formats/index.js';
import type { EnvFormatName } from '../../src/env/formats/format.js';
import { readByDockersRule, readByDotenv, readByGithubsRule, readBySystemdsRule } from '../support/env-readers.js';

/** Any text, and texts made of what is special somewhere. */
const texts = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom(...'\'"`\\$#={}; \t\n\r%!~*?&|<>()é‘’‚‛\u2028x'.split('')) }),
  fc.string({ unit: fc.constantFrom(...'abcXYZ019_@%+=:,./-'.split('')) }),
);
const values = fc.dictionary(fc.stringMatching(/^[A-Z_][A-Z0-9_]{0,8}$/), texts, { maxKeys: 6 });

/** What of the values a format takes, and the file it makes of them. */
function written(name: EnvFormatName, wanted: Readonly<Record<string, string>>) {
  const format = envFormats[name];
  const held = Object.entries(wanted).filter(([, value]) => format.refuse(value) === undefined);
  const lines = held.map(([key, value]) => format.render(key, value));
  const text = name === 'json' ? `{${lines.join(',')}}` : lines.join('');
  return { held: Object.fromEntries(held), text };
}

/** Readers that are functions of a text; programs are in the tests with real readers. */
const readers: Readonly<Record<EnvFormatName, readonly ((text: string) => Readonly<Record<string, string>>)[]>> = {
  portable: [readByDotenv, readByDockersRule, readBySystemdsRule, readByGithubsRule],
  posix: [],
  dotenv: [readByDotenv],
  docker: [readByDockersRule],
  json: [(text) => JSON.parse(text) as Record<string, string>],
  github: [readByGithubsRule],
  systemd: [readBySystemdsRule],
  fish: [],
  powershell: [],
};

describe.each(ENV_FORMATS)('the format %s', (name) => {
  const format = envFormats[name];

  test('reads back every value that it takes, whatever Unicode it is made of', () => {
    fc.assert(
      fc.property(values, (wanted) => {
        const { held, text } = written(name, wanted);
        expect(Object.fromEntries(format.scan(text).map((entry) => [entry.name, entry.value]))).toEqual(held);
        for (const read of readers[name]) expect({ ...read(text) }).toEqual(held);
      }),
      { numRuns: 400 },
    );
  });

  test('finds entries where they are, so that the text around them stays', () => {
    if (name === 'json') return;
    const [first, second] = [format.render('FIRST', 'one'), format.render('SECOND', 'two')];
    const text = `${first}${format.hasComments ? '# a comment with NAME=value\n' : ''}\n${second}`;
    expect(format.scan(text).map(({ name: found, start, end }) => [found, text.slice(start, end)])).toEqual([
      ['FIRST', first],
      ['SECOND', second],
    ]);
  });

  test('scans any text without throwing or hanging', () => {
    if (name === 'json') return;
    fc.assert(
      fc.property(texts, (text) => {
        for (const { start, end } of format.scan(text)) expect(start).toBeLessThan(end);
      }),
    );
    expect(format.scan('A="'.repeat(3_000)).length).toBeLessThan(3_001);
  });

  test('refuses what no environment can hold', () => {
    expect(format.refuse('a\0b')).toContain('NUL');
    expect(format.refuse('\uD800')).toContain('Unicode');
  });
});

test('no value for GitHub can end itself early: nobody knows the delimiter before', () => {
  const delimiterOf = (text: string) => /^NAME<<(.+)\n/.exec(text)?.[1] ?? '';
  const first = envFormats.github.render('NAME', 'a\nb');
  const replayed = envFormats.github.render('NAME', `a\n${delimiterOf(first)}\nEVIL=1`);
  expect(delimiterOf(first)).toMatch(/^hawser_[0-9a-f-]{36}$/);
  expect(readByGithubsRule(replayed)).toEqual({ NAME: `a\n${delimiterOf(first)}\nEVIL=1` });
});

describe('what each format refuses', () => {
  test.each<[EnvFormatName, string, RegExp | undefined]>([
    ['portable', 'two words', /quotes/],
    ['portable', 'https://x.example:4200/api?a=1', /quotes/],
    ['portable', 'http://127.0.0.1:4200/api', undefined],
    ['posix', "it's $HOME `x` \\ \n", undefined],
    ['dotenv', '\'"`', /quotes of all kinds/],
    ['dotenv', 'a\rb', /carriage return/],
    ['dotenv', 'C:\\ x\\', /backslash/],
    ['docker', 'two\nlines', /line break/],
    ['docker', 'x\r', /carriage return/],
    ['docker', 'x'.repeat(70_000), /longer/],
    ['github', 'two\nlines', undefined],
    ['github', 'x\r', /carriage return/],
    ['systemd', 'bell\u0007', /control/],
    ['systemd', 'tab\tand\nline', undefined],
    ['powershell', '', /empty/],
    ['fish', '', undefined],
    ['json', '\u0007', undefined],
  ])('%s: %j', (name, value, why) => {
    const refused = envFormats[name].refuse(value);
    if (why === undefined) expect(refused).toBeUndefined();
    else expect(refused).toMatch(why);
  });
});
