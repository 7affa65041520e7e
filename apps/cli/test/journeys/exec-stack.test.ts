import { readFileSync, statSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type AwsEmulator, startAwsEmulator } from '@hawser/emulators/aws';
import { useHawser } from '../support/hawser.js';
import { expectSchema } from '../support/schema.js';

const hawser = useHawser();
const token = 'ghp_PLANTED0123456789abcdefghijklmnop';
const images = { machine: 'registry.test/machine:1', git: 'registry.test/git:1', shell: 'registry.test/busybox:1' };
const parameters = [`DefaultImage=${images.machine}`, `InitImage=${images.git}`, `ShellImage=${images.shell}`].flatMap(
  (one) => ['--parameter', one],
);
let aws: AwsEmulator;

beforeAll(async () => {
  const digest = (letter: string) => ({ digest: `sha256:${letter.repeat(64)}` });
  aws = await startAwsEmulator({
    minuteMs: 0,
    images: { [images.machine]: digest('a'), [images.git]: digest('b'), [images.shell]: digest('c') },
  });
});
afterAll(() => aws.close());
beforeEach(async () => {
  aws.faults = {};
  await rm(join(hawser.home, '.config'), { recursive: true, force: true });
});

const exec = (args: readonly string[], options: { readonly stdin?: string } = {}) =>
  hawser.run(['exec', ...args], { env: aws.env, ...options });
const init = (...args: readonly string[]) => exec(['init', '--yes', ...parameters, ...args]);
const destroy = (...args: readonly string[]) => exec(['destroy', '--force', ...args]);
const file = (): string => join(hawser.home, '.config/hawser/config.yaml');

/** What is in the account; nothing is left by whoever cleaned up. */
const left = (): unknown => aws.inventory();

describe('hawser exec init', () => {
  test('--plan lists what would be made, and leaves nothing behind', async () => {
    const { stdout, exitCode } = await exec(['init', '--plan']);
    expect(stdout).toMatch(/^Stack hawser in us-east-1, account 123456789012: \d+ changes\.\n {2}\+ EC2::VPC +Vpc\n/);
    expect(stdout).toMatch(/Nothing was made\.\n$/);
    expect(exitCode).toBe(0);
    expect(left()).toEqual({});
  });

  test('asks before it makes anything, and where nobody can answer leaves nothing behind', async () => {
    const { stderr, exitCode } = await exec(['init']);
    expect(stderr).toContain('--yes');
    expect(exitCode).toBe(2);
    expect(left()).toEqual({});
  });

  test('a name or a parameter that cannot be is refused before anything is made', async () => {
    for (const [args, why] of [
      [['--stack-name', 'ssm-tools'], 'which SSM keeps for itself'],
      [['--stack-name', '9lives'], 'a letter, then letters'],
      [['--parameter', 'Imaeg=debian'], 'The stack has no parameter Imaeg'],
      [['--ssh-key-file', join(import.meta.dirname, 'exec-stack.test.ts')], 'holds no private key'],
    ] as const) {
      const { stderr, exitCode } = await exec(['init', '--yes', ...args]);
      expect([exitCode, stderr]).toEqual([2, expect.stringContaining(why)]);
    }
    expect(left()).toEqual({});
  });
});

