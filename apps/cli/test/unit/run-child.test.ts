import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { runChild } from '../../src/wiring/run-child.js';

const folder = mkdtempSync(join(tmpdir(), 'hawser-run-child-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const env = { PATH: process.env['PATH'] ?? '' };

test('a command that does not end when its time is up is killed', async () => {
  const ready = join(folder, 'ready');
  const script = `trap '' TERM; : > '${ready}'; while :; do sleep 1; done`;
  const time = new AbortController();
  const ran = runChild({
    command: ['sh', '-c', script],
    env,
    signal: time.signal,
    onEnd: () => undefined,
    graceMs: 10,
  });
  while (!existsSync(ready)) await new Promise(setImmediate);
  time.abort(new Error('its time is up'));
  expect(await ran).toBe(137);
});

test('a command that is started when its time is up already is told so', async () => {
  const signal = AbortSignal.abort(new Error('its time is up'));
  const command = ['sh', '-c', 'sleep 60'];
  expect(await runChild({ command, env, signal, onEnd: () => undefined })).toBe(143);
});
