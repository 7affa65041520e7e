import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Program } from '../support/program.js';

const script = join(import.meta.dirname, '../../scripts/counterparts.mjs');
let folder: string;
beforeEach(() => {
  // A checkout in which nothing was ever installed.
  folder = mkdtempSync(join(tmpdir(), 'hawser-counterparts-'));
  mkdirSync(join(folder, 'scripts'));
  copyFileSync(script, join(folder, 'scripts/counterparts.mjs'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('what is missing is named with the command that brings it, and is no failure', async () => {
  await using run = look({ PATH: dirname(process.execPath) });
  expect(await run.ended).toEqual({ code: 0, signal: null });
  expect(run.stderr).toMatch(
    /^not run: tests with aws-cli-v1, which is not here\. To have it: node scripts\/counterparts\.mjs --install$/m,
  );
  const state = JSON.parse(readFileSync(join(folder, '.cache/counterparts/state.json'), 'utf8')) as { missing: object };
  expect(Object.keys(state.missing)).toContain('aws-cli-v1');
});

test('under CI it is a failure', async () => {
  await using run = look({ PATH: dirname(process.execPath), CI: '1' });
  expect(await run.ended).toEqual({ code: 1, signal: null });
});

function look(env: NodeJS.ProcessEnv): Program {
  return new Program(process.execPath, [join(folder, 'scripts/counterparts.mjs')], { env });
}
