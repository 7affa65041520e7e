import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';

const root = fileURLToPath(new URL('../..', import.meta.url));
const cache = fileURLToPath(new URL('../../../../.cache/', import.meta.url));

test('the first example of the README runs, and prints what it says', () => {
  const [, example = ''] = /```ts\n([\s\S]*?)```/.exec(readFileSync(join(root, 'README.md'), 'utf8')) ?? [];
  mkdirSync(cache, { recursive: true });
  // Below the repository's cache, where the package cannot be found by name: the example is given its address.
  const folder = realpathSync(mkdtempSync(join(cache, 'readme-')));
  try {
    writeFileSync(
      join(folder, 'example.mjs'),
      example.replace("'@hawser/hf-push'", JSON.stringify(join(root, 'dist/index.js'))),
    );
    const printed = execFileSync(process.execPath, ['example.mjs'], { cwd: folder, encoding: 'utf8' });
    const said = [...example.matchAll(/\/\/ (?:… )?(.*)/g)].map((match) => match[1]);
    const lines = printed.trim().split('\n');
    expect(lines[0]).toBe(`${join(folder, 'my_env')} ${said[0]}`);
    expect(lines[1]).toBe(said[1]);
    expect(lines[2]).toMatch(/^[0-9a-f]{40}$/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
