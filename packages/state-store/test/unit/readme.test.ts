import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { tempFolder } from '../support/folder.js';

const home = join(import.meta.dirname, '../..');
const readme = readFileSync(join(home, 'README.md'), 'utf8');

test('the example of the README runs, and counts on', async () => {
  const project = await tempFolder();
  // Beside the package's own sources, where its name leads to itself.
  const folder = mkdtempSync(join(home, 'dist', 'readme-'));
  try {
    const file = join(folder, 'example.mjs');
    writeFileSync(file, /```ts\n(.*?)```/su.exec(readme)![1]!);
    for (const visit of [1, 2]) {
      const env = { PATH: process.env['PATH'], HAWSER_STATE_DIR: join(project, 'state') };
      const { stdout, stderr } = spawnSync(process.execPath, [file], { cwd: project, encoding: 'utf8', env });
      expect({ stdout, stderr }).toEqual({
        stdout: `visit ${visit}, stored as revision ${visit} in ${join(project, 'state', 'visits.json')}\n`,
        stderr: '',
      });
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});
