import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { subjectOf, verifyRunners, type CheckId, type Report, type VerifyOptions } from '@hawser/contexts/arc';
import { startGithubEmulator, type GithubEmulator } from '@hawser/emulators/github';
import {
  startKubeEmulator,
  type KubeEmulator,
  type KubeEmulatorOptions,
  type KubeObject,
} from '@hawser/emulators/kube';
import { openCluster } from '@hawser/kube-client';
import { idleObjects, objects, olderDefinition, planted } from '../../../../test/support/arc-objects.js';

const cleanUp: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const one of cleanUp.splice(0).toReversed()) await one();
});

interface World {
  readonly kube: KubeEmulator;
  readonly github: GithubEmulator;
  readonly options: VerifyOptions;
  readonly put: (...all: readonly object[]) => void;
  readonly remove: (one: object) => void;
}

/** An emulated cluster, reached as `hawser` reaches any, and an emulated GitHub. */
async function makeWorld(given: Omit<KubeEmulatorOptions, 'objects'> = {}): Promise<World> {
  const github = await startGithubEmulator({ token: planted });
  cleanUp.push(() => github.close());
  const kube = await startKubeEmulator({
    ...given,
    objects: idleObjects(`${github.url}/acme`) as readonly KubeObject[],
  });
  cleanUp.push(() => kube.close());
  const folder = await mkdtemp(join(tmpdir(), 'hawser-arc-'));
  cleanUp.push(() => rm(folder, { recursive: true, force: true }));
  const kubeconfig = join(folder, 'config');
  await writeFile(kubeconfig, kube.kubeconfig());
  const cluster = await openCluster({ kubeconfig, env: {} });
  cleanUp.push(() => cluster.close());
  const subject = subjectOf({ repository: 'acme/app', scaleSet: 'linux', githubUrl: github.url });
  return {
    kube,
    github,
    options: { subject, cluster, token: planted, timeoutMs: 0 },
    put: (...all) => {
      for (const one of all) kube.put(one as KubeObject);
    },
    remove: (one) => kube.remove(one as KubeObject),
  };
}

const name = 'linux-abcde-runner-fghij';
const failing = ({ checks }: Report): CheckId[] => checks.flatMap(({ id, status }) => (status === 'fail' ? [id] : []));
const hour = 3_600_000;

test('an idle set is healthy, its values of Secrets unread into the report', async () => {
  const { options } = await makeWorld();
  const { report, snapshot } = await verifyRunners(options);
  expect(failing(report)).toEqual([]);
  expect(report.success).toBe(true);
  expect(JSON.stringify(snapshot)).not.toContain('planted');
});

/** Breaks what a check looks at; the checks that fail, that one among them. */
const breaks: readonly (readonly [CheckId, string, (world: World) => void, readonly CheckId[]])[] = [
  ['C1', 'no controller', ({ remove }) => remove(objects.controller()), ['C1']],
  ['C2', 'no set', ({ remove, github }) => remove(objects.set(github.url)), ['C2', 'C8']],
  ['C3', 'no listener', ({ remove }) => remove(objects.listener()), ['C3']],
  ['C4', 'a runner that failed', ({ put }) => put(objects.runner(name, { phase: 'Failed' })), ['C4']],
  [
    'C5',
    'a runner without its pod',
    ({ put, github }) => {
      put(
        objects.set(`${github.url}/acme`, { minRunners: 1 }),
        objects.runner(name, { phase: 'Running', runnerId: 7 }),
      );
      github.setRunners('orgs/acme', [{ id: 7, name, labels: ['linux'] }]);
    },
    ['C5'],
  ],
  [
    'C6',
    'a finalizer',
    ({ put, github }) => {
      const { metadata, ...rest } = objects.runner(name, { phase: 'Succeeded' }) as KubeObject;
      const finalizers = ['ephemeralrunner.actions.github.com/finalizer'];
      const deletionTimestamp = new Date(Date.now() - hour).toISOString();
      put(objects.set(`${github.url}/acme`), { ...rest, metadata: { ...metadata, finalizers, deletionTimestamp } });
    },
    ['C6'],
  ],
  ['C7', 'a pod that is left', ({ put }) => put(objects.pod(name)), ['C7']],
  [
    'C8',
    'a runner that is left',
    ({ github }) => github.setRunners('orgs/acme', [{ id: 7, name, status: 'offline' }]),
    ['C8'],
  ],
  [
    'C9',
    'a job nobody takes',
    ({ github }) => {
      const createdAt = new Date(Date.now() - hour).toISOString();
      const jobs = [{ id: 1, name: 'build', status: 'queued', labels: ['linux'] }] as const;
      github.setRuns('acme/app', [{ id: 5, workflow: 'ci.yml', status: 'queued', createdAt, jobs }]);
    },
    ['C9'],
  ],
  ['C10', 'no Secret', ({ remove }) => remove(objects.secret()), ['C10']],
];