test('init, a command in the cloud, doctor, init again, destroy: nothing is left', async () => {
  const made = await exec(['init', '--yes', '--json', ...parameters, '--git-token-stdin'], { stdin: `${token}\n` });
  const { data } = JSON.parse(made.stdout) as { data: Record<string, string> };
  expectSchema('exec-init', data);
  expect(data).toMatchObject({ stack: 'hawser', action: 'create', code: 'sent', git_host: 'github.com' });
  expect(statSync(file()).mode & 0o777).toBe(0o600);
  expect(readFileSync(file(), 'utf8')).toContain(`api_key: ${data['api_key']}`);

  const ran = await exec(['--no-repo', "echo 'hello from the cloud'; exit 7"]);
  expect(ran.stdout).toBe('hello from the cloud\n');
  expect(ran.exitCode).toBe(7);

  const well = await exec(['doctor', '--json']);
  const found = (JSON.parse(well.stdout) as { data: { checks: { id: string; state: string }[] } }).data;
  expectSchema('exec-doctor', found);
  expect(found.checks.filter(({ state }) => state !== 'ok')).toEqual([]);
  expect(found.checks.map(({ id }) => id)).toEqual(
    expect.arrayContaining(['git', 'endpoint', 'key', 'aws-roles', 'aws-log-group']),
  );

  // Others need the key alone, and it is asked about before it is kept.
  const endpoint = [
    'configure',
    '--endpoint',
    data['api_endpoint'] ?? '',
    '--api-key-stdin',
    '--backend',
    'mate',
    '--json',
  ];
  const mate = await exec(endpoint, { stdin: `${data['api_key']}\n` });
  expectSchema('exec-configure', (JSON.parse(mate.stdout) as { data: unknown }).data);
  expect(mate.stdout + mate.stderr).not.toContain(data['api_key']);
  const stranger = await exec(endpoint, { stdin: `sk_live_${'0'.repeat(64)}\n` });
  expect(JSON.parse(stranger.stdout)).toMatchObject({ ok: false, error: { code: 'HAWSER_EXEC_UNAUTHORIZED' } });
  const ofStack = await exec(['configure', '--api-key-stdin', '--json'], { stdin: `${data['api_key']}\n` });
  expect(JSON.parse(ofStack.stdout)).toMatchObject({
    data: { backend: 'hawser', stack: 'hawser', region: 'us-east-1' },
  });
  const plain = await exec(['configure', '--endpoint', 'http://service.example', '--api-key-stdin'], { stdin: 'x' });
  expect([plain.exitCode, plain.stderr]).toEqual([2, expect.stringContaining('no address of a service')]);

  const wrong = { ...aws.env, HAWSER_EXEC_API_KEY: `sk_live_${'0'.repeat(64)}` };
  const ill = await hawser.run(['exec', 'doctor', '--backend', 'hawser', '--json'], { env: wrong });
  const illness = (JSON.parse(ill.stdout) as { data: { checks: { id: string; state: string }[] } }).data.checks;
  expect(illness.filter(({ state }) => state === 'fail').map(({ id }) => id)).toEqual(['key']);
  expect(ill.exitCode).toBe(1);

  const again = await init('--json');
  expect(JSON.parse(again.stdout)).toMatchObject({ data: { action: 'none', code: 'unchanged' } });
  expect(again.stdout).not.toContain('sk_live_');
  expect(readFileSync(file(), 'utf8')).toContain(`api_key: ${data['api_key']}`);

  const changed = await init('--parameter', 'MaxTimeoutSeconds=600');
  expect(changed.stderr).toContain('~ Lambda::Function');
  expect(changed.exitCode).toBe(0);

  // The token is where secrets are, and nowhere else.
  const carried = aws.calls
    .filter(({ input }) => JSON.stringify(input).includes(token))
    .map(({ operation }) => operation);
  expect(carried).toEqual(['ssm:PutParameter']);
  for (const text of [made.stdout, made.stderr, again.stdout, readFileSync(file(), 'utf8')])
    expect(text).not.toContain(token);

  const running = hawser.start(['exec', '--no-repo', '--backend', 'hawser', 'echo up; exec sleep 1000'], {
    env: aws.env,
  });
  await running.until(/up/);
  running.kill('SIGKILL');
  const gone = await destroy('--json');
  expect([gone.exitCode, gone.stdout]).toEqual([0, expect.stringContaining('"ok":')]);
  expectSchema('exec-destroy', (JSON.parse(gone.stdout) as { data: unknown }).data);
  expect(JSON.parse(gone.stdout)).toMatchObject({
    data: { tasks: 1, definitions: 1, logs: 'removed', left: [], backends: ['hawser'] },
  });
  expect(left()).toEqual({});
  const nothing = await destroy('--json');
  expect(JSON.parse(nothing.stdout)).toMatchObject({
    error: {
      code: 'HAWSER_EXEC_BACKEND_STACK_MISSING',
      message: 'There is no stack hawser in us-east-1, and nothing of one.',
    },
  });
  expect(nothing.exitCode).toBe(1);
}, 60_000);

test('Ctrl-C during init says what goes on, and the same command goes on from there; logs stay if asked', async () => {
  const started = hawser.start(['exec', 'init', '--yes', ...parameters], { env: aws.env });
  await started.until(/CREATE_IN_PROGRESS/, 'stderr');
  started.kill('SIGINT');
  const stopped = await started.ended;
  expect(stopped.exitCode).toBe(130);
  expect(stopped.stderr).toContain(
    'Run the same command again to go on from there, or hawser exec destroy to remove it',
  );
  expect((await init()).stdout).toContain('Setup complete!');
  expect((await destroy('--keep-logs')).stderr).toContain('Kept /hawser/executions');
  expect(left()).toEqual({ logGroups: ['/hawser/executions'] });
  // The group that is there is taken up again, and goes with the second stack.
  expect((await init()).exitCode).toBe(0);
  expect((await destroy()).exitCode).toBe(0);
  expect(left()).toEqual({});
}, 60_000);

test('a creation that fails is rolled back and named; the next init makes it anew', async () => {
  aws.faults = { resourceFails: { Function: 'No room for another function' } };
  const failed = await init('--json');
  expect(JSON.parse(failed.stdout)).toMatchObject({
    error: {
      code: 'HAWSER_EXEC_BACKEND_STACK_FAILED',
      message: 'The stack hawser could not be made: Function (AWS::Lambda::Function): No room for another function.',
    },
  });
  expect(failed.exitCode).toBe(1);
  aws.faults = {};
  const made = await init();
  expect(made.stderr).toContain('it is ROLLBACK_COMPLETE; it is deleted, and made anew');
  expect(made.stdout).toContain('Setup complete!');

  // A stack that cannot be deleted whole is told of, and goes when it can.
  aws.faults = { deleteFails: ['TaskSecurityGroup'] };
  const stuck = await destroy('--stack-name', 'hawser');
  expect(stuck.exitCode).toBe(1);
  expect(stuck.stdout + stuck.stderr).toContain('TaskSecurityGroup');
  const given = await destroy('--abandon', '--keep-logs');
  expect(given.stdout).toContain('The stack hawser is gone, but not TaskSecurityGroup');
  expect(given.exitCode).toBe(1);
}, 60_000);
