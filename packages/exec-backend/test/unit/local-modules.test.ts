import { expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { processesGone, supervisorProgram } from '../support/local-service.js';

/** Says the address of each module that is imported. */
const hooks = `
import { writeSync } from 'node:fs';
export async function load(url, context, next) { writeSync(1, url + '\\n'); return next(url, context); }
`;
const tracer = `import { register } from 'node:module'; register(${JSON.stringify(dataUrl(hooks))});`;

const program = `
import { createRequire } from 'node:module';
import { openLocalBackend } from '@hawser/exec-backend/local';
const [folder, ...supervisor] = process.argv.slice(1);
const backend = await openLocalBackend({ folder, supervisor, version: '0' });
const call = (method, path, body) => backend.handle(new Request('http://local.invalid' + path, {
  method, body, headers: { 'x-api-key': backend.apiKey, 'content-type': 'application/json' } }));
await call('POST', '/executions', JSON.stringify({ no_repo: true, isolation: 'process', command: 'true' }));
await call('GET', '/executions');
await backend.sweep();
await backend.close();
for (const path of Object.keys(createRequire('file:///').cache)) console.log('file://' + path);
`;

function dataUrl(source: string): string {
  return `data:text/javascript,${encodeURIComponent(source)}`;
}

test('a local backend loads nothing of AWS, no slow hash, and little else', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'hawser-modules-'));
  try {
    const loaded = execFileSync(
      process.execPath,
      ['--import', dataUrl(tracer), '--input-type=module', '-e', program, folder, ...supervisorProgram],
      { encoding: 'utf8', cwd: new URL('../..', import.meta.url), stdio: ['ignore', 'pipe', 'inherit'] },
    ).split('\n');
    const files = loaded.filter((url) => url.startsWith('file:'));
    expect(files.some((url) => url.endsWith('/local/open.js'))).toBe(true);
    expect(files.filter((url) => /aws-sdk|smithy|bcrypt|simple-git|\/yaml\/|\/ajv\/|fflate/.test(url))).toEqual([]);
    expect(files.filter((url) => url.includes('/exec-backend/dist/aws/'))).toEqual([]);
    expect(files.length).toBeLessThan(140);
  } finally {
    // The command outlives who started it.
    await processesGone(folder);
    rmSync(folder, { recursive: true, force: true });
  }
});
