import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';

const folder = join(import.meta.dirname, '../../../../docs/reference/errors');
const { commands } = JSON.parse(readFileSync(join(import.meta.dirname, '../../oclif.manifest.json'), 'utf8')) as {
  readonly commands: Readonly<Record<string, { readonly aliases: readonly string[]; readonly flags: object }>>;
};

/** Words of a command line of ours that no command or no flag is. */
function wrongWords(line: string): readonly string[] {
  const [own = ''] = line.split(' -- ');
  const words = own
    .split(/\s+/)
    .slice(1)
    .filter((word) => word !== '…');
  const firstFlag = words.findIndex((word) => word.startsWith('-'));
  const named = firstFlag < 0 ? words : words.slice(0, firstFlag);
  const ids = named.map((_, at) => named.slice(0, named.length - at).join(':'));
  const id = ids.find(
    (each) => each in commands || Object.values(commands).some(({ aliases }) => aliases.includes(each)),
  );
  // A topic alone, and what is of oclif and its plugins.
  if (Object.keys(commands).some((each) => each.startsWith(`${named.join(':')}:`))) return [];
  if (id === undefined) return ['plugins', '--help', '--version'].includes(words[0] ?? '') ? [] : [line];
  const { flags } = commands[id] ?? Object.values(commands).find(({ aliases }) => aliases.includes(id))!;
  const known = ['help', 'json', 'debug', 'quiet', ...Object.keys(flags)];
  const said = words.flatMap((word) => /^--(?:no-)?([a-z][a-z-]*)/.exec(word)?.[1] ?? []);
  return said
    .filter((flag) => !known.includes(flag) && !known.includes(`no-${flag}`))
    .map((flag) => `${line}: --${flag}`);
}

test('every command that a page of an error names is one, and takes the flags', () => {
  const wrong = readdirSync(folder).flatMap((name) =>
    [...readFileSync(join(folder, name), 'utf8').matchAll(/`(hawser [^`]+)`/g)].flatMap(([, line = '']) =>
      wrongWords(line).map((word) => `${name}: ${word}`),
    ),
  );
  expect(wrong).toEqual([]);
});
