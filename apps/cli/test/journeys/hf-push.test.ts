import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import type { HawserEnd } from '@hawser/cli-kit/testing';
import { flatEnvironment } from '../../../../test/support/environments.js';
import { useHawser } from '../support/hawser.js';
import { openWorkshop, type Workshop } from '../support/hub.js';
import { expectSchema } from '../support/schema.js';

const hawser = useHawser();

interface Outcome {
  readonly environment: string;
  readonly result?: {
    readonly space: string;
    readonly commit: string;
    readonly treeId: string;
    readonly unchanged: boolean;
    readonly created: boolean;
    readonly stage?: string;
    readonly pullRequest?: { readonly number: number };
    readonly settings: readonly unknown[];
    readonly changes: { readonly added: readonly string[]; readonly same: number };
  };
  readonly plan?: { readonly space: string };
  readonly staging?: string;
  readonly error?: {
    readonly code: string;
    readonly message: string;
    readonly hint: string;
    readonly exitCode: number;
  };
}

/** The pushes that `--json` names, held to the schema. */
function pushesOf({ json }: HawserEnd): readonly Outcome[] {
  const { ok, data } = json as { readonly ok: boolean; readonly data: { readonly pushes: readonly Outcome[] } };
  expect(ok).toBe(true);
  expectSchema('hf-push', data);
  return data.pushes;
}

describe('the documented invocations of hf push', () => {
  test.each([
    [['echo_env'], 'hawser/echo_env', false],
    [['coding_env', '--namespace', 'my-org'], 'my-org/coding_env', false],
    [['echo_env', '--space-name', 'my-custom-space'], 'hawser/my-custom-space', false],
    [['echo_env', '--namespace', 'my-org', '--space-name', 'my-custom-space'], 'my-org/my-custom-space', false],
    [['echo_env', '--private'], 'hawser/echo_env', true],
    [['echo_env', '--base-image', 'ghcr.io/my-org/custom-base:latest'], 'hawser/echo_env', false],
  ])('%j makes %s', async (args, space, isPrivate) => {
    const { run, hub, ask, fileOf, pathsOf, folder } = await openWorkshop(hawser);
    const { stdout, stderr, exitCode } = await run(['hf', 'push', ...args]);
    expect(stderr).toBe(`Pushing ${args[0]} …\n`);
    expect(stdout).toMatch(
      new RegExp(
        `^✓ ${hub.endpoint}/spaces/${space}: made, with 11 files\n  commit [0-9a-f]{40}, tree [0-9a-f]{40}\n$`,
      ),
    );
    expect(exitCode).toBe(0);
    expect(stdout).toContain(`tree ${hub.head(space)?.tree}`);
    expect(await ask(`/api/spaces/${space}`)).toMatchObject({ sdk: 'docker', private: isPrivate });
    const name = args[0] ?? '';
    expect(await pathsOf(space)).toEqual(
      expect.arrayContaining(['Dockerfile', 'README.md', 'src/core/server.py', `src/envs/${name}/models.py`]),
    );
    const dockerfile = await fileOf(space, 'Dockerfile');
    const base = args.includes('--base-image')
      ? 'ghcr.io/my-org/custom-base:latest'
      : 'ghcr.io/meta-pytorch/openenv-base:latest';
    expect(dockerfile).toContain(`ARG BASE_IMAGE=${base}\n`);
    expect(dockerfile).toContain('ENV ENABLE_WEB_INTERFACE=true\n');
    expect(await fileOf(space, 'README.md')).toMatch(
      /^---\ntitle: .*\nemoji: .*\n[^]*sdk: docker\n[^]*app_port: 8000\n/,
    );
    expect(existsSync(join(folder, 'hf-staging'))).toBe(false);
  });

  test('echo_env --dry-run changes nothing, and keeps the staged files', async () => {
    const { run, hub, folder, home, writes } = await openWorkshop(hawser);
    const { stdout, stderr, exitCode } = await run(['hf', 'push', 'echo_env', '--dry-run']);
    const staging = join(folder, 'hf-staging/echo_env');
    expect(stdout).toMatch(/^hawser\/echo_env: would be made\n {2}\+ Dockerfile \(\d+ bytes\)\n/);
    expect(stdout).toContain(`\n  staged in ${staging}\n`);
    expect([stderr, exitCode]).toEqual(['', 0]);
    expect(readFileSync(join(staging, 'Dockerfile'), 'utf8')).toContain('ENABLE_WEB_INTERFACE=true');
    expect(existsSync(join(staging, 'src/envs/echo_env/server/app.py'))).toBe(true);
    expect(writes()).toEqual([]);
    expect(hub.head('hawser/echo_env')).toBeUndefined();
    expect(existsSync(join(home, '.local'))).toBe(false);
  });
});

