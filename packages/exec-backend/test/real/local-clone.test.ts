import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JobPayload } from '@hawser/exec-client/contract';
import { makeDirtyTree } from '@hawser/exec-client';
import { describeReal } from '../../../../test/support/counterparts.js';
import {
  gitEnvironment,
  GitHttpServer,
  GitRoot,
  GitSshServer,
  type Repository,
} from '../../../../test/support/git-server.js';
import { clone, type Cloned } from '../../src/local/clone.js';
import { NeverBegan } from '../../src/local/never-began.js';
import { processesOf } from '../../src/local/processes.js';

let root: GitRoot;
let repository: Repository;
let home: string;
let count = 0;

beforeAll(() => {
  root = new GitRoot();
  home = mkdtempSync(join(tmpdir(), 'hawser home '));
  // What a person may have configured must not matter, and must not be run.
  writeFileSync(
    join(home, '.gitconfig'),
    `[core]\n\thooksPath = ${home}/hooks\n[url "file:///nowhere/"]\n\tinsteadOf = http\n`,
  );
  mkdirSync(join(home, 'hooks'));
  writeFileSync(join(home, 'hooks', 'post-checkout'), `#!/bin/sh\ntouch ${JSON.stringify(join(home, 'hook-ran'))}\n`, {
    mode: 0o755,
  });
  repository = root.make('project.git', {
    files: { 'README.md': 'main\n', 'run.sh*': '#!/bin/sh\n' },
    branches: { staging: { 'README.md': 'staging\n' }, 'a/b': { 'README.md': 'nested\n' } },
  });
  repository.commit('main', { 'README.md': 'newer\n' });
  repository.git('tag', 'v1', 'staging');
  repository.git('tag', 'staging', 'main');
});

afterAll(() => {
  root[Symbol.dispose]();
  rmSync(home, { recursive: true, force: true });
});

interface Made {
  readonly cloned: Cloned | undefined;
  readonly tree: string;
  readonly said: string;
}

async function cloneOf(payload: Partial<JobPayload>, signal = new AbortController().signal): Promise<Made> {
  const folder = join(home, String((count += 1)));
  const tree = join(folder, 'tree');
  const said: string[] = [];
  const whole = { execution_id: `exec_${count}`, ...payload } as JobPayload;
  const cloned = await clone({
    payload: whole,
    tree,
    scratch: join(folder, 'scratch'),
    env: { PATH: process.env['PATH'] ?? '', HOME: home },
    say: (text) => said.push(text),
    signal,
  });
  expect(existsSync(join(folder, 'scratch'))).toBe(false);
  return { cloned, tree, said: said.join('') };
}

const readme = ({ tree }: Made): string => readFileSync(join(tree, 'README.md'), 'utf8');

async function failureOf(payload: Partial<JobPayload>): Promise<NeverBegan> {
  const error: unknown = await cloneOf(payload).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(NeverBegan);
  return error as NeverBegan;
}

