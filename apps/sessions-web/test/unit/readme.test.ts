import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { ModuleKind, ScriptTarget, transpile } from 'typescript';

const home = join(import.meta.dirname, '../..');

test('the example of the README runs, and prints what it says', () => {
  const [, example = ''] = /```ts\n(.*?)```/su.exec(readFileSync(join(home, 'README.md'), 'utf8')) ?? [];
  // Within the package, where its name leads to itself.
  const folder = mkdtempSync(join(home, 'node_modules', 'readme-'));
  try {
    const file = join(folder, 'example.mjs');
    writeFileSync(file, transpile(example, { module: ModuleKind.ESNext, target: ScriptTarget.ES2023 }));
    const { stdout, stderr } = spawnSync(process.execPath, [file], { encoding: 'utf8' });
    const said = [...example.matchAll(/^console\.log\(.*\); \/\/ (.*)$/gm)].map(([, comment]) => `${comment}\n`);
    expect(said.length).toBeGreaterThan(1);
    expect({ stdout, stderr }).toEqual({ stdout: said.join(''), stderr: '' });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
