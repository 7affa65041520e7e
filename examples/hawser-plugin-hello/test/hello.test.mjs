// What a plugin's author runs: the built plugin, linked into a hawser with folders of its own.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { runHawser } from '@hawser/cli-kit/testing';

const plugin = fileURLToPath(new URL('..', import.meta.url));
const bin = join(dirname(createRequire(import.meta.url).resolve('@hawser/cli/package.json')), 'bin/hawser.js');
let home;
const hawser = (...args) => runHawser({ bin, args, cwd: home, env: { HOME: home, AWS_REGION: 'eu-west-1' } });

before(async () => {
  home = await mkdtemp(join(tmpdir(), 'hello-'));
  const { exitCode, stderr } = await hawser('plugins', 'link', '--no-install', plugin);
  assert.equal(exitCode, 0, stderr);
});
after(() => rm(home, { recursive: true, force: true }));

test('greets, and remembers', async () => {
  // An id needs no look-up, so this needs no AWS.
  const first = await hawser('hello', 'i-0123456789abcdef0');
  assert.deepEqual([first.stdout, first.exitCode], ['Hello, i-0123456789abcdef0!\n', 0]);
  const second = await hawser('hello', 'i-0123456789abcdef0', '--json');
  assert.deepEqual(second.json, { ok: true, data: { greeted: 'i-0123456789abcdef0', times: 2 }, warnings: [] });
});

test('a missing target is a usage error', async () => {
  const { stderr, exitCode } = await hawser('hello');
  assert.match(stderr, /TARGET is missing\./);
  assert.equal(exitCode, 2);
});
