import { describe, expect, test } from '@jest/globals';
import { resolveExecution, type ResolvedExecution, type ResolveOptions } from '../../src/config/resolve.js';
import type { ProjectFile } from '../../src/config/project-file.js';
import type { DetectedRepository } from '../../src/git/detect.js';

const repository: DetectedRepository = {
  root: '/work',
  prefix: 'envs/prod',
  remote: { name: 'origin', url: 'https://github.com/user/infra', hadCredentials: false },
  branch: 'mine',
  head: 'a'.repeat(40),
  staged: 0,
  unstaged: 0,
  untracked: 0,
  conflicted: 0,
  submodules: 0,
  unpushed: 0,
  hasSubmodules: false,
};

function projectOf(request: ProjectFile['request'], more: Partial<ProjectFile> = {}): ProjectFile {
  return {
    path: '/work/.hawser.yaml',
    folder: '/work',
    name: '.hawser.yaml',
    request,
    notes: [],
    warnings: [],
    ...more,
  };
}

function resolve(options: Partial<ResolveOptions> = {}): Promise<ResolvedExecution> {
  return resolveExecution({
    command: { command: 'make' },
    given: {},
    cwd: '/',
    askHead: () => Promise.resolve({ branch: 'trunk', isKnown: true }),
    ...options,
  });
}

const sourceOf = ({ values }: ResolvedExecution, name: string): string | undefined => {
  const found = values.find((value) => value.name === name);
  return found && `${found.value} (${found.source})`;
};

describe('what runs', () => {
  test('is said by flags over the file over git over defaults, with where each is from', async () => {
    const project = projectOf({
      repo: 'https://github.com/user/other',
      branch: 'main',
      env: { A: '1', B: '1' },
      timeout_seconds: 60,
    });
    const both = await resolve({ project, repository, given: { branch: 'dev', env: { B: '2' } } });
    expect(both.request).toEqual({
      command: 'make',
      repo: 'https://github.com/user/other',
      branch: 'dev',
      env: { A: '1', B: '2' },
      timeout_seconds: 60,
    });
    expect(both.values).toEqual([
      { name: 'repo', value: 'https://github.com/user/other', source: 'from .hawser.yaml' },
      { name: 'branch', value: 'dev', source: 'from --branch' },
      { name: 'env', value: 'A, B', source: 'from .hawser.yaml and --env' },
      { name: 'timeout', value: '60s', source: 'from .hawser.yaml' },
    ]);
    const detected = await resolve({ repository, given: { timeout_seconds: 5 } });
    expect(sourceOf(detected, 'repo')).toBe('https://github.com/user/infra (auto-detected from git remote)');
    expect(sourceOf(detected, 'branch')).toBe("trunk (the remote's HEAD)");
    expect(sourceOf(detected, 'timeout')).toBe('5s (from --timeout)');
    expect(detected.warnings[0]).toBe('You are on mine, and trunk runs: --branch . runs yours.');
    expect(sourceOf(await resolve({ repository }), 'timeout')).toBe('1800s (default)');
    const asked = await resolve({ repository, askHead: () => Promise.resolve({ branch: 'main', isKnown: false }) });
    expect(sourceOf(asked, 'branch')).toBe('main (default, as the remote could not be asked)');
  });

  test('is the branch one is on and the folder one stands in, when told so', async () => {
    const here = await resolve({ repository, given: { branch: '.', workdir: '.' } });
    expect(here.request).toMatchObject({ branch: 'mine', workdir: 'envs/prod' });
    expect(here.warnings).toEqual([]);
    expect(sourceOf(here, 'branch')).toBe('mine (the branch you are on)');
    const { branch: _, ...rest } = repository;
    const detached = await resolve({ repository: { ...rest, branch: undefined }, given: { branch: '.' } });
    expect(detached.request.branch).toBe('a'.repeat(40));
    expect(
      (await resolve({ repository: { ...repository, prefix: '' }, given: { workdir: '.' } })).request,
    ).not.toHaveProperty('workdir');
    await expect(resolve({ given: { repo: 'https://x.example/y', branch: '.' } })).rejects.toMatchObject({
      code: 'HAWSER_EXEC_BAD_INPUT',
    });
  });

  test('is the work tree on its own branch, when that is taken along', async () => {
    const project = projectOf({ branch: 'main' });
    const dirty = await resolve({ project, repository, isDirty: true });
    expect(sourceOf(dirty, 'branch')).toBe('mine (the branch you are on)');
    expect(dirty.warnings).toEqual([]);
    const bad = { code: 'HAWSER_EXEC_BAD_INPUT' };
    await expect(resolve({ repository, isDirty: true, given: { branch: 'dev' } })).rejects.toMatchObject(bad);
    await expect(resolve({ repository, isDirty: true, given: { repo: 'https://x.example/y' } })).rejects.toMatchObject(
      bad,
    );
    await expect(resolve({ isDirty: true, given: { repo: 'https://x.example/y' } })).rejects.toMatchObject(bad);
  });

  test('is a repository by its path, from where one stands', async () => {
    const { request } = await resolve({ cwd: '/home/me/work', given: { repo: '../infra' } });
    expect(request.repo).toBe('/home/me/infra');
    expect((await resolve({ cwd: '/home/me/work', given: { repo: '.' } })).request.repo).toBe('/home/me/work');
  });

  test('is not what the file says of another repository', async () => {
    const project = projectOf({ repo: 'https://github.com/user/infra', branch: 'file' });
    const other = await resolve({ project, given: { repo: 'https://github.com/user/other' } });
    expect(other.request.branch).toBe('trunk');
    const same = await resolve({ project, given: { repo: 'git@github.com:user/infra.git' } });
    expect(same.request.branch).toBe('file');
    const none = await resolve({ project, given: { no_repo: true } });
    expect(none.request).toEqual({ command: 'make', no_repo: true });
    const some = await resolve({ project: projectOf({ no_repo: true }), given: { repo: 'https://x.example/y' } });
    expect(some.request).toMatchObject({ repo: 'https://x.example/y' });
    expect(some.request).not.toHaveProperty('no_repo');
    const moved = await resolve({
      project: projectOf({ repo: 'https://x.example/y', env: { A: '1' }, secrets: { B: 'b' } }),
      given: { env: { B: '2' }, secrets: { A: 'a' } },
    });
    expect(moved.request).toMatchObject({ env: { B: '2' }, secrets: { A: 'a' } });
  });

  test('is nothing without a repository, and nothing that no backend would take', async () => {
    await expect(resolve()).rejects.toMatchObject({ code: 'HAWSER_EXEC_NO_REPO', exitCode: 2 });
    const { remote: _, ...remoteless } = repository;
    await expect(resolve({ repository: remoteless })).rejects.toThrow('has no remote, or several');
    const bad = resolve({ repository, given: { cpu: 3, branch: '-x' }, command: { argv: [] } });
    await expect(bad).rejects.toMatchObject({
      code: 'HAWSER_EXEC_BAD_INPUT',
      message: expect.stringMatching(/cpu must be .*; branch must not begin with -; argv must be a list/),
    });
  });

  test('is warned of when a flag holds a secret, which is not repeated', async () => {
    const { warnings, values } = await resolve({ given: { no_repo: true, env: { API_TOKEN: 'planted-value' } } });
    expect(warnings[0]).toContain('--secret API_TOKEN=NAME');
    expect(JSON.stringify([warnings, values])).not.toContain('planted');
  });
});

