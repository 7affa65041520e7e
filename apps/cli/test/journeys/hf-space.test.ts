import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { useHawser } from '../support/hawser.js';
import { openWorkshop, type Workshop } from '../support/hub.js';
import { startOpenEnv, type OpenEnvServer } from '../support/open-env.js';
import { expectSchema } from '../support/schema.js';

const hawser = useHawser();

/** What a command meets as the app of its Space. */
const meeting = (app: OpenEnvServer): Record<string, string> => ({
  HAWSER_TEST_APP: app.url,
  NODE_OPTIONS: `--import=${new URL('../support/reroute.mjs', import.meta.url).href}`,
});

/** Where `echo_env` runs, for the tests that read. */
let shop: Promise<Workshop> | undefined;

async function openRunning(): Promise<Workshop> {
  const build = () => ({ lines: ['one', '', 'three'], runLines: ['up'] });
  const made = await openWorkshop(hawser, { lasts: true, build });
  await made.run(['hf', 'push', 'echo_env', '--wait']);
  return made;
}

describe('hf push --wait', () => {
  test('ends when the Space runs', async () => {
    const { run } = await openWorkshop(hawser);
    const { stdout, exitCode } = await run(['hf', 'push', 'echo_env', '--wait']);
    expect(stdout).toMatch(/\n {2}RUNNING at https:\/\/hawser-echo-env\.hf\.space\n$/);
    expect(exitCode).toBe(0);
  });

  test('a build that fails is told with the end of its log, and the staged files are kept', async () => {
    const { run, folder } = await openWorkshop(hawser, {
      build: () => ({ ends: 'build-error', lines: ['Step 1 of 2', 'no such image'] }),
    });
    const { stdout, stderr, exitCode } = await run(['hf', 'push', 'echo_env', '--wait']);
    expect(stderr).toContain('The build log ends with:\n  Step 1 of 2\n  no such image\n');
    expect(stderr).toContain(`The staged files are kept in ${join(folder, 'hf-staging/echo_env')}\n`);
    expect(stderr).toMatch(/✗ The Space hawser\/echo_env could not be built: .*\n {2}hawser hf logs NAME --build/);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect([stdout, exitCode]).toEqual(['', 1]);
    expect(existsSync(join(folder, 'hf-staging/echo_env/Dockerfile'))).toBe(true);
    const other = await run(['hf', 'push', 'coding_env', '--wait', '--json']);
    expect(other.json).toMatchObject({
      ok: false,
      error: {
        code: 'HAWSER_HF_BUILD_FAILED',
        exitCode: 1,
        details: { log: 'build', stagingFolder: join(folder, 'hf-staging/coding_env') },
      },
    });
  });

  test('--rollback-on-failure goes back to the commit before, and still ends with 1', async () => {
    let ends: 'running' | 'build-error' = 'running';
    const { run, hub, write } = await openWorkshop(hawser, { build: () => ({ ends }) });
    await run(['hf', 'push', 'echo_env', '--wait']);
    const head = hub.head('hawser/echo_env');
    write({ 'src/core/server.py': 'BROKEN\n' });
    ends = 'build-error';
    const { stderr, exitCode } = await run(['hf', 'push', 'echo_env', '--rollback-on-failure']);
    expect(stderr).toContain(
      `hawser/echo_env is back at ${head?.commit.slice(0, 10)}.\n  The Space runs what it ran before.`,
    );
    expect(exitCode).toBe(1);
    expect(hub.head('hawser/echo_env')).toMatchObject({ tree: head?.tree, commits: (head?.commits ?? 0) + 2 });
  });

  test('--timeout gives up: HAWSER_HF_WAIT_TIMEOUT', async () => {
    const { run } = await openWorkshop(hawser, { build: () => ({ ends: 'never' }) });
    const { json, exitCode } = await run(['hf', 'push', 'echo_env', '--timeout', '1ms', '--json']);
    expect(json).toMatchObject({ ok: false, error: { code: 'HAWSER_HF_WAIT_TIMEOUT', exitCode: 1 } });
    expect(exitCode).toBe(1);
  });

  test('--live holds the running app to the rules of OpenEnv', async () => {
    await using app = await startOpenEnv();
    const { run } = await openWorkshop(hawser);
    expect((await run(['hf', 'push', 'echo_env', '--live'], { env: meeting(app) })).exitCode).toBe(0);
    expect(app.tokens).toEqual(new Set([undefined]));
    app.isHealthy = false;
    const { stderr, exitCode } = await run(['hf', 'push', 'echo_env', '--live'], { env: meeting(app) });
    expect(stderr).toContain('✗ The app of hawser/echo_env runs, but GET /health does not say healthy.');
    expect(exitCode).toBe(1);
  });

  test('--live shows the token to the app of a private Space only', async () => {
    await using app = await startOpenEnv();
    const { run, env } = await openWorkshop(hawser);
    expect((await run(['hf', 'push', 'echo_env', '--live', '--private'], { env: meeting(app) })).exitCode).toBe(0);
    expect(app.tokens).toEqual(new Set([`Bearer ${env['HF_TOKEN']}`]));
  });

  test('Ctrl-C ends it with 130, and the next push goes on', async () => {
    const { start, run, hub, folder } = await openWorkshop(hawser, { build: () => ({ ends: 'never' }) });
    const pushing = start(['hf', 'push', 'echo_env', '--wait']);
    await hub.requested(({ path }) => path.includes('/runtime'));
    pushing.kill('SIGINT');
    const { stdout, stderr, exitCode } = await pushing.ended;
    expect(stderr).toMatch(/✗ Cancelled\.\n$/);
    expect([stdout, exitCode]).toEqual(['', 130]);
    expect(existsSync(join(folder, 'hf-staging'))).toBe(false);
    const { commits } = hub.head('hawser/echo_env') ?? {};
    const next = await run(['hf', 'push', 'echo_env']);
    expect(next.stdout).toContain('the commit of a push that was cut off is there, with 11 files');
    expect(hub.head('hawser/echo_env')?.commits).toBe(commits);
  });
});

