import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { BatchV1Api, KubeConfig, Log } from '@kubernetes/client-node';
import { startKubeEmulator, type KubeEmulator, type KubeObject } from '@hawser/emulators/kube';
import { describeReal } from '../../../../test/support/counterparts.js';
import { Program } from '../../../../test/support/program.js';
import { runToEnd, type Ended } from '../../../../test/support/run-to-end.js';

let kube: KubeEmulator;
let folder: string;
let config: string;
let jobs: BatchV1Api;
let client: KubeConfig;

beforeAll(async () => {
  kube = await startKubeEmulator({
    rbac: true,
    strict: true,
    run: { images: { busybox: {}, node: { command: [process.execPath] } }, nodeLabels: { disk: 'ssd' } },
    objects: [
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'team' } },
      ofTeam('v1', 'ServiceAccount', 'reader'),
      ofTeam('v1', 'ServiceAccount', 'nobody'),
      ofTeam('v1', 'Secret', 'keys', { data: { password: Buffer.from('hunter2').toString('base64') } }),
      ofTeam('v1', 'ConfigMap', 'settings', { data: { 'a.txt': 'A', 'b.txt': 'B' } }),
      ofTeam('rbac.authorization.k8s.io/v1', 'Role', 'reader', {
        rules: [
          { apiGroups: [''], resources: ['pods', 'pods/log'], verbs: ['get', 'list', 'watch'] },
          { apiGroups: ['batch'], resources: ['jobs'], resourceNames: ['mine'], verbs: ['*'] },
        ],
      }),
      ofTeam('rbac.authorization.k8s.io/v1', 'RoleBinding', 'reader', {
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'reader' },
        subjects: [{ kind: 'ServiceAccount', name: 'reader', namespace: 'team' }],
      }),
    ],
  });
  folder = await mkdtemp(join(tmpdir(), 'hawser-kube-run-'));
  config = await write('config', kube.kubeconfig({ namespace: 'team' }));
  client = new KubeConfig();
  client.loadFromFile(config);
  jobs = client.makeApiClient(BatchV1Api);
});

afterAll(async () => {
  await kube.close();
  await rm(folder, { recursive: true });
});

