import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { target, useEmulator } from '../support/emulator.js';
import { useHawser } from '../support/hawser.js';
import { startRegistry } from '../support/registry.js';

const hawser = useHawser();
const aws = useEmulator();
const plugin = join(import.meta.dirname, '../../../../examples/hawser-plugin-hello');

describe('a plugin of somebody else', () => {
  test('is installed from its packed tarball through a registry, runs, and is removed', async () => {
    const temp = await mkdtemp(join(tmpdir(), 'hawser-packed-'));
    try {
      await using registry = await startRegistry([plugin], temp);
      const env = {
        ...aws.env,
        XDG_DATA_HOME: join(hawser.home, 'data'),
        HAWSER_NPM_REGISTRY: registry.url,
        npm_config_registry: registry.url,
        npm_config_cache: join(temp, 'npm'),
        npm_config_userconfig: join(temp, 'npmrc'),
      };
      const installed = await hawser.run(['plugins', 'install', 'hawser-plugin-hello'], { env });
      expect(installed).toMatchObject({ exitCode: 0 });

      const hello = await hawser.run(['hello', 'tag:Role=web'], { env });
      expect([hello.stdout, hello.exitCode]).toEqual(['Hello, web-1.internal!\n', 0]);
      const again = await hawser.run(['hello', target, '--json'], { env });
      expect(again.json).toEqual({ ok: true, data: { greeted: target, times: 2 }, warnings: [] });

      // Its copy of the library is not ours, and its errors are shown all the same.
      const refused = await hawser.run(['hello', 'worker', '--json'], { env });
      expect(refused.json).toMatchObject({ ok: false, error: { code: 'HAWSER_SSM_TARGET_AMBIGUOUS', exitCode: 2 } });
      const mistyped = await hawser.run(['helo', target], { env });
      expect(mistyped.stderr).toContain('Did you mean hawser hello?');
      const { stdout: help } = await hawser.run(['hello', '--help'], { env });
      expect(help).toContain('Greet a managed node.');

      expect(await hawser.run(['plugins', 'uninstall', 'hawser-plugin-hello'], { env })).toMatchObject({ exitCode: 0 });
      expect(await hawser.run(['hello', target], { env })).toMatchObject({ exitCode: 2 });
    } finally {
      await rm(temp, { recursive: true, force: true });
    }
  }, 180_000);

  test('is linked while its author works on it', async () => {
    const env = { ...aws.env, XDG_DATA_HOME: join(hawser.home, 'linked') };
    expect(await hawser.run(['plugins', 'link', '--no-install', plugin], { env })).toMatchObject({ exitCode: 0 });
    expect(await hawser.run(['plugins'], { env })).toMatchObject({
      stdout: expect.stringContaining('hawser-plugin-hello'),
    });
    const hello = await hawser.run(['hello', target], { env, cwd: await mkdtemp(join(hawser.temp, 'project-')) });
    expect([hello.stdout, hello.exitCode]).toEqual([`Hello, ${target}!\n`, 0]);
    expect(await hawser.run(['plugins', 'unlink', 'hawser-plugin-hello'], { env })).toMatchObject({ exitCode: 0 });
    expect(await hawser.run(['hello', target], { env })).toMatchObject({ exitCode: 2 });
  });

  test('passes the tests that its author wrote', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, ['--test', 'test'], { cwd: plugin });
    expect(stdout).toMatch(/# pass 2\n# fail 0\n/);
  });

  test('a plugin that does not exist is an error, not a bug: HAWSER_CLI_COMMAND_FAILED', async () => {
    const env = {
      XDG_DATA_HOME: join(hawser.home, 'none'),
      npm_config_registry: 'http://127.0.0.1:1',
      HAWSER_NPM_REGISTRY: 'http://127.0.0.1:1',
      npm_config_fetch_retries: '0',
    };
    const { stderr, exitCode } = await hawser.run(['plugins', 'install', 'hawser-plugin-that-is-nowhere'], { env });
    expect(stderr).toContain('✗ ');
    expect(stderr).not.toContain('This is a bug');
    expect(exitCode).toBe(1);
  });
});
