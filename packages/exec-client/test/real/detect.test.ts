import { appendFileSync, chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { describeReal } from '../../../../test/support/counterparts.js';
import { GitHttpServer, GitRoot, GitSshServer, makeRepository } from '../../../../test/support/git-server.js';
import { detectRepository, findGitRoot, remoteHead } from '../../src/git/detect.js';
import { runGit } from '../../src/git/run-git.js';
import { readStatus } from '../../src/git/status.js';
import { checkoutWarnings, describeChanges } from '../../src/git/warnings.js';
import { gitIn, Scratch } from '../support/work-tree.js';

describeReal('git', () => {
  describe('the repository that somebody stands in', () => {
    test('is found with its remote, branch and what is not in it', async () => {
      using scratch = new Scratch();
      const origin = scratch.in('origin.git');
      makeRepository({ path: origin, head: 'trunk' });
      gitIn(scratch.path, 'clone', '--quiet', origin, 'work');
      const work = scratch.in('work');
      const clean = await detectRepository(work);
      expect(clean).toEqual({
        root: work,
        prefix: '',
        remote: { name: 'origin', url: origin, hadCredentials: false },
        branch: 'trunk',
        head: gitIn(work, 'rev-parse', 'HEAD'),
        staged: 0,
        unstaged: 0,
        untracked: 0,
        conflicted: 0,
        submodules: 0,
        unpushed: 0,
        hasSubmodules: false,
      });
      expect(checkoutWarnings(clean!, { repo: origin, branch: 'trunk' })).toEqual([]);

      gitIn(work, 'switch', '--quiet', '--create', 'mine');
      mkdirSync(join(work, 'envs/prod'), { recursive: true });
      writeFileSync(join(work, 'envs/prod/a b.tf'), 'x');
      gitIn(work, 'add', '.');
      gitIn(work, 'commit', '--quiet', '--message', 'mine');
      gitIn(work, 'mv', 'envs/prod/a b.tf', 'envs/prod/c.tf');
      appendFileSync(join(work, 'README.md'), 'x');
      writeFileSync(join(work, 'new'), 'x');
      writeFileSync(join(work, '.gitmodules'), '');
      const busy = await detectRepository(join(work, 'envs/prod'));
      expect(busy).toMatchObject({
        root: work,
        prefix: 'envs/prod',
        branch: 'mine',
        staged: 1,
        unstaged: 1,
        untracked: 2,
        unpushed: 1,
        hasSubmodules: true,
      });
      expect(describeChanges(busy!)).toBe('1 file staged, 1 file changed, 2 untracked');
      expect(checkoutWarnings(busy!, { repo: `file://${origin}`, branch: 'trunk' })).toEqual([
        'You are on mine, and trunk runs: --branch . runs yours.',
        'What is not committed does not run: 1 file staged, 1 file changed, 2 untracked. --dirty takes it along.',
        'Submodules are not cloned: let the command do it, with git_credentials: run.',
        'You are in envs/prod, and the command runs at the top: --workdir . runs it here.',
      ]);
      expect(checkoutWarnings(busy!, { repo: origin, branch: 'mine', workdir: 'envs' })).toContain(
        '1 commit of yours is not pushed, and will not run.',
      );
      expect(checkoutWarnings(busy!, { repo: origin, branch: 'mine', isDirty: true })).toEqual([]);
      expect(checkoutWarnings(busy!, { repo: 'https://elsewhere.example/x', branch: 'main' })).toEqual([]);

      gitIn(work, 'switch', '--quiet', '--detach', '--discard-changes', 'trunk');
      const detached = await detectRepository(work);
      expect(detached?.branch).toBeUndefined();
      expect(checkoutWarnings(detached!, { repo: origin, branch: 'trunk' })[0]).toMatch(
        /^You are detached at [0-9a-f]{12}, /,
      );
    });

    test('has no remote, several, or one with credentials that are never shown', async () => {
      using scratch = new Scratch();
      expect(await detectRepository(scratch.path)).toBeUndefined();
      expect(findGitRoot(scratch.path)).toBeUndefined();
      gitIn(scratch.path, 'init', '--quiet', '--initial-branch', 'main', 'work');
      const work = scratch.in('work');
      expect(await detectRepository(work)).toMatchObject({ branch: 'main', head: undefined, unpushed: 0 });
      expect((await detectRepository(work))?.remote).toBeUndefined();
      gitIn(work, 'remote', 'add', 'upstream', '../up.git');
      expect((await detectRepository(work))?.remote).toEqual({
        name: 'upstream',
        url: scratch.in('up.git'),
        hadCredentials: false,
      });
      gitIn(work, 'remote', 'add', 'other', 'git@example.com:a/b');
      expect((await detectRepository(work))?.remote).toBeUndefined();
      gitIn(work, 'remote', 'add', 'origin', 'https://me:planted@example.com/a/b.git');
      const found = await detectRepository(work);
      expect(found?.remote).toEqual({ name: 'origin', url: 'https://example.com/a/b.git', hadCredentials: true });
      expect(checkoutWarnings(found!, { repo: 'git@example.com:a/b', branch: 'main' })[0]).toContain('are left out');
      expect(JSON.stringify(found)).not.toContain('planted');
    });

    test('names its HEAD when asked, and main is assumed where it cannot be', async () => {
      using scratch = new Scratch();
      const origin = scratch.in('origin.git');
      makeRepository({ path: origin, head: 'trunk/one' });
      expect(await remoteHead(origin, { cwd: scratch.path })).toEqual({ branch: 'trunk/one', isKnown: true });
      await using server = await GitHttpServer.start({
        root: scratch.path,
        access: { username: 'me', password: 'secret' },
      });
      const cannot = { branch: 'main', isKnown: false };
      // Nobody is asked for a password.
      expect(await remoteHead(server.url('origin.git'), { cwd: scratch.path })).toEqual(cannot);
      expect(await remoteHead(scratch.in('gone.git'), { cwd: scratch.path })).toEqual(cannot);
      expect(await remoteHead('--upload-pack=touch x', { cwd: scratch.path })).toEqual(cannot);
      gitIn(scratch.path, 'init', '--quiet', '--bare', 'empty.git');
      expect(await remoteHead(scratch.in('empty.git'), { cwd: scratch.path })).toEqual(cannot);
      const stop = AbortSignal.abort(new Error('enough'));
      await expect(remoteHead(origin, { cwd: scratch.path, signal: stop })).rejects.toThrow('enough');
    });
  });

  test('what git says reaches people without credentials', async () => {
    using scratch = new Scratch();
    const failing = runGit(['ls-remote', 'http://me:planted@127.0.0.1:9/x'], { cwd: scratch.path });
    await expect(failing).rejects.toMatchObject({ code: 'HAWSER_EXEC_GIT_FAILED', exitCode: 1 });
    expect(String(await failing.catch((error: unknown) => error))).not.toContain('planted');
    await expect(runGit(['hash-object'], { cwd: scratch.in('gone') })).rejects.toMatchObject({
      code: 'HAWSER_EXEC_GIT_FAILED',
    });
  });
});

describeReal(['git', 'sshd', 'ssh', 'ssh-keygen'], (path) => {
  const usual = { ...process.env };
  afterEach(() => {
    for (const name of ['GIT_SSH_COMMAND', 'GIT_ASKPASS']) {
      if (usual[name] === undefined) delete process.env[name];
      else process.env[name] = usual[name];
    }
  });

  test('a remote that lets only its own in is asked with what the person has', async () => {
    using root = new GitRoot();
    root.make('infra.git', { head: 'trunk' });
    const known = { branch: 'trunk', isKnown: true };
    const unknown = { branch: 'main', isKnown: false };

    await using ssh = await GitSshServer.start(path, { root: root.path });
    process.env['GIT_SSH_COMMAND'] =
      'ssh -F /dev/null -o BatchMode=yes -o StrictHostKeyChecking=yes -o UserKnownHostsFile=/dev/null';
    expect(await remoteHead(ssh.url('infra.git'), { cwd: root.path })).toEqual(unknown);
    process.env['GIT_SSH_COMMAND'] = ssh.sshCommand;
    expect(await remoteHead(ssh.url('infra.git'), { cwd: root.path })).toEqual(known);

    const access = { username: 'me', password: 'secret' };
    await using http = await GitHttpServer.start({ root: root.path, access });
    const askpass = join(root.path, 'askpass');
    writeFileSync(askpass, '#!/bin/sh\ncase $1 in User*) echo me ;; *) echo secret ;; esac\n');
    chmodSync(askpass, 0o755);
    expect(await remoteHead(http.url('infra.git'), { cwd: root.path })).toEqual(unknown);
    process.env['GIT_ASKPASS'] = askpass;
    expect(await remoteHead(http.url('infra.git'), { cwd: root.path })).toEqual(known);
  });
});

test('a status with renames, conflicts and submodules is counted', () => {
  const entries = [
    '# branch.oid (initial)',
    '# branch.head my branch',
    '1 MM N... 100644 100644 100644 a b file one',
    '2 R. N... 100644 100644 100644 a b R100 new name',
    '? old name that begins like an entry',
    '1 .M SC.. 160000 160000 160000 a b sub',
    'u UU N... 100644 100644 100644 100644 a b c file',
    '? new',
    '',
  ];
  expect(readStatus(entries.join('\0'))).toEqual({
    head: undefined,
    branch: 'my branch',
    staged: 2,
    unstaged: 2,
    untracked: 1,
    conflicted: 1,
    submodules: 1,
  });
});
