import { execFileSync, spawnSync } from 'node:child_process';
import { mkdir, readdir, readFile, readlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { describeReal } from '../../../../test/support/counterparts.js';
import { objects, planted, plantedInCluster } from '../../../../test/support/arc-objects.js';
import { openArcWorld, whose, type ArcWorld } from '../support/arc.js';
import { useEmulator } from '../support/emulator.js';
import { useHawser } from '../support/hawser.js';
import { ConnectProxy } from '../support/proxy.js';
import { expectSchema } from '../support/schema.js';

const hawser = useHawser();
const aws = useEmulator();
const name = 'linux-abcde-runner-fghij';
const pod = objects.pod(name);

interface Report {
  readonly success: boolean;
  readonly outcome: string;
  readonly notes: string;
  readonly polls: number;
  readonly checks: readonly { readonly id: string; readonly status: string }[];
}

/** Every file below a folder, with its content. */
async function filesBelow(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Object.fromEntries(
    await Promise.all(
      files.map(async (file) => [file.slice(folder.length + 1), await readFile(file, 'utf8')] as const),
    ),
  );
}

async function snapshot(world: ArcWorld, content: unknown): Promise<string> {
  const path = join(world.folder, 'snapshot.json');
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

describe('arc verify', () => {
  test('an idle set: exit code 0, and artefacts that latest points to', async () => {
    await using world = await openArcWorld(hawser);
    const { stdout, stderr, exitCode } = await world.run(['arc', 'verify', ...whose]);
    expect([exitCode, stdout.split('\n')[0]]).toEqual([0, 'Runner scale set is healthy']);
    expect(stdout).toContain('✓ C7  0 runners, no more than the 0 that are kept, and none with a job.');
    const arc = join(world.folder, '.hawser/arc');
    const latest = await readlink(join(arc, 'latest'));
    expect(latest).toMatch(/^\d{8}T\d{6}Z$/);
    expect(stderr).toContain(`Kept in ${join(arc, latest)}`);
    const files = await filesBelow(join(arc, latest));
    expect(Object.keys(files).toSorted()).toEqual([
      'arc_verification.txt',
      'evidence/cluster.json',
      'evidence/github.json',
      'evidence/snapshot.json',
      'junit.xml',
      'metadata.json',
      'report.md',
      'summary.json',
    ]);
    expect(JSON.parse(files['metadata.json'] ?? '')).toEqual({
      command: ['hawser', 'arc', 'verify'],
      owner: 'acme',
      repository: 'app',
      scale_set: 'linux',
      timestamp: latest,
    });
    expect(files['arc_verification.txt']).toMatch(/^Runner scale set is healthy\n/);
    expect(await readFile(join(world.folder, '.hawser/.gitignore'), 'utf8')).toBe('*\n');
  });

  test('an unhealthy one: exit code 1, what is wrong, and the same artefacts', async () => {
    await using world = await openArcWorld(hawser);
    world.put(objects.runner(name, { phase: 'Failed', reason: 'TooManyPodFailures' }));
    const { stdout, exitCode } = await world.run(['arc', 'verify', ...whose, '--store-dir', 'out']);
    expect([exitCode, stdout.split('\n')[0]]).toEqual([1, 'Runner scale set is unhealthy']);
    expect(stdout).toContain(`✗ C4  1 EphemeralRunner failed for good: ${name} (TooManyPodFailures).`);
    expect(stdout).toContain(`kubectl delete ephemeralrunner -n arc-runners ${name}`);
    const files = await filesBelow(join(world.folder, 'out', await readlink(join(world.folder, 'out/latest'))));
    expect(Object.keys(files)).toHaveLength(8);
    expect(JSON.parse(files['summary.json'] ?? '')).toMatchObject({ success: false, outcome: 'unhealthy' });
  });

  test('a set that drains while one waits: live progress, then 0', async () => {
    await using world = await openArcWorld(hawser);
    world.put(pod);
    const running = world.start(['arc', 'verify', ...whose, '--poll-interval', '0.2']);
    await running.until(/C7: 1 runner where 0 are kept/, 'stderr');
    world.remove(pod);
    const { exitCode, stdout } = await running.ended;
    expect([exitCode, stdout.split('\n')[0]]).toEqual([0, 'Runner scale set is healthy']);
  });

  test('time that is over: exit code 1', async () => {
    await using world = await openArcWorld(hawser);
    world.put(pod);
    const { exitCode, json } = await world.run(['arc', 'verify', ...whose, '--timeout', '0', '--json']);
    const { data } = json as { data: Report };
    expect([exitCode, data.outcome, data.success]).toEqual([1, 'timed-out', false]);
    expectSchema('arc-verify', data);
  });

  test('Ctrl-C: 130', async () => {
    await using world = await openArcWorld(hawser);
    world.put(pod);
    const running = world.start(['arc', 'verify', ...whose]);
    await running.until(/C7:/, 'stderr');
    running.kill('SIGINT');
    expect((await running.ended).exitCode).toBe(130);
  });

  test('it says so when it runs on a runner of the very set, and does not wait', async () => {
    await using world = await openArcWorld(hawser);
    world.put(pod);
    const job = { GITHUB_ACTIONS: 'true', RUNNER_NAME: name };
    const { stdout, exitCode } = await world.run(['arc', 'verify', ...whose], job);
    expect(exitCode).toBe(1);
    expect(stdout).toContain(`This runs on ${name}, a runner of the very scale set it waits for`);
  });

  test('--output json is one object with what the web page of upstream reads, and --status-path is the same', async () => {
    await using world = await openArcWorld(hawser);
    const { stdout } = await world.run(['arc', 'verify', ...whose, '--output', 'json', '--status-path', 'status.json']);
    const report = JSON.parse(stdout) as object;
    expect(report).toMatchObject({ success: true, verified_at: expect.any(String), notes: expect.any(String) });
    expect(JSON.parse(await readFile(join(world.folder, 'status.json'), 'utf8'))).toEqual(report);
  });

  test('--dry-run asks nobody', async () => {
    await using world = await openArcWorld(hawser);
    const { stdout, exitCode } = await world.run(['arc', 'verify', ...whose, '--dry-run']);
    expect(stdout).toContain(`looks at: ${world.kube.url} (context emulated)`);
    expect([exitCode, world.kube.requests, world.github.requests]).toEqual([0, [], []]);
  });

  test.each([
    [['--repository', 'acme/app'], 'HAWSER_CLI_USAGE'],
    [[...whose, '--owner', 'other'], 'HAWSER_ARC_BAD_INPUT'],
    [[...whose, '--timeout', 'soon'], 'HAWSER_CLI_USAGE'],
    [[...whose, '--context', 'other'], 'HAWSER_KUBE_CONFIG_INVALID'],
    [['--snapshot', 'nowhere.json'], 'HAWSER_ARC_SNAPSHOT_INVALID'],
  ])('%j: exit code 2', async (args, code) => {
    await using world = await openArcWorld(hawser);
    const { exitCode, json } = await world.run(['arc', 'verify', ...args, '--json']);
    expect([exitCode, json]).toEqual([2, expect.objectContaining({ error: expect.objectContaining({ code }) })]);
  });

  test('a full disk hides no verdict: an error where the results were asked for, a warning else', async () => {
    await using world = await openArcWorld(hawser);
    const small = join(world.folder, 'small');
    await mkdir(small);
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=4k', 'none', small]).status === 0;
    // Where nothing may be mounted, a file in the place of a folder stands in.
    if (!mounted) await writeFile(join(small, 'out'), '');
    try {
      const asked = await world.run(['arc', 'verify', ...whose, '--store-dir', join(small, 'out')]);
      expect([asked.exitCode, asked.stdout.split('\n')[0]]).toEqual([1, 'Runner scale set is healthy']);
      expect(asked.stderr).toContain(mounted ? 'the disk is full' : 'cannot be kept');
      const { json } = await world.run(['arc', 'verify', ...whose, '--store-dir', join(small, 'out'), '--json']);
      expect(json).toMatchObject({ error: { code: 'HAWSER_ARC_STORE_FAILED', details: { success: true } } });
      if (mounted) expect(await readdir(join(small, 'out'))).toEqual([]);
      const kept = join(world.folder, '.hawser');
      await mkdir(kept);
      await writeFile(join(kept, 'arc'), '');
      const unasked = await world.run(['arc', 'verify', ...whose]);
      expect([unasked.exitCode, unasked.stdout.split('\n')[0]]).toEqual([0, 'Runner scale set is healthy']);
      expect(unasked.stderr).toContain('The verdict stands all the same.');
    } finally {
      if (mounted) spawnSync('umount', [small]);
    }
  });

  test('no secret is shown or kept: not the token, and not what the cluster holds', async () => {
    await using world = await openArcWorld(hawser, { token: planted });
    world.put(objects.runner(name, { phase: 'Failed', reason: planted, message: `Bearer ${planted}` }));
    world.github.setRunners('orgs/acme', [{ id: 1, name: planted, busy: true, labels: ['linux'] }]);
    const runs = [
      await world.run(['arc', 'verify', ...whose, '--debug', '--status-path', 'status.json']),
      await world.run(['arc', 'verify', ...whose, '--json']),
      await world.run(['arc', 'record', ...whose, '--looks', '1', '--json']),
      await world.run(['arc', 'verify', ...whose, '--debug'], { GITHUB_TOKEN: `${planted}wrong` }),
    ];
    const said = runs.map(({ stdout, stderr }) => stdout + stderr).join('\n');
    const files = { ...(await filesBelow(world.folder)), kubeconfig: '' };
    for (const text of [said, ...Object.values(files)]) {
      expect(text).not.toContain(planted);
      expect(text).not.toContain(plantedInCluster);
    }
    expect(said).toContain('[redacted]');
  });
});

describe('recordings', () => {
  test('arc record, then arc verify --snapshot: the same verdict, byte for byte, with nobody there', async () => {
    await using world = await openArcWorld(hawser);
    world.put(objects.runner(name, { phase: 'Failed', reason: 'InvalidPod' }));
    const recorded = await world.run(['arc', 'record', ...whose, '--output', 'recording.json', '--json']);
    expect(recorded).toMatchObject({ exitCode: 0, json: { data: { looks: 1, outcome: 'unhealthy' } } });
    expectSchema('arc-record', (recorded.json as { data: unknown }).data);
    await world.run(['arc', 'verify', ...whose, '--store-dir', 'live']);
    const evidence = join(world.folder, 'live/latest/evidence/snapshot.json');
    const nobody = { KUBECONFIG: '/nowhere', GITHUB_TOKEN: '', GITHUB_SERVER_URL: '' };
    const replay = ['arc', 'verify', '--store-dir', 'replayed', '--snapshot'];
    const live = await readFile(join(world.folder, 'live/latest/summary.json'), 'utf8');
    const { exitCode } = await world.run([...replay, evidence], nobody);
    expect([exitCode, await readFile(join(world.folder, 'replayed/latest/summary.json'), 'utf8')]).toEqual([1, live]);
    const other = await world.run(['arc', 'verify', '--snapshot', 'recording.json', '--output', 'json'], nobody);
    expect(JSON.parse(other.stdout)).toMatchObject({ outcome: 'unhealthy', polls: 1, scale_set: 'linux' });
  });

  test.each([
    [
      'healthy in the end',
      {
        iterations: [
          { pods: ['a'], runners: [] },
          { pods: [], runners: [{ name: 'x', busy: false }] },
        ],
      },
      0,
    ],
    ['never', [{ pods: ['a'], runners: [] }], 1],
    ['busy', [{ pods: [], runners: [{ name: 'x', busy: true }] }], 1],
    ['deep', '['.repeat(300_000), 2],
  ])("upstream's form, %s", async (_, content, expected) => {
    await using world = await openArcWorld(hawser);
    const path = await snapshot(world, content);
    const flags = ['--owner', 'acme', '--repository', 'app', '--scale-set', 'linux', '--no-store-summary'];
    const { exitCode, stdout } = await world.run(['arc', 'verify', ...flags, '--snapshot', path]);
    expect(exitCode).toBe(expected);
    if (expected < 2)
      expect(stdout.split('\n')[0]).toBe(`Runner scale set is ${expected === 0 ? 'healthy' : 'unhealthy'}`);
    expect((await readdir(world.folder)).includes('.hawser')).toBe(false);
  });

  test('--verify-oidc tells whose credentials these are, as upstream did', async () => {
    await using world = await openArcWorld(hawser);
    const path = await snapshot(world, [{}]);
    const endpoint = { ...aws.env, HAWSER_ENDPOINT_URL: aws.env['AWS_ENDPOINT_URL'] ?? '' };
    const args = ['arc', 'verify', '--snapshot', path, '--verify-oidc', '--output', 'json', '--no-store-summary'];
    const { stdout, exitCode } = await world.run(args, endpoint);
    const report = JSON.parse(stdout) as Report & { readonly identity: object };
    expect(report.identity).toEqual({
      arn: expect.stringMatching(/^arn:aws:/),
      account: expect.stringMatching(/^\d{12}$/),
      source: expect.any(String),
    });
    expect(report.checks.find(({ id }) => id === 'C12')).toMatchObject({ status: 'warn' });
    expect(exitCode).toBe(0);
  });

  test('--verify-oidc asks AWS through the proxy that is set', async () => {
    await using world = await openArcWorld(hawser);
    await using proxy = await ConnectProxy.start(aws.env['AWS_ENDPOINT_URL'] ?? '');
    const path = await snapshot(world, [{}]);
    const far = { ...aws.env, HTTP_PROXY: proxy.url, HAWSER_ENDPOINT_URL: 'http://sts.test' };
    const args = ['arc', 'verify', '--snapshot', path, '--verify-oidc', '--no-store-summary', '--json'];
    const { json } = await world.run(args, far);
    expect(json).toMatchObject({ data: { identity: { arn: expect.stringMatching(/^arn:aws:/) } } });
    expect(new Set(proxy.connected)).toEqual(new Set(['sts.test:80']));
  });

  test('one that is larger than any recording is refused before it is read', async () => {
    await using world = await openArcWorld(hawser);
    const path = join(world.folder, 'huge.json');
    await writeFile(path, '');
    await truncate(path, 65 << 20);
    const { exitCode, json } = await world.run(['arc', 'verify', '--snapshot', path, '--json']);
    expect([exitCode, json]).toMatchObject([2, { error: { message: expect.stringContaining('larger than 64 MiB') } }]);
  });
});

test('arc watch tells each change as a line of JSON, until it is told to end', async () => {
  await using world = await openArcWorld(hawser);
  const running = world.start(['arc', 'watch', ...whose, '--poll-interval', '0.2', '--json']);
  await running.until(/"outcome":"healthy".*\n/);
  world.put(pod);
  await running.until(/"outcome":"waiting".*\n/);
  world.remove(pod);
  await running.until(/"outcome":"healthy".*\n.*"outcome":"waiting".*\n.*"outcome":"healthy".*\n/);
  running.kill('SIGINT');
  const { stdout, exitCode } = await running.ended;
  expect(exitCode).toBe(130);
  const lines = stdout.trimEnd().split('\n');
  expect(lines.slice(0, 3).map((line) => (JSON.parse(line) as Report).success)).toEqual([true, false, true]);
});

describeReal('python-dotenv', (path) => {
  test('JUnit is read by an XML reader of somebody else, whatever stands in it', async () => {
    await using world = await openArcWorld(hawser);
    world.put(objects.runner('a', { phase: 'Failed', reason: `<&"'\u0000\u0007\u{1f600}\ud800]]>\n` }));
    const { stdout, exitCode } = await world.run(['arc', 'verify', ...whose, '--output', 'junit']);
    expect(exitCode).toBe(1);
    const script = `
import sys, json, xml.etree.ElementTree as tree
suites = tree.fromstring(sys.stdin.buffer.read())
cases = suites.findall('./testsuite/testcase')
print(json.dumps({
  'failures': suites.get('failures'), 'tests': suites.get('tests'), 'names': [c.get('name')[:3].strip() for c in cases],
  'failed': [c.get('name')[:3].strip() for c in cases if c.find('failure') is not None],
  'message': [c.find('failure').get('message') for c in cases if c.find('failure') is not None][0]}))`;
    const read = JSON.parse(
      execFileSync(path('python-dotenv'), ['-c', script], { input: stdout, encoding: 'utf8' }),
    ) as {
      readonly message: string;
    };
    expect(read).toMatchObject({ tests: '12', failures: '1', failed: ['C4'] });
    expect(read.message).toContain(`a (<&"'\ufffd\ufffd\u{1f600}\ufffd]]>\n)`);
  });
});
