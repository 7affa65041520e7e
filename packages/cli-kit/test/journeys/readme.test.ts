import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { runHawser } from '@hawser/cli-kit/testing';
import ts from 'typescript';

const kit = join(import.meta.dirname, '../..');
const bin = join(dirname(createRequire(import.meta.url).resolve('@hawser/cli/package.json')), 'bin/hawser.js');
let home = '';
const hawser = (...args: string[]) => runHawser({ bin, args, cwd: home, env: { HOME: home } });

/** The example of the README, compiled and linked as a plugin. */
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'cli-kit-readme-'));
  const [, example = ''] = /```ts\n([^]*?)```/.exec(await readFile(join(kit, 'README.md'), 'utf8')) ?? [];
  const { outputText } = ts.transpileModule(example, {
    compilerOptions: { target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.ESNext, verbatimModuleSyntax: true },
  });
  await mkdir(join(home, 'plugin/commands'), { recursive: true });
  await mkdir(join(home, 'plugin/node_modules/@hawser'), { recursive: true });
  await symlink(kit, join(home, 'plugin/node_modules/@hawser/cli-kit'));
  await writeFile(join(home, 'plugin/commands/greet.js'), outputText);
  const commands = { strategy: 'pattern', target: './commands', globPatterns: ['**/*.js'] };
  const manifest = { name: 'hawser-plugin-greet', version: '1.0.0', type: 'module', oclif: { commands } };
  await writeFile(join(home, 'plugin/package.json'), JSON.stringify(manifest));
  expect(await hawser('plugins', 'link', '--no-install', join(home, 'plugin'))).toMatchObject({ exitCode: 0 });
});
afterAll(() => rm(home, { recursive: true, force: true }));

test('the example of the README is a whole command', async () => {
  expect(await hawser('greet', 'i-0123456789abcdef0')).toMatchObject({
    stdout: 'Hello, i-0123456789abcdef0!\n',
    exitCode: 0,
  });
  const { json } = await hawser('greet', 'i-0123456789abcdef0', '--json');
  expect(json).toEqual({ ok: true, data: { greeted: 'i-0123456789abcdef0' }, warnings: [] });
  expect(await hawser('greet')).toMatchObject({ exitCode: 2 });
});
