import { afterEach, describe, expect, test } from '@jest/globals';
import {
  formatSnapshot,
  parseSnapshot,
  recordRunners,
  replaySnapshot,
  subjectOf,
  verifyRunners,
  watchRunners,
  type ArcEvent,
  type Report,
  type Snapshot,
  type VerifyOptions,
} from '@hawser/contexts/arc';
import { startGithubEmulator, type GithubEmulator, type GithubEmulatorOptions } from '@hawser/emulators/github';
import { KubeClientError } from '@hawser/kube-client';
import type { MemoryCluster } from '../support/arc-cluster.js';
import { objects, planted, plantedInCluster } from '../../../../test/support/arc-objects.js';
import { idleCluster, lists, virtualClock } from '../support/arc-world.js';

let servers: GithubEmulator[] = [];
afterEach(async () => {
  await Promise.all(servers.map((one) => one.close()));
  servers = [];
});

interface World {
  readonly github: GithubEmulator;
  readonly cluster: MemoryCluster;
  readonly options: VerifyOptions & { readonly clock: ReturnType<typeof virtualClock> };
}

/** An idle set of the organization `acme`, and a GitHub that knows it. */
async function makeWorld(
  options: GithubEmulatorOptions = {},
  { scope = 'acme', spec = {}, status }: { scope?: string; spec?: object; status?: object } = {},
): Promise<World> {
  const github = await startGithubEmulator({ token: planted, ...options });
  servers.push(github);
  const cluster = idleCluster(`${github.url}/${scope}`, spec, status);
  const subject = subjectOf({ repository: 'acme/app', scaleSet: 'linux', githubUrl: github.url });
  return { github, cluster, options: { subject, cluster, token: planted, clock: virtualClock() } };
}

const name = 'linux-abcde-runner-fghij';
const failing = ({ checks }: Report): string[] => checks.flatMap(({ id, status }) => (status === 'fail' ? [id] : []));

describe('a set that is idle', () => {
  test('is healthy at the first look', async () => {
    const { github, options } = await makeWorld();
    const { report } = await verifyRunners(options);
    expect(report).toMatchObject({ success: true, outcome: 'healthy', polls: 1, waited_ms: 0 });
    expect(report.checks.map(({ status }) => status).join(' ')).toBe(
      'pass pass pass pass pass pass pass pass pass pass skipped skipped',
    );
    expect(github.requests.map(({ path, status }) => `${status} ${path}`)).toEqual([
      '200 /orgs/acme/actions/runners?per_page=100',
      '200 /repos/acme/app/actions/runs?status=queued&per_page=100',
      '200 /repos/acme/app/actions/runs?status=in_progress&per_page=100',
    ]);
  });

  test.each([
    ['acme/app', '/repos/acme/app/actions/runners'],
    ['enterprises/acme-inc', '/enterprises/acme-inc/actions/runners'],
  ])('of %s is looked for in its own scope', async (scope, path) => {
    const { github, options } = await makeWorld({}, { scope });
    expect((await verifyRunners(options)).report.success).toBe(true);
    expect(github.requests.some((request) => request.path.startsWith(path))).toBe(true);
  });

  test('with the runners it keeps, among 250 of others on three pages', async () => {
    const { github, cluster, options } = await makeWorld(
      {},
      { spec: { minRunners: 1 }, status: { phase: 'Running', currentRunners: 1 } },
    );
    cluster.place(lists.runners, objects.runner(name, { phase: 'Pending', runnerId: 250 }));
    cluster.place(lists.pods, objects.pod(name));
    const others = Array.from({ length: 249 }, (_, index) => ({ id: index + 1, name: `other-${index}`, busy: true }));
    github.setRunners('orgs/acme', [...others, { id: 250, name, labels: ['linux'] }]);
    const { report } = await verifyRunners(options);
    expect(report.checks.find(({ id }) => id === 'C8')).toMatchObject({
      status: 'pass',
      evidence: { listed: 250, of_this_set: 1 },
    });
    expect(report.success).toBe(true);
  });
});