describe('a Job, as the official client makes it', () => {
  test('runs its pod with files, variables and an address of its own, and tells how it ended', async () => {
    const script =
      'cat "$1"; echo; cat "$2"; echo; echo "$APP $IP $TWICE $PASSWORD"; echo data > file; cat "$3"; exit 3';
    await make('volumes', {
      image: 'busybox:1.36',
      command: ['/bin/sh', '-c', script, 'sh', '/etc/settings/b.txt', '/run/keys/key', '/scratch/file'],
      workingDir: '/scratch',
      env: [
        { name: 'APP', valueFrom: { fieldRef: { fieldPath: "metadata.labels['app']" } } },
        { name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
        { name: 'TWICE', value: '$(APP)-$(NONE)-$$(APP)' },
        { name: 'PASSWORD', valueFrom: { secretKeyRef: { name: 'keys', key: 'password' } } },
      ],
      volumeMounts: [
        { name: 'settings', mountPath: '/etc/settings' },
        { name: 'keys', mountPath: '/run/keys' },
        { name: 'scratch', mountPath: '/scratch' },
      ],
      volumes: [
        { name: 'settings', configMap: { name: 'settings' } },
        { name: 'keys', secret: { secretName: 'keys', items: [{ key: 'password', path: 'key' }] } },
        { name: 'scratch', emptyDir: {} },
      ],
    });
    await ended('volumes', 'Failed');
    expect(kube.logs(podOf('volumes'))).toMatch(
      /^B\nhunter2\nvolumes 127\.\d+\.\d+\.\d+ volumes-\$\(NONE\)-\$\(APP\) hunter2\ndata\n$/,
    );
    expect(conditions('volumes').map(({ type, reason }) => `${type} ${reason ?? ''}`)).toEqual([
      'FailureTarget BackoffLimitExceeded',
      'Failed BackoffLimitExceeded',
    ]);
    expect(statusOf('volumes')).toMatchObject({
      phase: 'Failed',
      containerStatuses: [
        { imageID: expect.stringMatching(/^busybox@sha256:/), state: { terminated: { exitCode: 3, reason: 'Error' } } },
      ],
    });
  });

  test('is tried again as often as it may be, and completes once', async () => {
    const marker = join(folder, 'tried');
    await make(
      'again',
      { image: 'busybox', command: ['/bin/sh', '-c', `test -e ${marker} || { touch ${marker}; exit 1; }`] },
      { backoffLimit: 2 },
    );
    await ended('again', 'Complete');
    const { body } = { body: await jobs.readNamespacedJob({ namespace: 'team', name: 'again' }) };
    expect(body.status).toMatchObject({ succeeded: 1, failed: 1, active: 0 });
  });

  test('waits for a Secret that is not there yet, for an image it cannot get, and for a node', async () => {
    const late = {
      volumeMounts: [{ name: 'late', mountPath: '/late' }],
      volumes: [{ name: 'late', secret: { secretName: 'late' } }],
    };
    await make('late', { image: 'busybox', command: ['cat', '/late/word'], ...late });
    await kube.until(() => events('FailedMount').length > 0);
    expect(events('FailedMount')[0]).toContain('secret "late" not found');
    kube.put(ofTeam('v1', 'Secret', 'late', { stringData: { word: 'here' } }));
    await ended('late', 'Complete');
    expect(kube.logs(podOf('late'))).toBe('here');

    await make('unknown', { image: 'elsewhere.example/app:2' });
    await kube.until(() => JSON.stringify(statusOf('unknown') ?? '').includes('ImagePullBackOff'));
    await make('misfit', { image: 'busybox', nodeSelector: { disk: 'tape' } });
    await kube.until(() => JSON.stringify(statusOf('misfit') ?? '').includes('Unschedulable'));
    await make('fit', { image: 'busybox', command: ['true'], nodeSelector: { disk: 'ssd' } });
    await ended('fit', 'Complete');
    await make('homeless', { image: 'busybox', serviceAccountName: 'missing' });
    await kube.until(() => events('FailedCreate').length > 0);
    expect(events('FailedCreate')[0]).toContain('serviceaccount "missing" not found');
    for (const name of ['unknown', 'misfit', 'homeless']) await jobs.deleteNamespacedJob({ namespace: 'team', name });
    await kube.until(() => ['unknown', 'misfit', 'homeless'].every((name) => pods(name).length === 0));
  });

  test('ends at its deadline', async () => {
    await make('slow', { image: 'busybox', command: ['sleep', '1000'] }, { activeDeadlineSeconds: 1 });
    await ended('slow', 'Failed');
    expect(conditions('slow').at(-1)).toMatchObject({ reason: 'DeadlineExceeded' });
    await kube.until(() => pods('slow').length === 0);
  });

  test('is told of by logs that are followed, from a line and with times', async () => {
    await make('talker', {
      image: 'node',
      args: ['-e', 'console.log("one"); console.error("two"); setTimeout(() => console.log("three"), 50)'],
    });
    await kube.until(
      () => (statusOf('talker') as { phase?: string } | undefined)?.phase !== 'Pending' && pods('talker').length > 0,
    );
    const stream = new PassThrough();
    const parts: Buffer[] = [];
    stream.on('data', (part: Buffer) => parts.push(part));
    const over = new Promise((resolve) => stream.once('end', resolve));
    await new Log(client).log('team', podOf('talker').name, 'main', stream, { follow: true });
    await over;
    expect(Buffer.concat(parts).toString().split('\n').toSorted()).toEqual(['', 'one', 'three', 'two']);
  });
});

describe('a pod', () => {
  test.each([
    ['runs out of memory', (name: string) => kube.pods.outOfMemory(named(name)), 'OOMKilled', undefined],
    ['is evicted', (name: string) => kube.pods.evict(named(name)), 'Error', 'Evicted'],
  ])('that %s', async (what, happen, reason, podReason) => {
    const name = what.replaceAll(' ', '-');
    await make(name, { image: 'busybox', command: ['sleep', '1000'] });
    await kube.until(() => (statusOf(name) as { phase?: string } | undefined)?.phase === 'Running');
    happen(podOf(name).name);
    await ended(name, 'Failed');
    expect(statusOf(name)).toMatchObject({
      phase: 'Failed',
      ...(podReason !== undefined && { reason: podReason }),
      containerStatuses: [{ state: { terminated: { exitCode: 137, reason } } }],
    });
  });

  test('on a node that is lost is gone, and nobody tells how it ended', async () => {
    await make('lost', { image: 'busybox', command: ['sleep', '1000'] });
    await kube.until(() => (statusOf('lost') as { phase?: string } | undefined)?.phase === 'Running');
    const pid = kube.pods.processOf(podOf('lost')) ?? 0;
    kube.pods.loseNode();
    await ended('lost', 'Failed');
    expect(pods('lost')).toEqual([]);
    await gone(pid);
  });
});

describeReal('kubectl', (path) => {
  const kubectl = async (...args: readonly string[]): Promise<Ended> =>
    await runToEnd(path('kubectl'), ['--kubeconfig', config, ...args], {
      env: { HOME: folder, PATH: process.env['PATH'] },
    });

  test('applies on trial and in earnest, and is told what is wrong', async () => {
    const good = await write(
      'good.json',
      JSON.stringify(jobBody('applied', { image: 'busybox', command: ['true'] }, {})),
    );
    expect(await kubectl('apply', '--dry-run=server', '-f', good)).toMatchObject({
      code: 0,
      stdout: 'job.batch/applied created (server dry run)\n',
      stderr: '',
    });
    expect(kube.list('batch/v1', 'Job', 'team').some(({ metadata }) => metadata.name === 'applied')).toBe(false);
    expect(await kubectl('apply', '-f', good)).toMatchObject({ code: 0, stdout: 'job.batch/applied created\n' });
    expect(await kubectl('wait', '--for=condition=complete', '--timeout=60s', 'job/applied')).toMatchObject({
      code: 0,
    });
    const labelled = jobBody('applied', { image: 'busybox', command: ['true'] }, {});
    const changed = { ...labelled, metadata: { ...labelled.metadata, labels: { tier: 'batch' } } };
    const again = await write('again.json', JSON.stringify(changed));
    expect(await kubectl('apply', '-f', again)).toMatchObject({ code: 0, stdout: 'job.batch/applied configured\n' });
    expect(await kubectl('apply', '-f', again)).toMatchObject({ stdout: 'job.batch/applied unchanged\n' });

    // One file with every mistake: what is wrong with one object is told beside the others.
    const body = JSON.stringify(jobBody('wrong', { image: 'busybox' }, {}));
    const mistakes: readonly (readonly [string, string, string])[] = [
      ['"containers"', '"continers"', 'unknown field "spec.template.spec.continers"'],
      ['"backoffLimit":0', '"backoffLimit":"no"', 'cannot unmarshal string into Go struct field Job.spec.backoffLimit'],
      ['"Never"', '"Always"', 'supported values: "OnFailure", "Never"'],
      ['"wrong"', '"Wrong_"', 'a lowercase RFC 1123 subdomain'],
      ['"namespace":"team"', '"namespace":"none"', 'namespaces "none" not found'],
      ['"image":"busybox"', '"image":""', 'containers[0].image: Required value'],
      ['"app":"wrong"', '"app":"not a label"', 'a valid label must be'],
    ];
    const wrong = await write('wrong.yaml', mistakes.map(([from, to]) => body.replace(from, to)).join('\n---\n'));
    const { code, stdout, stderr } = await kubectl('apply', '--dry-run=server', '-f', wrong);
    expect([code, stdout]).toEqual([1, '']);
    for (const [, , said] of mistakes) expect(stderr).toContain(said);
  });

  test('follows logs, sees events, and deletes a Job with its pods and all they started', async () => {
    const command = [
      '/bin/sh',
      '-c',
      'setsid sleep 1000 & echo begun $!; trap "echo told; exit 0" TERM; while :; do sleep 0.05; done',
    ];
    await make('lasting', { image: 'busybox', command, terminationGracePeriodSeconds: 20 });
    const env = { HOME: folder, PATH: process.env['PATH'] };
    await kube.until(() => (statusOf('lasting') as { phase?: string } | undefined)?.phase === 'Running');
    await using logs = new Program(path('kubectl'), ['--kubeconfig', config, 'logs', '-f', 'job/lasting'], { env });
    const [, pid] = await logs.shows(/begun (\d+)\n/);
    expect((await kubectl('describe', 'job', 'lasting')).stdout).toMatch(/SuccessfulCreate .*Created pod: lasting-/);
    expect((await kubectl('get', 'jobs', 'lasting')).stdout).toContain('lasting');
    expect(await kubectl('delete', 'job', 'lasting')).toMatchObject({ code: 0 });
    await logs.shows(/told/);
    await logs.ended;
    await kube.until(() => pods('lasting').length === 0);
    await gone(Number(pid));
  });

  test('deletes owners before, behind and without what they own, and reads a part of a log', async () => {
    const env = { image: 'node', args: ['-e', 'console.log("one\\ntwo\\nthree")'] };
    for (const name of ['foreground', 'background', 'orphan']) await make(name, env);
    for (const name of ['foreground', 'background', 'orphan']) await ended(name, 'Complete');
    const { name: orphan } = podOf('orphan');
    expect((await kubectl('logs', orphan, '--tail=1', '--timestamps')).stdout).toMatch(/^20\S+Z three\n$/);
    expect((await kubectl('logs', orphan, '--limit-bytes=5')).stdout).toBe('one\nt');
    expect((await kubectl('logs', orphan, '--since=1h', '--tail=0')).stdout).toBe('');
    for (const how of ['foreground', 'background', 'orphan']) {
      expect(await kubectl('delete', 'job', how, `--cascade=${how}`)).toMatchObject({ code: 0 });
    }
    await kube.until(() => pods('foreground').length === 0 && pods('background').length === 0);
    await kube.until(() =>
      pods('orphan').every(({ metadata }) => JSON.stringify(metadata['ownerReferences']) === '[]'),
    );
    expect(podOf('orphan').name).toBe(orphan);
    const ownerReferences = [{ apiVersion: 'batch/v1', kind: 'Job', name: 'gone', uid: 'of-nobody' }];
    kube.put({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'behind', namespace: 'team', ownerReferences } });
    await kube.until(() => !kube.list('v1', 'Secret', 'team').some(({ metadata }) => metadata.name === 'behind'));
    await kubectl('delete', 'pod', orphan, '--now');
    expect(pods('orphan')).toEqual([]);
  });

  test('may do what Roles say, and no more', async () => {
    const reader = await write(
      'reader',
      kube.kubeconfig({ namespace: 'team', serviceAccount: { namespace: 'team', name: 'reader' } }),
    );
    const as = async (...args: readonly string[]): Promise<Ended> => await kubectl(...args, '--kubeconfig', reader);
    expect(await as('get', 'pods')).toMatchObject({ code: 0 });
    expect((await as('get', 'secrets')).stderr).toContain(
      'secrets is forbidden: User "system:serviceaccount:team:reader" cannot list resource "secrets" in API group "" in the namespace "team"',
    );
    const can = async (...args: readonly string[]): Promise<string> =>
      (await as('auth', 'can-i', ...args)).stdout.trim();
    expect(
      await Promise.all([
        can('get', 'pods', '--subresource=log'),
        can('delete', 'pods'),
        can('delete', 'jobs/mine'),
        can('delete', 'jobs/yours'),
      ]),
    ).toEqual(['yes', 'no', 'yes', 'no']);
    expect((await as('get', 'pods', '-n', 'default')).stderr).toContain('in the namespace "default"');
    const token = (await kubectl('create', 'token', 'nobody')).stdout.trim();
    const nobody = await write('nobody', kube.kubeconfig().replace(kube.token, token));
    expect((await kubectl('get', 'pods', '--kubeconfig', nobody)).stderr).toContain(
      'pods is forbidden: User "system:serviceaccount:team:nobody" cannot list resource "pods"',
    );
  });
});

