import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { ModuleKind, ScriptTarget, transpile } from 'typescript';
import { execBackendErrors } from '../../src/errors.js';

const home = join(import.meta.dirname, '../..');
const readme = readFileSync(join(home, 'README.md'), 'utf8');

test('the example of the README runs a command on this machine, and prints what it says', () => {
  const [, example = ''] = /```ts\n(.*?)```/su.exec(readme) ?? [];
  // Beside the package's own build, where its name leads to itself.
  const folder = mkdtempSync(join(home, 'dist', 'readme-'));
  try {
    const file = join(folder, 'example.mjs');
    writeFileSync(file, transpile(example, { module: ModuleKind.ESNext, target: ScriptTarget.ES2023 }));
    const env = { ...process.env, TMPDIR: folder };
    const { stdout, stderr } = spawnSync(process.execPath, [file], { encoding: 'utf8', env });
    const said = [...example.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)].map(([, comment]) => `${comment}\n`);
    expect(said.length).toBeGreaterThan(1);
    expect({ stdout, stderr }).toEqual({ stdout: said.join(''), stderr: '' });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('the README names every code that can be thrown', () => {
  for (const code of Object.keys(execBackendErrors)) expect(readme).toContain(`\`${code}\``);
});