describe('hf wait', () => {
  test('ends when the Space runs what was last committed', async () => {
    const { run } = await openWorkshop(hawser, { build: () => ({ readings: 2 }) });
    await run(['hf', 'push', 'echo_env']);
    const { stdout, stderr, exitCode } = await run(['hf', 'wait', 'echo_env']);
    expect([stdout, stderr]).toEqual([
      'RUNNING at https://hawser-echo-env.hf.space\n',
      'Waiting for hawser/echo_env …\n',
    ]);
    expect(exitCode).toBe(0);
  });

  test('what does not run is an error with its log: HAWSER_HF_RUN_FAILED', async () => {
    const { run } = await openWorkshop(hawser, { build: () => ({ ends: 'runtime-error', runLines: ['Traceback'] }) });
    await run(['hf', 'push', 'echo_env']);
    const { json, exitCode } = await run(['hf', 'wait', 'hawser/echo_env', '--json']);
    expect(json).toMatchObject({
      ok: false,
      error: { code: 'HAWSER_HF_RUN_FAILED', details: { log: 'run', lines: ['Traceback'] } },
    });
    expect(exitCode).toBe(1);
  });
});

describe('hf status', () => {
  test('what runs, and the last commits, by any name of the Space', async () => {
    const { run, hub } = await (shop ??= openRunning());
    for (const name of ['echo_env', 'hawser/echo_env', './src/envs/echo_env', 'src/envs/echo_env/']) {
      const { stdout, exitCode } = await run(['hf', 'status', name]);
      const [first, second] = stdout.split('\n');
      expect(first).toBe(`${hub.endpoint}/spaces/hawser/echo_env: RUNNING at https://hawser-echo-env.hf.space`);
      expect(second).toMatch(
        new RegExp(`^  ${hub.head('hawser/echo_env')?.commit.slice(0, 10)} \\d{4}-\\S+ Push echo_env with hawser$`),
      );
      expect(exitCode).toBe(0);
    }
    const { json } = await run(['hf', 'status', 'echo_env', '--json']);
    expectSchema('hf-status', (json as { readonly data: unknown }).data);
  });

  test('a Space that is not there: HAWSER_HF_SPACE_NOT_FOUND', async () => {
    const { run } = await (shop ??= openRunning());
    const { stderr, exitCode } = await run(['hf', 'status', 'nothing']);
    expect(stderr).toContain('✗ There is no Space hawser/nothing, or it is hidden from you.\n  Check the name');
    expect(exitCode).toBe(1);
  });
});