describe('hf push', () => {
  /** Where `echo_env` has been pushed, and what that push told. */
  let shop: Workshop;
  let first: Outcome | undefined;
  beforeAll(async () => {
    shop = await openWorkshop(hawser, { lasts: true });
    [first] = pushesOf(await shop.run(['hf', 'push', 'echo_env', '--json']));
  });

  test('a second push makes no commit, in at most four requests', async () => {
    const { run, hub } = shop;
    const before = hub.requests.length;
    const head = hub.head('hawser/echo_env');
    const [second] = pushesOf(await run(['hf', 'push', 'echo_env', '--json']));
    expect(first?.result).toMatchObject({ created: true, unchanged: false, commit: head?.commit });
    expect(second?.result).toMatchObject({ created: false, unchanged: true, commit: head?.commit, treeId: head?.tree });
    expect(hub.head('hawser/echo_env')).toEqual(head);
    expect(hub.requests.length - before).toBeLessThanOrEqual(4);
    const { stdout } = await run(['hf', 'push', 'echo_env']);
    expect(stdout).toContain('nothing to do, all 11 files are there');
  });

  test('a change is one commit, with the message that was given', async () => {
    const { run, hub, write, ask } = shop;
    const { commits = 0 } = hub.head('hawser/echo_env') ?? {};
    write({ 'src/core/server.py': 'VALUE = 2\n' });
    const { stdout } = await run(['hf', 'push', 'echo_env', '--message', 'Say it louder']);
    expect(stdout).toContain(': 0 added, 1 updated, 0 deleted, 10 as they were\n');
    expect(hub.head('hawser/echo_env')?.commits).toBe(commits + 1);
    expect(await ask('/api/spaces/hawser/echo_env/commits/main')).toMatchObject([{ title: 'Say it louder' }, {}, {}]);
  });

  test('an environment of today’s layout stands at the root, whatever its path is written like', async () => {
    const { run, pathsOf } = await openWorkshop(hawser, { files: flatEnvironment() });
    expect((await run(['hf', 'push', './envs/my_env/', '--quiet'])).exitCode).toBe(0);
    expect(await pathsOf('hawser/my_env')).toEqual(
      expect.arrayContaining(['Dockerfile', 'README.md', 'openenv.yaml', 'models.py', 'server/app.py']),
    );
    const [again] = pushesOf(await run(['hf', 'push', 'my_env', '--json']));
    expect(again?.result).toMatchObject({ space: 'hawser/my_env', unchanged: true });
  });

  test('--repo-id, --hardware, --variable and --secret are what the Space is made with', async () => {
    const { run, ask, folder, writes } = await openWorkshop(hawser);
    await writeFile(join(folder, 'key.txt'), 'planted-value-of-a-file\n');
    const push = ['hf', 'push', 'echo_env', '--repo-id', 'my-org/echo', '--hardware', 'cpu-upgrade'];
    const settings = [
      '--variable',
      'GREETING=a=b c',
      '--variable',
      'EMPTY=',
      '--secret',
      'API_KEY',
      '--secret',
      'OTHER=@key.txt',
    ];
    const { stdout, stderr, exitCode } = await run([...push, ...settings], {
      env: { API_KEY: 'planted-value-of-a-variable' },
    });
    expect([stderr, exitCode]).toEqual(['Pushing echo_env …\n', 0]);
    expect(stdout).not.toContain('planted');
    expect(await ask('/api/spaces/my-org/echo/variables')).toMatchObject({
      GREETING: { value: 'a=b c' },
      EMPTY: { value: '' },
    });
    expect(Object.keys((await ask('/api/spaces/my-org/echo/secrets')) as object)).toEqual(['API_KEY', 'OTHER']);
    expect(await ask('/api/spaces/my-org/echo/runtime')).toMatchObject({ hardware: { requested: 'cpu-upgrade' } });
    // In the request that makes the Space, so that the first build has them.
    expect(writes()).toEqual(['POST /api/repos/create', 'POST /api/spaces/my-org/echo/commit/main']);
  });

  test('a secret that was set is not set again, and never written down', async () => {
    const { run, home } = await openWorkshop(hawser);
    const push = ['hf', 'push', 'echo_env', '--secret', 'API_KEY', '--json'];
    await run(push, { env: { API_KEY: 'planted-one' } });
    const [same] = pushesOf(await run(push, { env: { API_KEY: 'planted-one' } }));
    expect(same?.result?.settings).toEqual([]);
    const [other] = pushesOf(await run(push, { env: { API_KEY: 'planted-two' } }));
    expect(other?.result).toMatchObject({ unchanged: true, settings: [{ kind: 'secret', key: 'API_KEY' }] });
    const journals = join(home, '.local/share/hawser/hf');
    // Journals, and receipts below them.
    const kept = readdirSync(journals, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    expect(kept.map(({ name }) => name)).toContainEqual(expect.stringMatching(/^[0-9a-f]{40}\.json$/));
    for (const { parentPath, name } of kept)
      expect(readFileSync(join(parentPath, name), 'utf8')).not.toContain('planted');
  });

  test.each([
    [
      ['--secret', 'API_KEY=planted-on-the-command-line'],
      'The value of the secret API_KEY stands on the command line.',
    ],
    [['--secret', 'NOT_THERE'], 'The environment has no NOT_THERE to make a secret of.'],
    [['--secret', 'A KEY'], "'A KEY' is no name of a secret."],
    [['--secret', 'API_KEY=@no-such-file'], 'The file with the secret API_KEY cannot be read: no-such-file.'],
    [['--variable', 'GREETING'], "'GREETING' sets no variable."],
  ])('%j is refused, and nothing is asked of the Hub: HAWSER_HF_SETTING', async (flags, message) => {
    const { run, hub } = await openWorkshop(hawser);
    const human = await run(['hf', 'push', 'echo_env', ...flags]);
    expect(human.stderr).toContain(`✗ ${message}\n`);
    expect([human.stdout, human.exitCode]).toEqual(['', 2]);
    const { json, stdout } = await run(['hf', 'push', 'echo_env', ...flags, '--json', '--debug']);
    expect(json).toMatchObject({ ok: false, error: { code: 'HAWSER_HF_SETTING', message, exitCode: 2 } });
    expect(human.stderr + stdout).not.toContain('planted');
    expect(hub.requests).toEqual([]);
  });

  test('--exclude leaves files out, --no-interface leaves the Dockerfile alone', async () => {
    const { run, pathsOf, fileOf } = await openWorkshop(hawser);
    await run(['hf', 'push', 'echo_env', '--exclude', 'client.py', '--exclude', '*.md', '--no-interface', '--quiet']);
    expect(await pathsOf('hawser/echo_env')).not.toContain('src/envs/echo_env/client.py');
    expect(await fileOf('hawser/echo_env', 'Dockerfile')).not.toContain('ENABLE_WEB_INTERFACE');
  });

  test('--create-only refuses a Space that is there: Failed to create space', async () => {
    const { stderr, exitCode } = await shop.run(['hf', 'push', 'echo_env', '--create-only']);
    expect(stderr).toContain(
      '✗ Failed to create space hawser/echo_env: there is one already.\n  Choose another --space-name',
    );
    expect(exitCode).toBe(1);
  });

  test('--pr proposes the change, and main stays', async () => {
    const { run, hub, write } = shop;
    const head = hub.head('hawser/echo_env');
    write({ 'src/core/server.py': 'VALUE = 3\n' });
    const { stdout, exitCode } = await run(['hf', 'push', 'echo_env', '--pr']);
    expect(stdout).toContain(`  proposed as ${hub.endpoint}/spaces/hawser/echo_env/discussions/1\n`);
    expect([hub.head('hawser/echo_env'), exitCode]).toEqual([head, 0]);
    expect(hub.head('hawser/echo_env', 'refs/pr/1')?.commit).not.toBe(head?.commit);
  });

  test('--keep-staging keeps the staged files after the push, below --staging-dir', async () => {
    const { run, folder } = await openWorkshop(hawser);
    const kept = join(folder, 'kept/echo_env');
    const { stderr } = await run(['hf', 'push', 'echo_env', '--keep-staging', '--staging-dir', 'kept']);
    expect(stderr).toContain(`Staged files are kept in ${kept}\n`);
    expect(existsSync(join(kept, 'Dockerfile'))).toBe(true);
    expect(existsSync(join(folder, 'hf-staging'))).toBe(false);
  });

  test('a push takes the staged files of a dry run away, and leaves a folder alone that it did not make', async () => {
    const { run, folder } = await openWorkshop(hawser);
    await run(['hf', 'push', 'echo_env', '--dry-run']);
    expect(existsSync(join(folder, 'hf-staging/echo_env'))).toBe(true);
    await run(['hf', 'push', 'echo_env']);
    expect(existsSync(join(folder, 'hf-staging'))).toBe(false);
    await mkdir(join(folder, 'hf-staging/echo_env'), { recursive: true });
    const { stderr, exitCode } = await run(['hf', 'push', 'echo_env']);
    expect(stderr).toContain(`! ${join(folder, 'hf-staging/echo_env')} was not made by a push, and is left alone.\n`);
    expect([existsSync(join(folder, 'hf-staging/echo_env')), exitCode]).toEqual([true, 0]);
  });
});

describe('several environments in one run', () => {
  test('share one identity, and each goes to its own Space', async () => {
    const { run, hub } = await openWorkshop(hawser);
    const { stdout, stderr, exitCode } = await run(['hf', 'push', 'echo_env', 'coding_env']);
    expect(stderr).toBe('Pushing echo_env, coding_env …\n');
    expect(stdout.match(/^✓ .*$/gm)).toEqual([
      `✓ ${hub.endpoint}/spaces/hawser/echo_env: made, with 11 files`,
      `✓ ${hub.endpoint}/spaces/hawser/coding_env: made, with 11 files`,
    ]);
    expect(exitCode).toBe(0);
    expect(hub.requests.filter(({ path }) => path === '/api/whoami-v2')).toHaveLength(1);
  });

  test('one that fails does not stop the others; the run ends with 1, and the JSON has each', async () => {
    const { run, hub, folder } = await openWorkshop(hawser);
    hub.fail({ method: 'POST', path: /coding_env\/commit\//, times: 99, does: { kind: 'status', status: 403 } });
    const args = ['hf', 'push', 'no_such_env', 'coding_env', 'echo_env'];
    const end = await run([...args, '--json']);
    const pushes = pushesOf(end);
    expect(pushes.map(({ environment, error }) => [environment, error?.code])).toEqual([
      ['no_such_env', 'HAWSER_HF_ENV_NOT_FOUND'],
      ['coding_env', 'HAWSER_HF_ACCESS_DENIED'],
      ['echo_env', undefined],
    ]);
    expect(end.exitCode).toBe(1);
    expect(hub.head('hawser/echo_env')?.commits).toBe(2);
    expect(existsSync(join(folder, 'hf-staging/coding_env/Dockerfile'))).toBe(true);
    expect(existsSync(join(folder, 'hf-staging/echo_env'))).toBe(false);

    const { stdout, stderr, exitCode } = await run(args);
    expect(stdout).toMatch(/^✗ no_such_env: Environment 'no_such_env' not found\. .*\n {2}Check the spelling/);
    expect(stdout).toMatch(/^✗ coding_env: Failed to upload to space hawser\/coding_env: /m);
    expect(stdout).toMatch(/^✓ .*\/spaces\/hawser\/echo_env: nothing to do/m);
    expect(stderr).toContain(`The staged files are kept in ${join(folder, 'hf-staging/coding_env')}\n`);
    expect(exitCode).toBe(1);
  });

  test('a dry run of several shows each', async () => {
    const { run, writes } = await openWorkshop(hawser);
    const end = await run(['hf', 'push', 'echo_env', 'no_such_env', '--dry-run', '--json']);
    const [echo, missing] = pushesOf(end);
    expect(echo?.plan?.space).toBe('hawser/echo_env');
    expect([missing?.error?.code, end.exitCode, writes()]).toEqual(['HAWSER_HF_ENV_NOT_FOUND', 1, []]);
  });

  test.each([
    ['--space-name', 'one'],
    ['--repo-id', 'my-org/one'],
    ['--space-name', 'one', '--dry-run'],
  ])('cannot go to one Space: %s %s', async (...flags) => {
    const { run, hub } = await openWorkshop(hawser);
    const { stderr, exitCode } = await run(['hf', 'push', 'echo_env', 'coding_env', ...flags]);
    expect(stderr).toContain('✗ Several environments cannot go to one Space.\n  Leave --space-name and --repo-id out');
    expect([hub.requests.length, exitCode]).toEqual([0, 2]);
  });
});
