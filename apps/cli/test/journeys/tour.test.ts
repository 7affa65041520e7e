import { readdirSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { Terminal } from '../../../../test/support/terminal.js';
import { target } from '../support/emulator.js';
import { bin, useHawser } from '../support/hawser.js';

const hawser = useHawser();

test('the tour proves every step and ends with 0 where nobody watches', async () => {
  const { stdout, stderr, exitCode } = await hawser.run(['tour']);
  expect(exitCode).toBe(0);
  expect(stdout).toBe('All 4 steps of the tour were proved.\n');
  expect(stderr).toMatch(/answer-42 from/);
  expect(stderr).toMatch(/gave the page of port \d+ on the target/);
  expect(stderr).toMatch(/ended with 7, its stdout and stderr apart/);
  expect(stderr).toMatch(/sha256 [0-9a-f]{16}… at all three places/);
  expect(readdirSync(hawser.temp).filter((name) => name.startsWith('hawser-tour-'))).toEqual([]);
});

test('--json tells the same to programs', async () => {
  const { json, exitCode } = await hawser.run(['tour', '--json']);
  expect(exitCode).toBe(0);
  expect(json).toMatchObject({ ok: true, data: { target } });
  const { steps } = (json as { data: { steps: { proved: string }[] } }).data;
  expect(steps).toHaveLength(4);
  for (const { proved } of steps) expect(proved).not.toBe('');
});

test('in a terminal the emulator stays up for commands by hand, until Ctrl-C', async () => {
  const { CI: _ci, ...env } = process.env;
  using terminal = new Terminal(process.execPath, [bin, 'tour'], { size: { columns: 160, rows: 50 }, env });
  const [, endpoint] = await terminal.shows(/AWS_ENDPOINT_URL='([^']+)'[^]*Ctrl-C ends it/);
  const emulated = Object.fromEntries(
    [...terminal.screen.matchAll(/export (\w+)='([^']*)'/g)].map(([, name, value]) => [name, value]),
  ) as Record<string, string>;
  expect(await hawser.run(['ssm', 'run', target, '--', 'sh', '-c', 'exit 9'], { env: emulated })).toMatchObject({
    exitCode: 9,
  });
  terminal.type('\x03');
  expect(await terminal.exited).toMatchObject({ exitCode: 0 });
  await expect(fetch(endpoint ?? '')).rejects.toThrow('fetch failed');
});
