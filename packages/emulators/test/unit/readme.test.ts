import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
const cache = fileURLToPath(new URL('../../../../.cache/', import.meta.url));

test('the example of the README runs', () => {
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'readme-'));
  try {
    const file = join(folder, 'example.mjs');
    writeFileSync(file, /```ts\n(.*?)```/su.exec(readme)![1]!);
    const environment = { PATH: process.env['PATH'], AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' };
    const { stdout, stderr, status } = spawnSync(process.execPath, [file], { encoding: 'utf8', env: environment });
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
    expect(stdout).toContain('i-0123456789abcdef0 is Connected');
  } finally {
    rmSync(folder, { recursive: true });
  }
});
