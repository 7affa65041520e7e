import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { CLIENT_VERSION } from '@hawser/ssm-channel/codec';

const root = fileURLToPath(new URL('../..', import.meta.url));
const dist = join(root, 'dist');
const bundle = join(dist, 'session-manager-plugin.cjs');

test('is one file that needs nothing beside Node', () => {
  expect(readdirSync(dist)).toEqual(['session-manager-plugin.cjs']);
  expect(readFileSync(bundle, 'utf8')).not.toContain('oclif');
  const folder = mkdtempSync(join(tmpdir(), 'hawser-bundle-'));
  try {
    const alone = join(folder, 'alone.cjs');
    copyFileSync(bundle, alone);
    // Help lies in the part with the sessions, which brings everything but the AWS clients.
    const run = `require(${JSON.stringify(alone)}).main(['--help'])`;
    expect(execFileSync(process.execPath, ['--eval', run], { cwd: folder, encoding: 'utf8' })).toMatch(/^Usage:/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('the version is answered without the bundle, and is the one stated in sessions', () => {
  const { officialVersion } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    officialVersion: string;
  };
  expect(officialVersion).toBe(CLIENT_VERSION);
  const watch = `
    process.argv.push('--version');
    require(${JSON.stringify(join(root, 'bin/session-manager-plugin.cjs'))});
    if (require.cache[${JSON.stringify(bundle)}]) throw new Error('the bundle was read');
  `;
  expect(execFileSync(process.execPath, ['--eval', watch, 'bin'], { encoding: 'utf8' })).toBe(`${CLIENT_VERSION}\n`);
});

test('the probe of ecs execute-command compiles nothing but the entry', () => {
  const watch = `
    require('node:vm').compileFunction = () => { throw new Error('a part was compiled'); };
    require(${JSON.stringify(bundle)}).main([]);
  `;
  expect(execFileSync(process.execPath, ['--eval', watch], { encoding: 'utf8' })).toMatch(/installed successfully/);
});