describe('while one waits', () => {
  test('a set that drains is healthy as soon as the cluster says so, and not at the next interval', async () => {
    const { github, cluster, options } = await makeWorld();
    cluster.place(lists.runners, objects.runner(name, { phase: 'Running', runnerId: 7, jobId: 'a' }));
    cluster.place(lists.pods, objects.pod(name));
    github.setRunners('orgs/acme', [{ id: 7, name, busy: true, labels: ['linux'] }]);
    const events: ArcEvent['type'][] = [];
    const { report } = await verifyRunners({
      ...options,
      onEvent: (event) => {
        events.push(event.type);
        if (event.type !== 'look' || event.report.polls !== 2) return;
        cluster.remove(lists.runners);
        cluster.remove(lists.pods, name);
        github.setRunners('orgs/acme', []);
      },
    });
    expect(report).toMatchObject({ outcome: 'healthy', polls: 3 });
    expect(events).toEqual(['look', 'look', 'changed', 'look']);
    expect(options.clock.slept.slice(0, 1)).toEqual([10_000]);
    expect(report.waited_ms).toBeLessThan(20_000);
  });

  test('it ends when the time is over, with a last look at the very end', async () => {
    const { cluster, options } = await makeWorld();
    cluster.place(lists.pods, objects.pod(name));
    const { report } = await verifyRunners({ ...options, timeoutMs: 25_000 });
    expect(report).toMatchObject({ outcome: 'timed-out', polls: 4, waited_ms: 25_000, success: false });
    expect(report.notes).toMatch(/^Timed out\. C7: 1 runner where 0 are kept\./);
    expect(options.clock.slept).toEqual([10_000, 10_000, 5_000]);
  });

  test('upstream waits ten minutes in steps of ten seconds', async () => {
    const { cluster, options } = await makeWorld();
    cluster.place(lists.pods, objects.pod(name));
    expect((await verifyRunners(options)).report).toMatchObject({ polls: 61, waited_ms: 600_000 });
  });

  test('a time of 0 looks once', async () => {
    const { cluster, options } = await makeWorld();
    cluster.place(lists.pods, objects.pod(name));
    expect((await verifyRunners({ ...options, timeoutMs: 0 })).report).toMatchObject({
      outcome: 'timed-out',
      polls: 1,
    });
  });

  test('it ends at once where waiting does not help', async () => {
    const { cluster, options } = await makeWorld();
    cluster.place(lists.runners, objects.runner(name, { phase: 'Failed', reason: 'TooManyPodFailures' }));
    expect((await verifyRunners(options)).report).toMatchObject({ outcome: 'unhealthy', polls: 1 });
  });

  test('Ctrl-C ends it', async () => {
    const { cluster, options } = await makeWorld();
    cluster.place(lists.pods, objects.pod(name));
    const cancelled = new AbortController();
    const ending = verifyRunners({ ...options, signal: cancelled.signal, onEvent: () => cancelled.abort() });
    await expect(ending).rejects.toMatchObject({ name: 'AbortError' });
  });

  test('a cluster that may not be watched is looked at in intervals', async () => {
    const { cluster, options } = await makeWorld();
    cluster.refuses.set('watch ', new KubeClientError('HAWSER_KUBE_FORBIDDEN', 'You may not watch.'));
    cluster.place(lists.pods, objects.pod(name));
    const { report } = await verifyRunners({
      ...options,
      onEvent: () => cluster.remove(lists.pods, name),
    });
    expect(report).toMatchObject({ outcome: 'healthy', polls: 2, waited_ms: 10_000 });
  });
});

