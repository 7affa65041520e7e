import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Program } from '../../../../test/support/program.js';
import { dropInWords, World } from '../support/plugin.js';

const script = fileURLToPath(new URL('../../sea.mjs', import.meta.url));

let world: World;
let executable: string;
beforeAll(async () => {
  world = await World.start();
  executable = join(world.folder, 'session-manager-plugin-alone');
  const { status, stderr } = spawnSync(process.execPath, [script, executable], { encoding: 'utf8' });
  expect({ status, stderr }).toMatchObject({ status: 0 });
}, 120_000);
afterAll(async () => {
  await world[Symbol.asyncDispose]();
});

test('the plugin as one executable, where there is no Node: says its version and runs a session as the AWS CLI calls it', async () => {
  const env = { ...world.env, PATH: '/nonexistent' };
  await using version = new Program(executable, ['--version'], { env });
  await version.ended;
  expect([version.text, version.stderr]).toEqual(['1.2.896.0\n', '']);

  const session = await world.session();
  await using run = new Program(executable, dropInWords(world, session), { env });
  await run.shows(/Starting session with SessionId: .*\n[^]*\$ /);
  run.type('echo "$((6 * 7)) is said"; exit\n');
  await run.shows(/42 is said/);
  expect(await run.ended).toEqual({ code: 0, signal: null });
  expect(run.stderr).toBe('');
});