describe('a clone of one commit', () => {
  test('of a path and of a file URL: a branch before a tag of its name, a tag, a nested branch, HEAD', async () => {
    const path = repository.path;
    const head = await cloneOf({ repo: path });
    expect({ text: readme(head), commit: head.cloned?.commit }).toEqual({
      text: 'newer\n',
      commit: repository.commitOf('HEAD'),
    });
    expect(readdirSync(head.tree).toSorted()).toEqual(['.git', 'README.md', 'run.sh']);
    expect(readme(await cloneOf({ repo: `file://${path}`, ref: 'staging' }))).toBe('staging\n');
    expect(readme(await cloneOf({ repo: path, ref: 'v1' }))).toBe('staging\n');
    expect(readme(await cloneOf({ repo: path, ref: 'a/b' }))).toBe('nested\n');
    expect(readme(await cloneOf({ repo: path, ref: 'refs/tags/staging' }))).toBe('newer\n');
    const depth = execFileSync('git', ['-C', head.tree, 'rev-list', '--count', 'HEAD'], {
      encoding: 'utf8',
      env: gitEnvironment(),
    });
    expect(depth.trim()).toBe('1');
    expect(existsSync(join(home, 'hook-ran'))).toBe(false);
  });

  test('of a commit by its whole id, by a shortened one, and where the server hands out no single commits', async () => {
    const old = repository.commitOf('main~1');
    expect(readme(await cloneOf({ repo: repository.path, ref: old }))).toBe('main\n');
    expect(readme(await cloneOf({ repo: repository.path, commit: old, ref: 'staging' }))).toBe('main\n');
    expect((await cloneOf({ repo: repository.path, ref: old.slice(0, 9) })).cloned?.commit).toBe(old);
    await using strict = await GitHttpServer.start({ root: root.path, shaFetches: false });
    expect(readme(await cloneOf({ repo: strict.url('project.git'), ref: old }))).toBe('main\n');
  });

  test('over http with credentials, which stand nowhere but in the request', async () => {
    const access = { username: 'somebody', password: 'planted-password' };
    await using server = await GitHttpServer.start({ root: root.path, access });
    const repo = server.url('project.git');
    const git = { kind: 'basic' as const, host: server.host, ...access };
    const made = await cloneOf({ repo, ref: 'staging', git });
    expect(readme(made)).toBe('staging\n');
    const basic = Buffer.from('somebody:planted-password').toString('base64');
    for (const file of readdirSync(made.tree, { recursive: true, withFileTypes: true })) {
      if (!file.isFile()) continue;
      const bytes = readFileSync(join(file.parentPath, file.name), 'latin1');
      expect(bytes.includes('planted-password') || bytes.includes(basic)).toBe(false);
    }
    expect(made.said).not.toContain('planted');
    expect(await failureOf({ repo, ref: 'staging' })).toMatchObject({ reasonCode: 'clone_auth' });
    expect(await failureOf({ repo, git: { ...git, password: 'wrong' } })).toMatchObject({ reasonCode: 'clone_auth' });
  });

  test('says why there is none', async () => {
    expect(await failureOf({ repo: repository.path, ref: 'no-such' })).toMatchObject({
      reasonCode: 'ref_not_found',
      message: expect.stringContaining('no-such'),
    });
    expect(await failureOf({ repo: join(home, 'nothing') })).toMatchObject({ reasonCode: 'clone_failed' });
    const server = await GitHttpServer.start({ root: root.path });
    const repo = server.url('project.git');
    await server[Symbol.asyncDispose]();
    expect(await failureOf({ repo })).toMatchObject({ reasonCode: 'network', retryable: true });
  });

  test('refuses what git would take for something else', async () => {
    const mark = join(home, 'hostile');
    for (const ref of ['--upload-pack=touch x', '-x', 'a..b', 'main:evil', '+main', 'a b', 'x~1', '@{-1}', '']) {
      await failureOf({ repo: repository.path, ref });
    }
    for (const repo of [
      `ext::sh -c "touch ${mark}"`,
      `--upload-pack=touch ${mark}`,
      'ssh://-oProxyCommand=x/y',
      'fd::0',
    ]) {
      await failureOf({ repo });
    }
    expect(existsSync(mark)).toBe(false);
  });

  test('an end that is asked for ends git and all that it started', async () => {
    await using server = await GitHttpServer.start({ root: root.path });
    let release = (): void => undefined;
    server.fault = { hold: new Promise<void>((resolve) => (release = resolve)) };
    const stopping = new AbortController();
    const cloning = cloneOf({ repo: server.url('project.git') }, stopping.signal);
    const id = `exec_${count}`;
    while (processesOf(id).length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    stopping.abort();
    await expect(cloning).rejects.toMatchObject({ name: 'AbortError' });
    expect(processesOf(id)).toEqual([]);
    release();
  });

  test('takes along work that is in no commit, and holds it to the tree that was sent', async () => {
    const folder = join(home, 'mine');
    execFileSync('git', ['clone', '--quiet', repository.path, folder], { env: gitEnvironment() });
    writeFileSync(join(folder, 'README.md'), 'changed here\n');
    writeFileSync(join(folder, 'new file'), Buffer.from([0, 255, 10]));
    symlinkSync('README.md', join(folder, 'link'));
    const made = await makeDirtyTree({ root: folder, remote: 'origin' });
    const dirty = made?.dirty;
    if (dirty === undefined) throw new Error('nothing was found to take along');
    const there = await cloneOf({ repo: repository.path, dirty });
    expect(readme(there)).toBe('changed here\n');
    expect(readFileSync(join(there.tree, 'new file'))).toEqual(Buffer.from([0, 255, 10]));
    expect(there.cloned).toEqual({ commit: dirty.base, tree: dirty.tree });
    const wrong = { ...dirty, tree: '0'.repeat(40) };
    expect(await failureOf({ repo: repository.path, dirty: wrong })).toMatchObject({ reasonCode: 'payload' });
  });

  test('without a repository there is an empty folder', async () => {
    const { cloned, tree } = await cloneOf({});
    expect({ cloned, files: readdirSync(tree) }).toEqual({ cloned: undefined, files: [] });
  });
});

describeReal(['sshd', 'ssh', 'ssh-keygen'], (path) => {
  test('over ssh with a stored key and pinned host keys; an unknown host is not trusted', async () => {
    await using server = await GitSshServer.start(path, { root: root.path });
    const repo = server.url('project.git');
    const git = { kind: 'ssh' as const, host: server.host, private_key: server.privateKey };
    const made = await cloneOf({ repo, ref: 'staging', git: { ...git, known_hosts: server.knownHosts } });
    expect(readme(made)).toBe('staging\n');
    expect(await failureOf({ repo, git })).toMatchObject({
      reasonCode: 'clone_auth',
      message: expect.stringContaining('host key'),
    });
  });
});
