import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { runToEnd } from '../../../../test/support/run-to-end.js';
import { CtxPlace } from '../support/ctx-place.js';

const root = join(import.meta.dirname, '../..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');

test('the example of the README runs, and has nothing to do twice', async () => {
  const at = new CtxPlace();
  // Beside the package's own files, where the names it imports lead somewhere.
  const folder = mkdtempSync(join(root, 'dist', 'readme-'));
  try {
    const file = join(folder, 'example.mjs');
    writeFileSync(file, /```ts\n(.*?)```/su.exec(readme)![1]!);
    const env = { PATH: process.env['PATH'], HOME: at.home };
    const first = await runToEnd(process.execPath, [file], { cwd: at.project, env });
    expect(first).toEqual({
      code: 0,
      stdout: expect.stringMatching(/\+\[profiles\.staging\][^]*2 files changed\n$/),
      stderr: '',
    });
    const second = await runToEnd(process.execPath, [file], { cwd: at.project, env });
    expect(second).toEqual({ code: 0, stdout: '0 files changed\n', stderr: '' });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