describe('broken in the cluster or at GitHub', () => {
  test.each(breaks)('%s: %s is named', async (_, __, breakIt, expected) => {
    const world = await makeWorld();
    breakIt(world);
    const { report } = await verifyRunners(world.options);
    expect(failing(report)).toEqual(expected);
    expect(report.success).toBe(false);
  });

  test('C11: a probe that cannot be dispatched is named', async () => {
    const { options } = await makeWorld();
    const { report } = await verifyRunners({ ...options, probeWorkflow: 'probe.yml@main' });
    expect(failing(report)).toEqual(['C11']);
  });

  test('C12: an AWS identity that is wrong is named', async () => {
    const { options } = await makeWorld();
    const wrong = { checks: [{ name: 'oidc-provider', status: 'fail', summary: 'IAM has none.' }] } as const;
    const { report } = await verifyRunners({ ...options, verifyOidc: async () => wrong });
    expect(failing(report)).toEqual(['C12']);
  });
});

test('a cluster with the older product alone is told', async () => {
  const { kube, github, options, put } = await makeWorld();
  for (const one of idleObjects(github.url)) kube.remove(one as KubeObject);
  put(olderDefinition, {
    apiVersion: 'actions.summerwind.dev/v1alpha1',
    kind: 'RunnerDeployment',
    metadata: { name: 'old-runners', namespace: 'arc-runners' },
  });
  const { report } = await verifyRunners(options);
  expect(report.notes).toContain('the older ARC (actions.summerwind.dev) with old-runners');
});

test('whoever may look at the runners alone is told what was skipped', async () => {
  const { options } = await makeWorld({
    authorize: ({ namespace, resource }) => namespace === 'arc-runners' && resource !== 'secrets',
  });
  const { report } = await verifyRunners(options);
  const skipped = report.checks.flatMap(({ id, status, advice }) => (status === 'skipped' && advice ? [id] : []));
  expect(skipped).toEqual(['C1', 'C3', 'C10']);
  expect(report.success).toBe(true);
});

test('a set that drains is seen by watching, though the next look is an hour away', async () => {
  const { github, options, put, remove } = await makeWorld();
  put(objects.runner(name, { phase: 'Running', runnerId: 7, jobId: 'a' }), objects.pod(name));
  github.setRunners('orgs/acme', [{ id: 7, name, busy: true, labels: ['linux'] }]);
  let looks = 0;
  const { report } = await verifyRunners({
    ...options,
    timeoutMs: 2 * hour,
    pollIntervalMs: hour,
    onEvent: ({ type }) => {
      looks += type === 'look' ? 1 : 0;
      if (type !== 'look' || looks > 1) return;
      // What is seen of a watch that begins is up to the server: change things until it is seen.
      github.setRunners('orgs/acme', []);
      const drain = setInterval(() => {
        put(objects.pod(name));
        remove(objects.runner(name));
        remove(objects.pod(name));
      }, 20);
      cleanUp.push(async () => clearInterval(drain));
    },
  });
  expect(report.success).toBe(true);
  expect(report.polls).toBeGreaterThan(1);
});

test('connections that are cut in the middle are made again', async () => {
  const { kube, options, put, remove } = await makeWorld();
  put(objects.pod(name));
  const { report } = await verifyRunners({
    ...options,
    timeoutMs: hour,
    pollIntervalMs: 50,
    onEvent: (event) => {
      if (event.type !== 'look') return;
      kube.cut();
      if (event.report.polls === 3) remove(objects.pod(name));
    },
  });
  expect(report).toMatchObject({ success: true });
});

test('an API server that is gone is told, and that it may come back', async () => {
  const { kube, options } = await makeWorld();
  await kube.close();
  const { report } = await verifyRunners(options);
  expect(report.outcome).toBe('timed-out');
  expect(report.checks.find(({ id }) => id === 'C2')).toMatchObject({ evidence: { code: 'HAWSER_KUBE_UNREACHABLE' } });
});
