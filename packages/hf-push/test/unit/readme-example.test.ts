import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { runToEnd } from '../../../../test/support/run-to-end.js';
import { startHub } from '../support/hub.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const cache = fileURLToPath(new URL('../../../../.cache/', import.meta.url));
const examples = [...readFileSync(join(root, 'README.md'), 'utf8').matchAll(/```ts\n([\s\S]*?)```/g)];
let folder = '';

beforeAll(() => {
  mkdirSync(cache, { recursive: true });
  // Below the repository's cache, where the package cannot be found by name: the examples are given its address.
  folder = realpathSync(mkdtempSync(join(cache, 'readme-')));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs one of the examples; answers with the lines it printed, and those it says it prints. */
async function run(index: number, env: NodeJS.ProcessEnv = {}): Promise<{ printed: string[]; said: string[] }> {
  const example = examples[index]?.[1] ?? '';
  const file = `example-${index}.mjs`;
  writeFileSync(join(folder, file), example.replace("'@hawser/hf-push'", JSON.stringify(join(root, 'dist/index.js'))));
  const { PATH } = process.env;
  const ended = await runToEnd(process.execPath, [file], { cwd: folder, env: { PATH, HOME: folder, ...env } });
  expect(ended).toMatchObject({ code: 0, stderr: '' });
  const said = [...example.matchAll(/console\.log\(.*\/\/ (?:… )?(.*)/g)].map((match) => match[1] ?? '');
  return { printed: ended.stdout.trim().split('\n'), said };
}

test('the examples of the README run one after the other, and print what they say', async () => {
  const local = await run(0);
  expect(local.printed[0]).toBe(`${join(folder, 'my_env')} ${local.said[0]}`);
  expect(local.printed[1]).toBe(local.said[1]);
  expect(local.printed[2]).toMatch(/^[0-9a-f]{40}$/);

  const emulator = await startHub();
  const hub = await run(1, emulator.env);
  expect(hub.printed).toEqual(hub.said);
  expect(emulator.head('hawser/my_env')?.commits).toBe(4);
});
