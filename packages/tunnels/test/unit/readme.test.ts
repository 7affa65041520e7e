import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { tunnelsErrors } from '../../src/errors.js';
import { Program } from '../../../../test/support/program.js';
import { Project } from '../support/project.js';

const home = join(import.meta.dirname, '../..');
const readme = readFileSync(join(home, 'README.md'), 'utf8');

test('the example of the README runs', async () => {
  await using project = await Project.make();
  // Beside the package's own sources, where its name leads to itself.
  const folder = mkdtempSync(join(home, 'dist', 'readme-'));
  try {
    const example = /```ts\n(.*?)```/su
      .exec(readme)![1]!
      .replace(/^import type .*$/mu, '')
      .replace(/ as AddressInfo/u, '');
    const file = join(folder, 'example.mjs');
    writeFileSync(file, example);
    const program = new Program(process.execPath, [file], { cwd: project.where.from, env: project.env });
    expect(await program.ended).toEqual({ code: 0, signal: null });
    expect(program.stderr).toBe('');
    expect(program.text).toMatch(/^http:\/\/127\.0\.0\.1:\d+ ready ok\n$/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('asking a supervisor loads no provider, nothing of a supervisor, and starts nothing', () => {
  const script = `
    const before = process.moduleLoadList.length;
    await import('@hawser/tunnels/supervisor');
    const loaded = process.moduleLoadList.slice(before).filter((name) => /child_process|http|tls/.test(name));
    console.log(JSON.stringify({ loaded, timers: process.getActiveResourcesInfo().filter((name) => name === 'Timeout') }));
  `;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    cwd: home,
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  expect(JSON.parse(stdout)).toEqual({ loaded: [], timers: [] });
});

test('every code has an exit code and a hint that is a sentence', () => {
  for (const [code, { exitCode, hint }] of Object.entries(tunnelsErrors)) {
    expect(code).toMatch(/^HAWSER_NET_[A-Z_]+$/);
    expect([1, 2]).toContain(exitCode);
    expect(hint).toMatch(/^\S.*\.$/);
  }
});
