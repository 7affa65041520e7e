import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { describeReal } from '../../../../test/support/counterparts.js';
import { runToEnd, type Ended } from '../../../../test/support/run-to-end.js';
import { file, readme, useHub } from '../support/hub.js';

const helper = { name: 'helper', token: 'hf_helper' } as const;
const bench = useHub({ accounts: [{ name: 'hawser', token: 'hf_writer' }, helper] });

describeReal(['git', 'git-lfs'], (path) => {
  let home = '';
  let space = '';
  let runs = 0;
  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'hub-git-'));
    await git(['config', '--global', 'user.name', 'Somebody']);
    await git(['config', '--global', 'user.email', 'somebody@example.com']);
    await git(['lfs', 'install']);
  });
  afterAll(async () => await rm(home, { recursive: true, force: true }));
  beforeEach(async () => {
    space = await bench.space();
    const oid = await bench.store(space, Buffer.from('\0content of LFS'));
    await bench.commit(space, [
      file('README.md', readme),
      file('src/app.py', 'x = 1\n'),
      { key: 'lfsFile', value: { path: 'data.bin', algo: 'sha256', oid, size: 15 } },
    ]);
  });

  async function git(args: readonly string[], cwd: string = home): Promise<Ended> {
    return await runToEnd(path('git'), args, {
      cwd,
      env: { PATH: process.env['PATH'], HOME: home, TMPDIR: home, GIT_TERMINAL_PROMPT: '0', GIT_CONFIG_NOSYSTEM: '1' },
    });
  }
  const address = (token?: string): string =>
    `http://${token === undefined ? '' : `hawser:${token}@`}${new URL(bench.hub.endpoint).host}/spaces/${space}`;
  async function clone(
    options: readonly string[] = [],
    token?: string,
  ): Promise<{ readonly folder: string; readonly ended: Ended }> {
    runs += 1;
    const folder = join(home, `clone-${runs}`);
    return { folder, ended: await git(['clone', '-q', ...options, address(token), folder]) };
  }
  async function cloned(options: readonly string[] = [], token?: string): Promise<string> {
    const { folder, ended } = await clone(options, token);
    expect(ended).toEqual({ code: 0, stdout: '', stderr: '' });
    return folder;
  }
  async function commit(folder: string, files: Readonly<Record<string, string | Buffer>>): Promise<void> {
    for (const [name, content] of Object.entries(files)) {
      await mkdir(join(folder, name, '..'), { recursive: true });
      await writeFile(join(folder, name), content);
    }
    await git(['add', '-A'], folder);
    expect((await git(['commit', '-q', '-m', 'Change'], folder)).code).toBe(0);
  }

  describe('cloning', () => {
    test.each([
      ['with protocol version 2', ['-c', 'protocol.version=2']],
      ['with protocol version 0', ['-c', 'protocol.version=0']],
      ['only the last commit', ['--depth', '1']],
      ['without the blobs at first', ['--filter=blob:none']],
    ])('%s', async (_, options) => {
      const folder = await cloned(options);
      expect((await git(['rev-parse', 'HEAD', 'HEAD^{tree}'], folder)).stdout.split('\n').slice(0, 2)).toEqual([
        bench.hub.head(space)?.commit,
        bench.hub.head(space)?.tree,
      ]);
      expect(await readFile(join(folder, 'data.bin'), 'utf8')).toBe('\0content of LFS');
      expect((await git(['status', '--porcelain'], folder)).stdout).toBe('');
    });

    test('a fetch brings what came since, pull requests among it', async () => {
      const folder = await cloned();
      await bench.commit(space, [file('new', '1')]);
      await bench.commit(space, [file('proposed', '1')], { query: '?create_pr=1' });
      await git(
        ['fetch', '-q', 'origin', '+refs/heads/*:refs/remotes/origin/*', '+refs/pr/*:refs/remotes/pr/*'],
        folder,
      );
      expect((await git(['rev-parse', 'origin/main', 'pr/1'], folder)).stdout.split('\n').slice(0, 2)).toEqual([
        bench.hub.head(space)?.commit,
        bench.hub.head(space, 'refs/pr/1')?.commit,
      ]);
    });

    test('two at once', async () => {
      await Promise.all([cloned(), cloned()]);
    });

    test('a private Space asks who is there, and lets in who may', async () => {
      await bench.ask('PUT', `/api/spaces/${space}/settings`, { body: { visibility: 'private' } });
      expect((await clone()).ended).toMatchObject({
        code: 128,
        stderr: expect.stringContaining('could not read Username'),
      });
      expect((await clone([], helper.token)).ended.code).toBe(128);
      expect((await clone([], 'hf_nobody')).ended.code).toBe(128);
      await cloned([], 'hf_writer');
    });
  });

  describe('pushing', () => {
    test('makes a commit, a branch and a pull request’s next commit, and builds', async () => {
      await bench.commit(space, [file('proposed', '1')], { query: '?create_pr=1' });
      const folder = await cloned([], 'hf_writer');
      await commit(folder, { Dockerfile: 'FROM scratch\n', 'large.bin': Buffer.alloc(100_000, 'large\0') });
      const pushed = await git(['push', '-q', 'origin', 'main', 'main:dev', '+main:refs/pr/1'], folder);
      expect(pushed).toMatchObject({ code: 0 });
      const head = (await git(['rev-parse', 'HEAD'], folder)).stdout.trim();
      expect(['main', 'dev', 'refs/pr/1'].map((ref) => bench.hub.head(space, ref)?.commit)).toEqual([head, head, head]);
      const runtime = await bench.ask('GET', `/api/spaces/${space}/runtime`);
      expect(runtime.json['stage']).toBe('BUILDING');
      expect((await bench.ask('GET', `/spaces/${space}/resolve/main/large.bin`)).text).toHaveLength(100_000);
      await git(['push', '-q', 'origin', ':dev'], folder);
      expect(bench.hub.head(space, 'dev')).toBeUndefined();
    });

    test.each<readonly [what: string, files: Readonly<Record<string, string | Buffer>>, words: string]>([
      ['a binary file outside LFS', { 'a.xyz': Buffer.from('\0a') }, 'a.xyz is a binary file: use LFS'],
      ['a file too large for git', { 'a.txt': 'x'.repeat(10 << 20) }, 'a.txt is too large for git: use LFS'],
      ['invalid front matter', { 'README.md': readme.replace('docker', 'rails') }, 'README.md: "sdk" must be one of'],
      [
        'a pointer to nothing',
        { 'a.txt': `version https://git-lfs.github.com/spec/v1\noid sha256:${'a'.repeat(64)}\nsize 1\n` },
        'LFS object of a.txt is not here',
      ],
    ])('%s is refused, and the branch stays', async (_, files, words) => {
      const folder = await cloned([], 'hf_writer');
      const head = bench.hub.head(space);
      await commit(folder, files);
      expect(await git(['push', '-q', '--no-verify', 'origin', 'main'], folder)).toMatchObject({
        code: 1,
        stderr: expect.stringContaining(words),
      });
      expect(bench.hub.head(space)).toEqual(head);
    });

    test('what is behind is refused, as is deleting the main branch, and a stranger', async () => {
      const folder = await cloned([], 'hf_writer');
      await commit(folder, { a: '1' });
      await bench.commit(space, [file('b', '2')]);
      const head = bench.hub.head(space);
      expect((await git(['push', '-q', 'origin', 'main'], folder)).stderr).toContain('rejected');
      expect((await git(['push', '-q', 'origin', ':main'], folder)).stderr).toContain('cannot be deleted');
      expect((await git(['push', '-q', address(helper.token), 'main:other'], folder)).code).not.toBe(0);
      expect((await git(['push', '-q', address(), 'main:other'], folder)).code).not.toBe(0);
      expect(bench.hub.head(space)).toEqual(head);
    });
  });

  test('without git on its PATH the Hub says that it cannot be cloned, and does all the rest', async () => {
    const before = process.env['PATH'];
    try {
      process.env['PATH'] = home;
      const answer = await bench.ask('GET', `/spaces/${space}/info/refs?service=git-upload-pack`);
      expect([answer.status, answer.json['error']]).toEqual([501, expect.stringContaining('no git on its PATH')]);
      expect((await bench.commit(space, [file('a', '1')])).status).toBe(200);
    } finally {
      process.env['PATH'] = before;
    }
  });
});