interface Wanted {
  readonly image: string;
  readonly volumes?: readonly object[];
  readonly nodeSelector?: object;
  readonly serviceAccountName?: string;
  readonly terminationGracePeriodSeconds?: number;
  readonly [key: string]: unknown;
}

function jobBody(name: string, wanted: Wanted, spec: object): KubeObject {
  const { volumes, nodeSelector, serviceAccountName, terminationGracePeriodSeconds = 5, ...container } = wanted;
  return ofTeam('batch/v1', 'Job', name, {
    spec: {
      backoffLimit: 0,
      ...spec,
      template: {
        metadata: { labels: { app: name } },
        spec: {
          restartPolicy: 'Never',
          terminationGracePeriodSeconds,
          ...(nodeSelector && { nodeSelector }),
          ...(serviceAccountName && { serviceAccountName }),
          containers: [{ name: 'main', ...container }],
          ...(volumes && { volumes }),
        },
      },
    },
  });
}

async function make(name: string, wanted: Wanted, spec: object = {}): Promise<void> {
  await jobs.createNamespacedJob({ namespace: 'team', body: jobBody(name, wanted, spec) });
}

function ofTeam(apiVersion: string, kind: string, name: string, rest: object = {}): KubeObject {
  return { apiVersion, kind, metadata: { name, namespace: 'team' }, ...rest };
}