describe('GitHub', () => {
  test('what has not changed is not sent again', async () => {
    const { github, cluster, options } = await makeWorld();
    cluster.place(lists.pods, objects.pod(name));
    await verifyRunners({ ...options, timeoutMs: 10_000 });
    expect(github.requests.map(({ status }) => status)).toEqual([200, 200, 200, 304, 304, 304]);
  });

  test('a rate limit is waited for when it ends soon, and the wait is told', async () => {
    const { github, options } = await makeWorld();
    const headers = { 'retry-after': '7' };
    github.fail({ path: /\/runners/, does: { kind: 'answer', status: 429, headers } });
    const waits: ArcEvent[] = [];
    const { report } = await verifyRunners({ ...options, onEvent: (event) => waits.push(event) });
    expect(report).toMatchObject({ success: true, waited_ms: 7_000 });
    expect(waits[0]).toEqual({ type: 'github-wait', ms: 7_000, why: 'the rate limit' });
  });

  test('a rate limit that lasts is named, and may be over at the next look', async () => {
    const { github, options } = await makeWorld();
    const reset = String(Math.ceil(options.clock.now() / 1000) + 900);
    const headers = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset };
    github.fail({ path: /\/runners/, does: { kind: 'answer', status: 403, headers } });
    const reports: Report[] = [];
    const { report } = await verifyRunners({
      ...options,
      onEvent: (event) => void (event.type === 'look' && reports.push(event.report)),
    });
    expect(reports[0]?.checks.find(({ id }) => id === 'C8')).toMatchObject({
      status: 'fail',
      summary: "GitHub's runners could not be seen: GitHub's rate limit is used up for 900 s.",
      evidence: { code: 'HAWSER_ARC_GITHUB_FAILED' },
    });
    expect(report).toMatchObject({ success: true, polls: 2 });
  });

  test.each([
    ['5xx', { kind: 'answer', status: 502, body: '<html>' }],
    ['a cut connection', { kind: 'drop' }],
  ] as const)('%s is tried again, four times in all', async (_, does) => {
    const { github, options } = await makeWorld();
    github.fail({ path: /\/runners/, times: 3, does });
    expect((await verifyRunners(options)).report.success).toBe(true);
    expect(options.clock.slept).toEqual([500, 1000, 2000]);
    github.fail({ path: /\/runners/, times: 4, does });
    const { report } = await verifyRunners({ ...options, timeoutMs: 0 });
    expect(failing(report)).toEqual(['C8']);
  });

  test('silence is given up after a while', async () => {
    const { github, options } = await makeWorld();
    github.fail({ path: /\/runners/, times: 99, does: { kind: 'stall' } });
    const { report } = await verifyRunners({ ...options, timeoutMs: 0, requestTimeoutMs: 20 });
    expect(report.checks.find(({ id }) => id === 'C8')?.summary).toContain('it took too long');
  });

  test.each([
    ['no JSON', { kind: 'answer', status: 200, body: '<html>Log in</html>' }, 'the answer is not JSON'],
    ['another JSON', { kind: 'answer', status: 200, body: '{"runners": 7}' }, 'runners is no list'],
    [
      'a list of something else',
      { kind: 'answer', status: 200, body: '{"runners": [{"id": "x"}]}' },
      'runners[0].id must be a whole number',
    ],
    [
      'a next page elsewhere',
      {
        kind: 'answer',
        status: 200,
        body: '{"runners": []}',
        headers: { link: '<https://evil.test/?page=2>; rel="next"' },
      },
      'its next page is on another server',
    ],
    ['a redirect', { kind: 'answer', status: 302, headers: { location: 'https://evil.test/' } }, 'GitHub answered 302'],
    ['no such repository', { kind: 'answer', status: 404, body: '{}' }, 'has no /api/v3/orgs/acme/actions/runners'],
  ] as const)('%s is named', async (_, does, says) => {
    const { github, options } = await makeWorld();
    github.fail({ path: /\/runners/, times: 9, does });
    const { report } = await verifyRunners({ ...options, timeoutMs: 0 });
    expect(report.checks.find(({ id }) => id === 'C8')?.summary).toContain(says);
  });

  test('an answer without end is left', async () => {
    const { options } = await makeWorld();
    const endless = async (): Promise<Response> =>
      new Response(new ReadableStream({ pull: (out) => out.enqueue(new Uint8Array(1 << 20)) }));
    const { report } = await verifyRunners({ ...options, timeoutMs: 0, fetch: endless });
    expect(report.checks.find(({ id }) => id === 'C8')?.summary).toContain('larger than 16 MiB');
  });

  test('rights that are missing are named, and end it', async () => {
    const { options } = await makeWorld({ authorize: ({ path }) => !path.endsWith('/runners') });
    const { report } = await verifyRunners(options);
    expect(report.outcome).toBe('unhealthy');
    expect(report.checks.find(({ id }) => id === 'C8')).toMatchObject({
      final: true,
      advice: 'Give the token administration=read.',
    });
  });

  test.each([
    ['no token', undefined, /there is none/],
    ['a wrong one', 'ghp_wrongwrongwrongwrongwrongwrongwrong00', /does not know the token/],
  ])('%s is named, and ends it', async (_, token, says) => {
    const { options } = await makeWorld();
    const { report } = await verifyRunners({ ...options, token });
    expect(report.outcome).toBe('unhealthy');
    expect(report.checks.find(({ id }) => id === 'C8')?.summary).toMatch(says);
  });

  test('a set that registers with another server does not get the token sent there', async () => {
    const { github, cluster, options } = await makeWorld();
    const other = await startGithubEmulator({ token: planted });
    servers.push(other);
    cluster.place(lists.sets, objects.set(`${other.url}/acme`));
    const { report } = await verifyRunners(options);
    expect(failing(report)).toEqual(['C2', 'C8']);
    expect(other.requests).toEqual([]);
    expect(github.requests.some(({ path }) => path.includes('/orgs/'))).toBe(false);
  });

  test('jobs that wait are found in runs that are queued or in progress', async () => {
    const { github, options } = await makeWorld();
    const old = new Date(options.clock.now() - 3_600_000).toISOString();
    github.setRuns('acme/app', [
      {
        id: 5,
        workflow: 'ci.yml',
        status: 'in_progress',
        createdAt: old,
        jobs: [
          { id: 51, name: 'done', status: 'completed', labels: ['linux'] },
          { id: 52, name: 'waits', status: 'queued', labels: ['linux'] },
        ],
      },
    ]);
    const { report } = await verifyRunners({ ...options, timeoutMs: 0 });
    expect(report.checks.find(({ id }) => id === 'C9')).toMatchObject({
      status: 'fail',
      evidence: { jobs: [{ id: 52, run: 5, name: 'waits', since: old }] },
    });
  });
});