describe('the lock of a run', () => {
  const apply = { command: { command: 'terraform apply' }, repository };
  const name = 'auto:github.com/user/infra#.:default';

  test('is the one of what the command changes', async () => {
    const locked = await resolve(apply);
    expect(locked.request.lock).toBe(name);
    expect(sourceOf(locked, 'lock')).toBe(`${name} (because of terraform apply; --lock none opts out)`);
    const project = projectOf({ repo: 'git@github.com:user/infra', env: { TF_WORKSPACE: 'prod' }, workdir: 'eu' });
    expect((await resolve({ ...apply, project })).request.lock).toBe('auto:github.com/user/infra#eu:prod');
  });

  test('is not taken when that is said, and says so', async () => {
    const none = await resolve({ ...apply, given: { lock: 'none', branch: 'mine', workdir: 'x' } });
    expect(none.request).not.toHaveProperty('lock');
    expect(none.warnings).toEqual(['No lock is held, as you said: terraform apply can run beside another.']);
    const warned = await resolve({
      ...apply,
      project: projectOf({}, { autoLock: 'warn' }),
      given: { branch: 'mine', workdir: 'x' },
    });
    expect(warned.request).not.toHaveProperty('lock');
    expect(warned.warnings[0]).toContain('runs without a lock');
    const off = await resolve({ ...apply, project: projectOf({}, { autoLock: 'off' }) });
    expect(off.request).not.toHaveProperty('lock');
  });

  test('is named by flag or file, with parts of the run in it', async () => {
    expect((await resolve({ ...apply, given: { lock: 'prod' } })).request.lock).toBe('prod');
    const project = projectOf({ lock: '${repo}/${branch}/${path}' });
    expect((await resolve({ ...apply, project })).request.lock).toBe('github.com/user/infra/trunk/.');
  });

  test('covers the first of several states, and says so', async () => {
    const several = await resolve({ ...apply, command: { command: '(cd a; tofu apply); cd b; tofu apply' } });
    expect(several.request.lock).toContain('#a:default');
    expect(several.warnings.at(-1)).toContain('#b:default');
  });
});
