import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
/** Beside the package's own files, where the names it imports lead somewhere. */
const built = fileURLToPath(new URL('../../dist/', import.meta.url));

const examples = [...readme.matchAll(/```ts\n(.*?)```/gsu)].map(([, code = '']) => code);

test.each([
  ['of Session Manager', examples[0], 'i-0123456789abcdef0 is Connected'],
  ['of the Hub', examples[1], 'fetch failed\n2\n'],
  ['of GitHub', examples.find((code) => code.includes('startGithubEmulator')), 'total_count: 1'],
  ['of AWS', examples.find((code) => code.includes('startAwsEmulator')), "'cloudformation:CreateStack'"],
  ['of Kubernetes', examples.find((code) => code.includes('startKubeEmulator')), "{ phase: 'Running' }"],
])('the example of the README runs: %s', (_, code = '', expected) => {
  const folder = mkdtempSync(join(built, 'readme-'));
  try {
    const file = join(folder, 'example.mjs');
    writeFileSync(file, code);
    const environment = { PATH: process.env['PATH'], AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' };
    const { stdout, stderr, status } = spawnSync(process.execPath, [file], { encoding: 'utf8', env: environment });
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
    expect(stdout).toContain(expected);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('there is no example that nobody runs', () => expect(examples).toHaveLength(5));