describe('the probe', () => {
  test('is dispatched once all is well, gets a runner, and passes when that is gone', async () => {
    const { github, cluster, options } = await makeWorld({
      workflows: {
        'probe.yml': () => ({
          id: 77,
          workflow: 'probe.yml',
          status: 'queued',
          jobs: [{ id: 1, name: 'probe', status: 'queued', labels: ['linux'] }],
        }),
      },
    });
    // One that somebody dispatched before is none of ours.
    const before = { id: 70, workflow: 'probe.yml', event: 'workflow_dispatch', jobs: [] } as const;
    github.setRuns('acme/app', [{ ...before, status: 'completed', conclusion: 'failure' }]);
    cluster.remove(lists.pods);
    const seen: string[] = [];
    const { report } = await verifyRunners({
      ...options,
      probeWorkflow: 'probe.yml@main',
      onEvent: (event) => {
        if (event.type !== 'look') return;
        seen.push(event.report.checks.find(({ id }) => id === 'C11')?.summary ?? '');
        const job = { id: 1, name: 'probe', labels: ['linux'], runnerId: 7, runnerName: name };
        const base = { id: 77, workflow: 'probe.yml', event: 'workflow_dispatch' };
        if (seen.length === 1) cluster.place(lists.pods, objects.listenerPod());
        if (seen.length === 2) {
          cluster.place(lists.runners, objects.runner(name, { phase: 'Running', runnerId: 7, jobId: 'x' }));
          cluster.place(lists.pods, objects.pod(name));
          github.setRunners('orgs/acme', [{ id: 7, name, busy: true, labels: ['linux'] }]);
          github.setRuns('acme/app', [{ ...base, status: 'in_progress', jobs: [{ ...job, status: 'in_progress' }] }]);
        }
        if (seen.length === 3) {
          cluster.place(lists.runners, objects.runner(name, { phase: 'Succeeded', runnerId: 7 }));
          github.setRunners('orgs/acme', []);
          const done = { status: 'completed', conclusion: 'success' } as const;
          github.setRuns('acme/app', [{ ...base, ...done, jobs: [{ ...job, ...done }] }]);
        }
        if (seen.length === 4) {
          cluster.remove(lists.runners);
          cluster.remove(lists.pods, name);
        }
      },
    });
    expect(seen).toEqual([
      'probe.yml is not dispatched before controller, set and listener are well.',
      'Run 77 of probe.yml is queued.',
      'Run 77 of probe.yml is in_progress.',
      `${name} did its job and is not gone yet.`,
      `Run 77 succeeded on ${name}, now gone.`,
    ]);
    expect(report.success).toBe(true);
    expect(github.requests.filter(({ method }) => method === 'POST')).toHaveLength(1);
  });

  test('a workflow that cannot be dispatched is named', async () => {
    const { options } = await makeWorld();
    const { report } = await verifyRunners({ ...options, probeWorkflow: 'probe.yml@main' });
    expect(report).toMatchObject({ outcome: 'unhealthy' });
    expect(report.checks.find(({ id }) => id === 'C11')?.summary).toContain('has no');
  });

  test.each(['probe.yml', '@main', 'probe.yml@', '../x.yml@main', 'a b.yml@main'])(
    '%s is refused',
    async (probeWorkflow) => {
      const { options } = await makeWorld();
      await expect(verifyRunners({ ...options, probeWorkflow })).rejects.toMatchObject({
        code: 'HAWSER_ARC_BAD_INPUT',
      });
    },
  );
});