function pods(job: string): readonly KubeObject[] {
  return kube.list('v1', 'Pod', 'team').filter(({ metadata }) => metadata.labels?.['job-name'] === job);
}

function podOf(job: string): { readonly namespace: string; readonly name: string } {
  return named(pods(job)[0]?.metadata.name ?? '');
}

function named(name: string): { readonly namespace: string; readonly name: string } {
  return { namespace: 'team', name };
}

function statusOf(job: string): unknown {
  return pods(job)[0]?.['status'];
}

function conditions(job: string): readonly { readonly type: string; readonly reason?: string }[] {
  const found = kube.list('batch/v1', 'Job', 'team').find(({ metadata }) => metadata.name === job);
  const status = found?.['status'] as { readonly conditions?: readonly { readonly type: string }[] } | undefined;
  return status?.conditions ?? [];
}

async function ended(job: string, how: 'Complete' | 'Failed'): Promise<void> {
  await kube.until(() => conditions(job).some(({ type }) => type === how));
}

function events(reason: string): readonly string[] {
  return kube
    .list('v1', 'Event', 'team')
    .filter((event) => event['reason'] === reason)
    .map((event) => String(event['message']));
}

/** A process ends after it was killed, and not at once. */
async function gone(pid: number): Promise<void> {
  for (;;) {
    try {
      process.kill(pid, 0);
    } catch {
      return;
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
}

async function write(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text, { mode: 0o600 });
  return path;
}
