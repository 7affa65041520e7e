import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';

/** What a fresh process loads, beyond Node itself, when it runs the code. */
function loadedBy(code: string): string[] {
  const register = `
    import { registerHooks, register } from 'node:module';
    register('data:text/javascript,' + encodeURIComponent(\`
      import { writeSync } from 'node:fs';
      export async function load(url, context, next) { writeSync(1, url + '\\\\n'); return next(url, context); }
    \`));`.replace('registerHooks, ', '');
  const preload = `data:text/javascript,${encodeURIComponent(register)}`;
  const stdout = execFileSync(process.execPath, ['--import', preload, '--input-type=module', '--eval', code], {
    cwd: join(import.meta.dirname, '../..'),
    encoding: 'utf8',
  });
  return stdout.split('\n').filter((line) => line.startsWith('file:'));
}

test('importing the package loads its own modules and nothing else: no ajv, no YAML, no TOML', () => {
  const loaded = loadedBy("await import('@hawser/state-store')");
  // Each file costs half a millisecond: this is how the import stays below 5.
  expect(loaded.length).toBeLessThanOrEqual(7);
  expect(loaded.filter((url) => !url.includes('/packages/state-store/dist/'))).toEqual([]);
  expect(loaded.filter((url) => url.includes('/foreign/'))).toEqual([]);
});

test('the foreign files do not load a parser before one is needed, and then only that one', () => {
  const parsersOf = (urls: string[]): string[] =>
    [
      ...new Set(
        urls.map((url) => /node_modules\/(?:\.pnpm\/[^/]+\/node_modules\/)?(yaml|smol-toml|ajv)\//.exec(url)?.[1]),
      ),
    ].filter((name) => name !== undefined);
  const open = (format: string): string =>
    `const { openForeign } = await import('@hawser/state-store/foreign'); await openForeign({ path: '/nowhere/file', format: '${format}' }).read();`;
  expect(parsersOf(loadedBy("await import('@hawser/state-store/foreign')"))).toEqual([]);
  expect(parsersOf(loadedBy(open('toml')))).toEqual(['smol-toml']);
  expect(parsersOf(loadedBy(open('kubeconfig')))).toEqual(['yaml']);
  expect(parsersOf(loadedBy(open('dotenv')))).toEqual([]);
});

test('ajv is loaded for a document without a generated validator, and not for one with it', () => {
  const read = (validate: string): string => `
    const { defineDocument, openStore } = await import('@hawser/state-store');
    const definition = defineDocument({ name: 'x', version: 1, schema: { type: 'object' }, ${validate} default: () => ({}) });
    await openStore({ from: '/nowhere', env: {} }).document(definition).read();`;
  const ajv = (urls: string[]): boolean => urls.some((url) => url.includes('/ajv/'));
  expect(ajv(loadedBy(read('validate: () => true,')))).toBe(false);
  expect(ajv(loadedBy(read('')))).toBe(true);
});
