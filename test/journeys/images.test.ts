import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { describeReal } from '../support/counterparts.js';
import { runToEnd } from '../support/run-to-end.js';
import { root } from '../support/workspace.js';

const files = ['apps/sessions-server/docker/Dockerfile', 'docker/cli/Dockerfile', 'docker/exec-tools/Dockerfile'];

describeReal('hadolint', (path) => {
  test.each(files)('hadolint has nothing to say of %s', (file) => {
    const { status, stdout } = spawnSync(path('hadolint'), [join(root, file)], { encoding: 'utf8' });
    expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
  });
});

describe('the images of sessions, their files laid out as their Dockerfile lays them out', () => {
  const dockerfile = readFileSync(join(root, files[0] ?? ''), 'utf8');
  const folder = mkdtempSync(join(tmpdir(), 'hawser-image-'));
  const bin = join(folder, 'hawser-sessions');

  beforeAll(async () => {
    // The command of the build stage, with another folder.
    const [, words = ''] = /node (scripts\/pnpm\.mjs .*deploy) \/app$/m.exec(dockerfile) ?? [];
    const argv = [...words.split(' '), join(folder, 'app')];
    expect(await runToEnd(process.execPath, argv, { cwd: root })).toMatchObject({ code: 0 });
    const [, target = ''] = /ln -s \/opt\/hawser\/(\S+) \/usr\/local\/bin\/hawser-sessions/.exec(dockerfile) ?? [];
    symlinkSync(join(folder, 'app', target), bin);
  }, 120_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const entries = [...dockerfile.matchAll(/^FROM base AS (\w+)$[^]*?^CMD \["(\w+)"\]$/gm)];
  test.each(entries.map(([, stage, word]) => [stage ?? '', word ?? '']))(
    '%s: its entry point starts, and names every setting it misses',
    async (stage, word) => {
      const ended = await runToEnd(bin, [word], { cwd: folder, env: { PATH: process.env['PATH'], HOME: folder } });
      expect(word).toBe(stage);
      expect(ended).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('HAWSER_SESSIONS_') });
      expect(ended.stderr).not.toMatch(/Cannot find|ERR_MODULE|\n {4}at /);
    },
  );

  test('nothing in them points out of them, and what is only for development stays away', async () => {
    expect(entries).toHaveLength(3);
    const links = await runToEnd('find', [join(folder, 'app'), '-type', 'l', '-lname', '/*'], { cwd: folder });
    expect(links.stdout).toBe('');
    for (const name of ['esbuild', 'yaml', '@hawser'])
      expect({ name, there: existsSync(join(folder, 'app/node_modules', name)) }).toEqual({ name, there: false });
    for (const name of ['pg', 'knex', 'libsql', 'bcrypt', '@lydell/node-pty'])
      expect({ name, there: existsSync(join(folder, 'app/node_modules', name)) }).toEqual({ name, there: true });
  });
});
