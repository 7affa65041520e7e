import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';

const root = join(import.meta.dirname, '../../../..');
const guide = readFileSync(join(root, 'AGENTS.md'), 'utf8');
const { commands } = JSON.parse(readFileSync(join(root, 'apps/cli/oclif.manifest.json'), 'utf8')) as {
  readonly commands: Readonly<
    Record<
      string,
      { readonly hidden?: boolean; readonly flags: object; readonly args: object; readonly aliases: string[] }
    >
  >;
};
const ids = Object.keys(commands).filter((id) => commands[id]?.hidden !== true);

describe('AGENTS.md', () => {
  test('has a row for every command, and none for another', () => {
    const rows = [...guide.matchAll(/^\| `hawser ([^`]+)` \|/gm)].map(([, name = '']) => name.replaceAll(' ', ':'));
    expect(rows.toSorted()).toEqual(ids.toSorted());
  });

  const lines = [...guide.matchAll(/```sh\n([^]*?)```/g)].flatMap(([, block = '']) => block.trim().split('\n'));
  const typed = lines.flatMap((line) => line.split(' -- ').filter((part) => part.startsWith('hawser ')));

  test.each(typed)('%s is a command with these flags', (line) => {
    const words = line.split(' ').slice(1);
    const id = [words.slice(0, 3).join(':'), words.slice(0, 2).join(':'), words[0] ?? ''].find((name) =>
      ids.includes(name),
    );
    expect(id).toBeDefined();
    const known = ['json', ...Object.keys(commands[id ?? '']?.flags ?? {})];
    for (const word of words.filter((each) => each.startsWith('--'))) expect(known).toContain(word.slice(2));
  });
});
