import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeDirtyTree } from '@hawser/exec-client';
import { describeReal } from '../../../../test/support/counterparts.js';
import {
  gitEnvironment,
  GitHttpServer,
  GitRoot,
  GitSshServer,
  type Repository,
} from '../../../../test/support/git-server.js';
import { knownHosts } from '../../src/local/known-hosts.js';
import { initScript } from '../../src/scripts/texts.js';
import { readLog, ScriptTask } from '../support/script-task.js';

describeReal(['busybox', 'dash', 'git', 'sshd', 'ssh', 'ssh-keygen'], (path) => {
  const programs = { shell: [path('dash')] as [string], busybox: path('busybox') };
  let root: GitRoot;
  let repository: Repository;
  let open: GitHttpServer;
  let old: string;

  beforeAll(async () => {
    root = new GitRoot();
    repository = root.make('project.git', {
      files: { 'README.md': 'main\n', 'sub/where.txt': 'below\n', 'run.sh*': '#!/bin/sh\n' },
      branches: { staging: { 'README.md': 'staging\n' }, 'a/b': { 'README.md': 'nested\n' } },
    });
    old = repository.commitOf('main');
    repository.commit('main', { 'README.md': 'newer\n' });
    repository.git('tag', 'v1', 'staging');
    repository.git('tag', 'staging', 'main');
    open = await GitHttpServer.start({ root: root.path });
  });

  afterAll(async () => {
    await open[Symbol.asyncDispose]();
    root[Symbol.dispose]();
  });

  type Payload = Parameters<ScriptTask['init']>[0];

  /** What init.sh made of a payload. */
  async function made(payload: Payload): Promise<{
    readonly code: number;
    readonly output: string;
    readonly readme: string;
    readonly reports: ScriptTask['reports'];
  }> {
    await using task = await ScriptTask.make(programs);
    const { code, output } = await task.init({ command: 'true', ...payload });
    const readme = join(task.workspace, 'README.md');
    return { code, output, reports: task.reports, readme: existsSync(readme) ? readFileSync(readme, 'utf8') : '' };
  }

  test('takes a branch before a tag of its name, a nested branch, a tag, HEAD, and says what it took', async () => {
    const repo = open.url('project.git');
    const refs = [undefined, 'staging', 'a/b', 'v1', 'refs/tags/staging'];
    const all = await Promise.all(refs.map((ref) => made({ repo, ...(ref && { ref }) })));
    expect(all.map(({ code, readme }) => ({ code, readme }))).toEqual(
      ['newer\n', 'staging\n', 'nested\n', 'staging\n', 'newer\n'].map((readme) => ({ code: 0, readme })),
    );
    expect(all[0]?.reports).toMatchObject([
      { event: 'preparing', attempt: 1 },
      { event: 'prepared', commit: repository.commitOf('main'), tree: repository.git('rev-parse', 'main^{tree}') },
    ]);
  });

  test('takes a commit by its id, whole or short, also from a server that hands out none by name', async () => {
    await using strict = await GitHttpServer.start({ root: root.path, shaFetches: false });
    const all = await Promise.all([
      made({ repo: open.url('project.git'), ref: old }),
      made({ repo: open.url('project.git'), commit: old, ref: 'staging' }),
      made({ repo: open.url('project.git'), ref: old.slice(0, 9) }),
      made({ repo: strict.url('project.git'), ref: old }),
    ]);
    for (const { code, readme, reports } of all) {
      expect({ code, readme }).toEqual({ code: 0, readme: 'main\n' });
      expect(reports.at(-1)).toMatchObject({ event: 'prepared', commit: old });
    }
  });

  test('shows credentials to their server alone, and leaves them nowhere', async () => {
    const access = { username: 'some body', password: 'planted/p@ss:word%' };
    await using server = await GitHttpServer.start({ root: root.path, access });
    const git = { kind: 'basic' as const, host: server.host, ...access };
    await using task = await ScriptTask.make(programs);
    const { code, output } = await task.init({
      repo: server.url('project.git'),
      git,
      command: 'env; cat .git/config; git fetch 2>&1',
    });
    expect({ code, output }).toMatchObject({ code: 0 });
    const ran = readLog((await task.run()).output).text;
    const places = [output, ran, ...server.requests.map(({ url }) => url)];
    for (const file of readdirSync(task.folder, { recursive: true, withFileTypes: true })) {
      if (file.isFile()) places.push(readFileSync(join(file.parentPath, file.name), 'latin1'));
    }
    const basic = Buffer.from(`${access.username}:${access.password}`).toString('base64');
    for (const text of places)
      for (const secret of ['planted', basic, 'cd'.repeat(32)]) expect(text).not.toContain(secret);
    const [noKey, wrong, elsewhere] = await Promise.all([
      made({ repo: server.url('project.git') }),
      made({ repo: server.url('project.git'), git: { ...git, password: 'no' } }),
      made({ repo: server.url('project.git'), git: { ...git, host: 'other.test' } }),
    ]);
    for (const { code: refused, reports } of [noKey, wrong, elsewhere]) {
      expect(refused).toBe(21);
      expect(reports.at(-1)).toMatchObject({ event: 'failed', reason_code: 'clone_auth' });
    }
  });

  test('gives credentials to the command where that was asked for', async () => {
    const access = { username: 'somebody', password: 'planted' };
    await using server = await GitHttpServer.start({ root: root.path, access });
    await using task = await ScriptTask.make(programs);
    await task.init({
      repo: server.url('project.git'),
      git: { kind: 'basic', host: server.host, ...access },
      git_credentials: 'run',
      command: 'git ls-remote --heads origin staging | wc -l',
    });
    expect(readLog((await task.run()).output).text.trim()).toBe('1');
  });

  test('clones by ssh from a server whose host key is pinned, and from no other', async () => {
    await using server = await GitSshServer.start(path, { root: root.path });
    const repo = server.url('project.git');
    const git = { kind: 'ssh' as const, host: server.host, private_key: server.privateKey.trimEnd() };
    const good = await made({ repo, ref: 'staging', git: { ...git, known_hosts: server.knownHosts } });
    expect(good).toMatchObject({ code: 0, readme: 'staging\n' });
    const unknown = await made({ repo, git });
    expect(unknown).toMatchObject({ code: 21, readme: '' });
    expect(unknown.reports.at(-1)).toMatchObject({ reason_code: 'clone_auth' });
    await using task = await ScriptTask.make({ ...programs });
    await task.init({
      repo,
      git: { ...git, known_hosts: server.knownHosts },
      git_credentials: 'run',
      command: 'git ls-remote origin HEAD | wc -l; ls -l "$HOME"',
    });
    expect(readLog((await task.run()).output).text).toMatch(/^1\n/);
  });

  test('trusts the host keys that the backend of this machine trusts', () => {
    for (const line of knownHosts.split('\n').filter(Boolean)) expect(initScript).toContain(line);
  });

  test('says why there is no clone, by report and by exit code', async () => {
    const gone = await GitHttpServer.start({ root: root.path });
    const nobody = gone.url('project.git');
    await gone[Symbol.asyncDispose]();
    const repo = open.url('project.git');
    const all = await Promise.all([
      made({ repo, ref: 'no-such' }),
      made({ repo, ref: '0123456789abcdef0123456789abcdef01234567' }),
      made({ repo: open.url('nothing.git') }),
      made({ repo: nobody }),
      made({ repo, workdir: 'no/such' }),
    ]);
    expect(all.map(({ code, reports }) => [code, reports.at(-1)?.reason_code])).toEqual([
      [22, 'ref_not_found'],
      [22, 'ref_not_found'],
      [23, 'clone_failed'],
      [24, 'network'],
      [20, 'payload'],
    ]);
    expect(all[0]?.reports.at(-1)?.reason).toContain('no-such');
  });

  test('says by its exit code alone what it cannot report', async () => {
    await using task = await ScriptTask.make(programs);
    task.refuse = { status: 410, body: '{"error":"used before"}' };
    expect(await task.init({})).toMatchObject({ code: 24, output: expect.stringContaining('410') });
    task.refuse = { status: 401, body: '{"error":"wrong token"}' };
    expect(await task.init({})).toMatchObject({ code: 20, output: expect.stringContaining('401') });
    expect(await task.init({}, { HAWSER_ENDPOINT: 'http://127.0.0.1:9' })).toMatchObject({ code: 24 });
    task.refuse = { status: 200, body: '{"env":{"A":"torn' };
    expect(await task.init({})).toMatchObject({ code: 20 });
    expect(task.reports).toEqual([]);
    expect(task.requests.every(({ url }) => !url.includes('cdcd'))).toBe(true);
  });

  test('refuses what git or a shell would take for something else', async () => {
    const mark = join(root.path, 'hostile');
    const repo = open.url('project.git');
    const payloads: Payload[] = [
      ...['--upload-pack=touch x', '-x', '+main', 'a..b', 'main:evil', 'a b', 'x~1', '@{-1}', `$(touch ${mark})`].map(
        (ref) => ({ repo, ref }),
      ),
      ...[`ext::sh -c "touch ${mark}"`, `--upload-pack=touch ${mark}`, 'ssh://-oProxyCommand=x/y', 'fd::0'].map(
        (address) => ({ repo: address }),
      ),
      { env: { 'A;touch x': '1' } },
    ];
    const all = await Promise.all(payloads.map(made));
    for (const { code } of all) expect(code).toBeGreaterThanOrEqual(20);
    expect(existsSync(mark)).toBe(false);
  });

  describe('work that is in no commit', () => {
    test('comes to the tree that was sent, or is refused', async () => {
      const folder = join(root.path, 'checkout');
      const git = (...args: readonly string[]): string =>
        execFileSync('git', ['-C', folder, ...args], { encoding: 'utf8', env: gitEnvironment() });
      execFileSync('git', ['clone', '--quiet', repository.path, folder], { env: gitEnvironment() });
      writeFileSync(join(folder, 'README.md'), 'dirty\n');
      writeFileSync(join(folder, 'binary'), Buffer.from(Array.from({ length: 512 }, (_, index) => index % 256)));
      writeFileSync(join(folder, 'odd "name" ü'), 'no newline');
      writeFileSync(join(folder, 'tool'), '#!/bin/sh\n', { mode: 0o755 });
      symlinkSync('README.md', join(folder, 'link'));
      git('rm', '--quiet', 'run.sh');
      const sent = await makeDirtyTree({ root: folder, remote: 'origin' });
      if (!sent) throw new Error('There is nothing dirty.');
      const { dirty } = sent;
      await using task = await ScriptTask.make(programs);
      const repo = open.url('project.git');
      const { code, output } = await task.init({
        repo,
        dirty,
        command: 'cat README.md link; ls; git status --short | wc -l',
      });
      expect({ code, output }).toMatchObject({ code: 0 });
      expect(task.reports.at(-1)).toMatchObject({ event: 'prepared', tree: dirty.tree, commit: dirty.base });
      const { text } = readLog((await task.run()).output);
      expect(text).toMatch(/^dirty\ndirty\nREADME\.md\nbinary\nlink\n/);
      const wrong = await made({ repo, dirty: { ...dirty, tree: 'f'.repeat(40) } });
      expect(wrong.code).toBe(20);
      expect(wrong.reports.at(-1)).toMatchObject({
        event: 'failed',
        reason_code: 'payload',
        reason: expect.stringContaining('fff'),
      });
      const torn = await made({ repo, dirty: { ...dirty, diff: 'bm8gZ3ppcA==' } });
      expect(torn.code).toBe(20);
    });
  });
});
