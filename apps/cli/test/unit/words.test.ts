import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';

interface Flag {
  readonly name: string;
  readonly char?: string;
  readonly type: 'boolean' | 'option';
  readonly helpValue?: string | string[];
  readonly helpGroup?: string;
  readonly summary?: string;
  readonly description?: string;
  readonly hidden?: boolean;
  readonly aliases?: readonly string[];
}

interface Command {
  readonly id: string;
  readonly summary?: string;
  readonly hiddenAliases?: readonly string[];
  readonly examples?: readonly string[];
  readonly flags: Readonly<Record<string, Flag>>;
}

const root = join(import.meta.dirname, '../../../..');
const { commands } = JSON.parse(readFileSync(join(root, 'apps/cli/oclif.manifest.json'), 'utf8')) as {
  readonly commands: Readonly<Record<string, Command>>;
};
const words = readFileSync(join(root, 'docs/reference/words.md'), 'utf8');
const all = Object.values(commands);
const shown = all.flatMap(({ id, flags }) =>
  Object.values(flags)
    .filter(({ hidden }) => !hidden)
    .map((flag) => ({ id, flag })),
);

/** The rows of one table of the page. */
function table(title: string): readonly (readonly string[])[] {
  const section = words.split(`## ${title}\n`)[1]?.split('\n## ')[0] ?? '';
  return section
    .split('\n')
    .filter((line) => line.startsWith('| ') && !/^\| (?:Flag|Verb|Value|Older) /.test(line))
    .map((line) => line.slice(2, -2).split(' | '));
}

const quoted = (cell = ''): string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, text = '']) => text);

describe('flags', () => {
  test('that are known are spelled as the table says, everywhere', () => {
    for (const [cell] of table('Flags')) {
      const [long = '', char] = quoted(cell);
      const [name = '', value] = long.replace('--', '').split(' ');
      const uses = shown.filter(({ flag }) => flag.name === name);
      expect([name, uses.length > 0]).toEqual([name, true]);
      for (const { id, flag } of uses) {
        const spelled = [id, flag.type, flag.char, value === undefined ? undefined : [flag.helpValue].flat().join(' ')];
        const wanted = [id, value === undefined ? 'boolean' : 'option', char?.replace('-', ''), value];
        expect(spelled).toEqual(wanted);
      }
    }
  });

  test('that would be another word for a known thing there are none', () => {
    const others = table('Flags').flatMap(([, , not]) => quoted(not).map((flag) => flag.replace('--', '')));
    expect(
      shown.filter(({ flag }) => others.includes(flag.name)).map(({ id, flag }) => `${id} --${flag.name}`),
    ).toEqual([]);
  });

  test('have a summary that begins and ends alike, and stand in groups', () => {
    for (const { id, flag } of shown) {
      // That of --json is oclif's own.
      if (flag.name === 'json') continue;
      const summary = flag.summary ?? flag.description ?? '';
      expect([id, flag.name, summary]).toEqual([id, flag.name, expect.stringMatching(/^[A-Z'][^]*\.$/)]);
      expect([id, flag.name, summary]).toEqual([id, flag.name, expect.not.stringMatching(/Default [^:]|default is/)]);
      const isGlobal = ['quiet', 'debug'].includes(flag.name);
      if (isGlobal) expect([id, flag.helpGroup]).toEqual([id, 'GLOBAL']);
    }
  });
});

test('verbs that would be another word for a known thing there are none', () => {
  const others = table('Verbs').flatMap(([, , not]) => quoted(not));
  const verbs = all.map(({ id }) => id.split(':').at(-1) ?? '');
  // `plugins add` is a word of oclif.
  expect(verbs.filter((verb) => others.includes(verb))).toEqual([]);
});

test('older spellings are hidden and known', () => {
  const command = (id: string): Command | undefined => commands[id];
  expect(command('exec:destroy')?.flags['yes']?.aliases).toContain('force');
  expect(command('exec:init')?.flags['dry-run']?.aliases).toContain('plan');
  expect(command('net:up')?.flags['host']?.aliases).toEqual(expect.arrayContaining(['target', 'instance']));
  expect(command('net:down')?.flags['set']?.aliases).toContain('label');
  expect(command('completion')?.hiddenAliases).toEqual(['autocomplete', 'autocomplete:script']);
});