describe('the cluster', () => {
  test('an answer that is no list of its kind is named by its code', async () => {
    const { cluster, options } = await makeWorld();
    cluster.place(lists.runners, {
      metadata: { name: 'x', namespace: 'arc-runners', labels: { 'actions.github.com/scale-set-name': 'linux' } },
      status: 'odd',
    });
    const { report } = await verifyRunners({ ...options, timeoutMs: 0 });
    expect(report.checks.find(({ id }) => id === 'C4')).toMatchObject({
      status: 'fail',
      summary: expect.stringContaining('status must be an object'),
      evidence: { code: 'HAWSER_ARC_CLUSTER_FAILED' },
    });
  });

  test('one that is gone for a while is asked again', async () => {
    const { cluster, options } = await makeWorld();
    cluster.refuses.set('/apis', new KubeClientError('HAWSER_KUBE_UNREACHABLE', 'Nobody answers.'));
    const { report } = await verifyRunners({ ...options, onEvent: () => cluster.refuses.clear() });
    expect(report).toMatchObject({ success: true, polls: 2 });
  });

  test('a controller in its own namespace is looked for there alone', async () => {
    const { cluster, options } = await makeWorld();
    const { report } = await verifyRunners({ ...options, controllerNamespace: 'arc-systems' });
    expect(report.success).toBe(true);
    expect(cluster.asked.filter((path) => !path.startsWith('watch') && !path.includes('/namespaces/'))).toEqual([
      '/apis',
    ]);
  });

  test('the older product is detected and said', async () => {
    const { cluster, options } = await makeWorld();
    cluster.groups = ['apps', 'actions.summerwind.dev'];
    cluster.place('actions.summerwind.dev/v1alpha1/runnerdeployments', {
      metadata: { name: 'old-runners', namespace: 'arc-runners' },
    });
    const { report } = await verifyRunners(options);
    expect(report.outcome).toBe('unhealthy');
    expect(report.notes).toContain('the older ARC (actions.summerwind.dev) with old-runners');
  });
});

