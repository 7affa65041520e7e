import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { describeReal } from '../support/counterparts.js';
import { GitHttpServer, GitRoot, GitSshServer, gitEnvironment, type Repository } from '../support/git-server.js';

const run = promisify(execFile);

describeReal(['git', 'sshd', 'ssh'], (path) => {
  const root = new GitRoot();
  const here = mkdtempSync(join(tmpdir(), 'hg-here-'));
  let repository: Repository;
  let count = 0;
  beforeAll(() => {
    repository = root.make('team/infra.git', {
      files: {
        'main.tf': 'one\n',
        'bin/deploy*': '#!/bin/sh\necho deployed\n',
        'dir/ä b.bin': Buffer.from([0, 255, 10]),
      },
      branches: { dev: { 'main.tf': 'two\n' } },
    });
  });
  afterAll(() => {
    root[Symbol.dispose]();
    rmSync(here, { recursive: true, force: true });
  });

  async function git(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<string> {
    const { stdout } = await run('git', args, { cwd: here, env: { ...gitEnvironment(), ...env } });
    return stdout.trim();
  }

  async function fetchCommit(url: string, commit: string): Promise<string> {
    const into = join(here, `sha-${(count += 1)}`);
    await git(['init', '--quiet', into]);
    await git(['-C', into, 'fetch', '--quiet', '--depth', '1', url, commit]);
    return await git(['-C', into, 'rev-parse', 'FETCH_HEAD']);
  }

  test('a repository has the files, modes and branches it was made with, and the same ids each time', () => {
    const again = root.make('again.git', { files: { a: '1' }, branches: { b: { a: '2' } }, head: 'trunk' });
    const twin = root.make('twin.git', { files: { a: '1' }, branches: { b: { a: '2' } }, head: 'trunk' });
    expect(twin.commitOf('trunk')).toBe(again.commitOf('trunk'));
    expect(again.git('symbolic-ref', 'HEAD')).toBe('refs/heads/trunk');
    expect(again.git('show', 'b:a')).toBe('2');
    expect(again.commit('b', { c: '3' })).toBe(again.commitOf('b'));
    expect(again.git('rev-list', '--count', 'b')).toBe('3');
    again.commit('new', { d: '4' });
    expect(again.git('rev-list', '--count', 'new')).toBe('2');
  });

  test('serves a repository over http to anybody, and a commit by its id', async () => {
    await using server = await GitHttpServer.start({ root: root.path });
    await git(['clone', '--quiet', server.url('team/infra.git'), 'open']);
    expect(readFileSync(join(here, 'open/main.tf'), 'utf8')).toBe('one\n');
    expect(statSync(join(here, 'open/bin/deploy')).mode & 0o111).toBe(0o111);
    expect([...readFileSync(join(here, 'open/dir/ä b.bin'))]).toEqual([0, 255, 10]);
    const below = repository.git('rev-parse', 'main');
    repository.commit('main', { 'main.tf': 'three\n' });
    expect(await fetchCommit(server.url('team/infra.git'), below)).toBe(below);
    await expect(git(['ls-remote', server.url('none.git')])).rejects.toThrow(/not found/);
  });

  test('may refuse to give a commit by its id that no branch stands at', async () => {
    await using server = await GitHttpServer.start({ root: root.path, shaFetches: false });
    const tip = repository.commit('main', { 'main.tf': 'four\n' });
    const below = repository.git('rev-parse', 'main^');
    await expect(fetchCommit(server.url('team/infra.git'), below)).rejects.toThrow(/unadvertised object|not our ref/);
    expect(await fetchCommit(server.url('team/infra.git'), 'main')).toBe(tip);
  });

  test('wants a name and a password, or a bearer token', async () => {
    await using basic = await GitHttpServer.start({
      root: root.path,
      access: { username: 'x-access-token', password: 'p4ss word' },
    });
    await expect(git(['ls-remote', basic.url('team/infra.git')])).rejects.toThrow(/could not read Username/);
    const given = basic.url('team/infra.git').replace('://', '://x-access-token:p4ss%20word@');
    expect(await git(['ls-remote', given, 'refs/heads/dev'])).toContain(repository.commitOf('dev'));
    await expect(git(['ls-remote', given.replace('p4ss', 'other')])).rejects.toThrow(/Authentication failed/);
    expect(basic.requests.filter(({ status }) => status === 401).length).toBeGreaterThan(2);

    await using bearer = await GitHttpServer.start({ root: root.path, access: { bearer: 't0ken' } });
    const header = ['-c', 'http.extraHeader=Authorization: Bearer t0ken'];
    expect(await git([...header, 'ls-remote', bearer.url('team/infra.git'), 'HEAD'])).toContain('HEAD');
    await expect(git(['ls-remote', bearer.url('team/infra.git')])).rejects.toThrow(/Username|Authentication|401/);
  });

  test('cuts, refuses or holds the answer with the objects', async () => {
    await using server = await GitHttpServer.start({ root: root.path });
    const clone = async (): Promise<string> =>
      await git(['clone', '--quiet', server.url('team/infra.git'), `faulty-${(count += 1)}`]);
    server.fault = { cutAfterBytes: 100 };
    await expect(clone()).rejects.toThrow(/early EOF|disconnect|expected|transfer closed|hung up/);
    server.fault = { status: 503 };
    await expect(clone()).rejects.toThrow(/503/);
    let release: (value?: unknown) => void = () => {};
    server.fault = { hold: new Promise((resolve) => (release = resolve)) };
    const held = clone();
    release();
    await held;
    server.fault = undefined;
    await clone();
  });

  test('serves a repository over ssh to a key, which may do nothing else', async () => {
    await using server = await GitSshServer.start(path, { root: root.path });
    const env = { GIT_SSH_COMMAND: server.sshCommand };
    await git(['clone', '--quiet', '--branch', 'dev', server.url('team/infra.git'), 'by-ssh'], env);
    expect(readFileSync(join(here, 'by-ssh/main.tf'), 'utf8')).toBe('two\n');
    expect(server.privateKey).toContain('OPENSSH PRIVATE KEY');
    expect(server.knownHosts).toContain(`[127.0.0.1]:${server.port} ssh-ed25519 `);
    const words = server.sshCommand.split(' ').slice(1);
    await expect(run(path('ssh'), [...words, '-p', `${server.port}`, 'root@127.0.0.1', 'id'])).rejects.toThrow(
      /unrecognized command/,
    );
  });
});