describe('hf logs', () => {
  test('prints the lines, empty ones too, and nothing else', async () => {
    const { run } = await (shop ??= openRunning());
    expect(await run(['hf', 'logs', 'echo_env', '--build'])).toMatchObject({
      stdout: 'one\n\nthree\n',
      stderr: '',
      exitCode: 0,
    });
    expect(await run(['hf', 'logs', 'echo_env'])).toMatchObject({ stdout: 'up\n', stderr: '', exitCode: 0 });
    const { stdout } = await run(['hf', 'logs', 'echo_env', '--build', '--json']);
    const lines = stdout.trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      { line: 'one', timestamp: expect.stringMatching(/^\d{4}-/) as unknown },
      { line: '' },
      { line: 'three' },
    ]);
  });

  test('--follow goes on until Ctrl-C, which ends it with 130 and without a word', async () => {
    const { start } = await (shop ??= openRunning());
    const following = start(['hf', 'logs', 'echo_env', '-f']);
    await following.until(/up\n/);
    following.kill('SIGINT');
    expect(await following.ended).toMatchObject({ stdout: 'up\n', stderr: '', exitCode: 130 });
  });
});

describe('hf rollback', () => {
  test('makes the Space hold again what it held before, in a new commit', async () => {
    const { run, hub, write } = await openWorkshop(hawser);
    await run(['hf', 'push', 'echo_env']);
    const before = hub.head('hawser/echo_env');
    write({ 'src/core/server.py': 'VALUE = 7\n' });
    await run(['hf', 'push', 'echo_env']);
    const { stdout, stderr, exitCode } = await run(['hf', 'rollback', 'echo_env']);
    const after = hub.head('hawser/echo_env');
    expect(stdout).toBe(`hawser/echo_env holds what it held at ${before?.commit}: commit ${after?.commit}\n`);
    expect([stderr, exitCode]).toEqual(['Rolling hawser/echo_env back …\n', 0]);
    expect(after).toMatchObject({ tree: before?.tree, commits: (before?.commits ?? 0) + 2 });
    const { json } = await run(['hf', 'wait', 'echo_env', '--json']);
    expect(json).toMatchObject({ ok: true, data: { stage: 'RUNNING', proof: 'transition' } });
  });

  test('--to a commit; a Space with nothing before has nothing to go back to', async () => {
    const { run, hub, write } = await openWorkshop(hawser);
    await run(['hf', 'push', 'echo_env']);
    const first = hub.head('hawser/echo_env');
    const nothing = await run(['hf', 'rollback', 'echo_env', '--json']);
    expect(nothing.json).toMatchObject({ ok: false, error: { code: 'HAWSER_HF_NOTHING_TO_ROLL_BACK', exitCode: 1 } });
    for (const value of ['8', '9']) {
      write({ 'src/core/server.py': `VALUE = ${value}\n` });
      await run(['hf', 'push', 'echo_env']);
    }
    const { json } = await run(['hf', 'rollback', 'echo_env', '--to', first?.commit.slice(0, 8) ?? '', '--json']);
    expectSchema('hf-rollback', (json as { readonly data: unknown }).data);
    expect(hub.head('hawser/echo_env')?.tree).toBe(first?.tree);
  });
});

test('a Hub that cannot be reached is an error with the next step; a dry run goes on without it', async () => {
  const silent = createServer().listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const { port } = silent.address() as AddressInfo;
  silent.close();
  await once(silent, 'close');
  const { run, folder } = await openWorkshop(hawser);
  const env = { HF_ENDPOINT: `http://127.0.0.1:${port}` };
  const [push, dry] = await Promise.all([
    run(['hf', 'push', 'echo_env'], { env }),
    run(['hf', 'push', 'coding_env', '--dry-run'], { env }),
  ]);
  expect(push.stderr).toMatch(
    /✗ .*127\.0\.0\.1.*\n {2}Check the connection and HF_ENDPOINT; proxies are not used\.\n$/,
  );
  expect(push.exitCode).toBe(1);
  expect(dry.stderr).toMatch(/^! .*: the Space is not looked at\.\n$/);
  expect(dry.exitCode).toBe(0);
  expect(existsSync(join(folder, 'hf-staging/coding_env/Dockerfile'))).toBe(true);
});