describe('a recording', () => {
  test('is judged byte for byte as the verification it was made by, and holds no secret', async () => {
    const { github, cluster, options } = await makeWorld();
    cluster.place(
      lists.runners,
      objects.runner(name, { phase: 'Running', runnerId: 7, jobId: 'a', message: `${planted}!` }),
    );
    cluster.place(lists.pods, objects.pod(name));
    github.setRunners('orgs/acme', [{ id: 7, name, busy: true, labels: [plantedInCluster, planted] }]);
    const oidc = {
      identity: { arn: 'arn:aws:sts::1:assumed-role/r/s', account: '1', source: 'web identity' },
      checks: [{ name: 'issuer', status: 'pass', summary: `There, ${planted}.` }],
    } as const;
    const { report, snapshot } = await verifyRunners({
      ...options,
      verifyOidc: async () => oidc,
      redact: (text) => text.replaceAll(plantedInCluster, '[redacted]'),
      onEvent: (event) => {
        if (event.type !== 'look' || event.report.polls !== 3) return;
        cluster.remove(lists.runners);
        cluster.remove(lists.pods, name);
        github.setRunners('orgs/acme', []);
      },
    });
    expect(report).toMatchObject({ success: true, polls: 4, identity: oidc.identity });
    const text = formatSnapshot(snapshot);
    expect(JSON.stringify(replaySnapshot(parseSnapshot(text) as Snapshot))).toBe(JSON.stringify(report));
    expect(text + JSON.stringify(report)).not.toContain('planted');
  });

  test('takes as many looks as it is told', async () => {
    const { options } = await makeWorld();
    const { snapshot } = await recordRunners({ ...options, looks: 3 });
    expect(snapshot.observations).toHaveLength(3);
    expect(replaySnapshot(snapshot)).toMatchObject({ outcome: 'healthy', polls: 1 });
  });

  test.each([
    ['the cluster', 'HAWSER_ARC_CLUSTER_FAILED'],
    ['GitHub', 'HAWSER_ARC_GITHUB_FAILED'],
  ])('of nothing of %s is refused', async (half, code) => {
    const { cluster, options } = await makeWorld();
    if (half === 'the cluster')
      cluster.refuses.set('/apis', new KubeClientError('HAWSER_KUBE_UNREACHABLE', 'Nobody answers.'));
    const blind = half === 'GitHub' ? { ...options, token: undefined } : options;
    await expect(recordRunners({ ...blind, looks: 1 })).rejects.toMatchObject({ code, exitCode: 1 });
  });
});

test('watching tells what changes, and nothing twice', async () => {
  const { cluster, options } = await makeWorld();
  const ending = new AbortController();
  const told: string[] = [];
  let looks = 0;
  const watching = async (): Promise<void> => {
    const reports = watchRunners({
      ...options,
      signal: ending.signal,
      onEvent: (event) => {
        if (event.type !== 'look') return;
        looks += 1;
        if (looks === 3) cluster.place(lists.pods, objects.pod(name));
        if (looks === 6) cluster.remove(lists.pods, name);
        if (looks === 9) ending.abort();
      },
    });
    for await (const report of reports) told.push(failing(report).join());
  };
  await watching();
  expect(told).toEqual(['', 'C7', '']);
});

test('an interval of nothing is refused', async () => {
  const { options } = await makeWorld();
  await expect(verifyRunners({ ...options, pollIntervalMs: 0 })).rejects.toMatchObject({
    code: 'HAWSER_ARC_BAD_INPUT',
  });
});
