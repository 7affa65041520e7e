import { describe, expect, test } from '@jest/globals';
import type { V1Job, V1Pod } from '@kubernetes/client-node';
import { buildRunnerJob, jobNameOf, type RunnerTemplate } from '../../src/kube/index.js';
import { jobFact, podFact } from '../../src/kube/pod-fact.js';
import { newJob, template } from '../support/kube-world.js';

describe('the Job of a start', () => {
  const job = newJob({
    session: '0f8fad5b-d9cb-469f-a165-70867728950e',
    attempt: 12,
    deadlineMs: 90_500,
    egress: 'none',
  });
  const full: RunnerTemplate = {
    ...template,
    imagePullPolicy: 'IfNotPresent',
    imagePullSecrets: ['registry'],
    resources: {
      requests: { cpu: '250m', 'ephemeral-storage': '1Gi' },
      limits: { memory: '1Gi', 'ephemeral-storage': '4Gi' },
    },
    volumes: { work: '9Gi' },
    nodeSelector: { pool: 'runners' },
    tolerations: [{ key: 'runners', operator: 'Exists', effect: 'NoSchedule' }],
    runtimeClassName: 'gvisor',
    hostUsers: false,
    priorityClassName: 'low',
    labels: { team: 'a' },
    annotations: { note: 'b' },
    graceSeconds: 40,
    startAllowanceSeconds: 100,
    nameservers: ['9.9.9.9'],
  };
  const made = buildRunnerJob(full, job).job as unknown as V1Job;
  const pod = made.spec?.template.spec;

  test('is named after it, within what names may be', () => {
    expect(made.metadata?.name).toBe('session-0f8fad5b-d9cb-469f-a165-70867728950e-12');
    expect(jobNameOf({ ...job, attempt: 1_000_000 }).length).toBeLessThanOrEqual(63);
  });

  test('runs once, and is ended by the cluster only after the runner would have', () => {
    expect(made.spec).toMatchObject({
      parallelism: 1,
      completions: 1,
      backoffLimit: 0,
      ttlSecondsAfterFinished: 300,
      activeDeadlineSeconds: 100 + 91 + 60 + 40,
    });
    expect(made.spec?.podFailurePolicy).toBeUndefined();
    expect(pod).toMatchObject({ restartPolicy: 'Never', terminationGracePeriodSeconds: 40 });
  });

  test('gives a pod no rights, no token, and nowhere to write but its volumes', () => {
    expect(pod).toMatchObject({
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      serviceAccountName: 'runner',
      securityContext: {
        runAsNonRoot: true,
        runAsUser: 10_001,
        runAsGroup: 10_001,
        fsGroup: 10_001,
        seccompProfile: { type: 'RuntimeDefault' },
      },
      containers: [
        {
          securityContext: {
            allowPrivilegeEscalation: false,
            privileged: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'] },
          },
        },
      ],
    });
    const volumes = pod?.volumes ?? [];
    expect(volumes.map(({ name, emptyDir }) => [name, emptyDir?.sizeLimit])).toEqual([
      ['work', '9Gi'],
      ['log', '512Mi'],
      ['home', '512Mi'],
      ['tmp', '512Mi'],
      ['secret', undefined],
    ]);
    expect(volumes.some(({ hostPath }) => hostPath)).toBe(false);
  });

  test('takes what the template says', () => {
    expect(pod).toMatchObject({
      hostUsers: false,
      runtimeClassName: 'gvisor',
      priorityClassName: 'low',
      nodeSelector: { pool: 'runners' },
      tolerations: [{ key: 'runners' }],
      imagePullSecrets: [{ name: 'registry' }],
      dnsPolicy: 'None',
      dnsConfig: { nameservers: ['9.9.9.9'] },
      containers: [
        {
          imagePullPolicy: 'IfNotPresent',
          args: ['runner'],
          resources: full.resources,
          ports: [{ containerPort: 7681 }],
        },
      ],
    });
    expect(made.spec?.template.metadata).toMatchObject({
      labels: {
        team: 'a',
        'app.kubernetes.io/instance': 'test',
        'app.kubernetes.io/component': 'runner',
        'hawser.dev/session': job.session,
        'hawser.dev/attempt': '12',
        'hawser.dev/egress': 'none',
      },
      annotations: { note: 'b' },
    });
  });

  test('has its secret in a Secret that goes with it, and nowhere else', () => {
    const { job: written, ownedSecret } = buildRunnerJob(full, job);
    expect(JSON.stringify(written)).not.toContain(job.secret);
    expect(JSON.stringify(written)).not.toContain(Buffer.from(job.secret).toString('base64'));
    expect(ownedSecret('uid-1')).toMatchObject({
      metadata: {
        name: written.metadata.name,
        ownerReferences: [{ kind: 'Job', name: written.metadata.name, uid: 'uid-1' }],
      },
      immutable: true,
      data: { secret: Buffer.from(job.secret).toString('base64') },
    });
  });
});

describe('what a pod says', () => {
  const labels = { 'hawser.dev/session': 's', 'hawser.dev/attempt': '2', 'batch.kubernetes.io/job-name': 'job' };
  const fact = (status: object | undefined, isGone = false): ReturnType<typeof podFact> =>
    podFact({ metadata: { name: 'pod', uid: 'u', labels }, status: status as NonNullable<V1Pod['status']> }, isGone);
  const ended = (terminated: object): object => ({ phase: 'Failed', containerStatuses: [{ state: { terminated } }] });
  const disrupted = (reason: string): object => ({
    ...ended({ exitCode: 137, reason: 'Error' }),
    conditions: [{ type: 'DisruptionTarget', status: 'True', reason, message: 'why' }],
  });

  test.each([
    ['an end', ended({ exitCode: 3, reason: 'Error' }), { exitCode: 3, signal: null, reason: 'Error' }],
    ['a signal by its number', ended({ exitCode: 143, reason: 'Error' }), { exitCode: 143, signal: 'SIGTERM' }],
    ['a signal as some runtimes tell it', ended({ exitCode: 255, signal: 9 }), { signal: 'SIGKILL' }],
    ['no memory', ended({ exitCode: 137, reason: 'OOMKilled' }), { signal: 'SIGKILL', reason: 'OOMKilled' }],
    [
      'an eviction by the kubelet',
      { ...disrupted('TerminationByKubelet'), reason: 'Evicted', message: 'low on memory' },
      { reason: 'Evicted', message: 'low on memory' },
    ],
    ['an eviction by the API', disrupted('EvictionByEvictionAPI'), { reason: 'Evicted', message: 'why' }],
    ['a preemption', disrupted('PreemptionByScheduler'), { reason: 'Evicted' }],
    ['a tainted node', disrupted('DeletionByTaintManager'), { reason: 'NodeLost' }],
    ['a node that is gone', disrupted('DeletionByPodGC'), { reason: 'NodeLost' }],
    ['an older word for it', { phase: 'Failed', reason: 'NodeLost' }, { exitCode: null, reason: 'NodeLost' }],
    ['its own deadline', { phase: 'Failed', reason: 'DeadlineExceeded' }, { reason: 'DeadlineExceeded' }],
  ])('%s', (_, status, terminated) => {
    expect(fact(status)).toMatchObject({ session: 's', attempt: 2, jobName: 'job', phase: 'failed', terminated });
  });

  test.each([
    ['nothing yet', undefined, { phase: 'pending', waiting: null, terminated: null }],
    [
      'no place',
      {
        phase: 'Pending',
        conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: 'full' }],
      },
      { waiting: 'Unschedulable: full' },
    ],
    [
      'no image',
      { phase: 'Pending', containerStatuses: [{ state: { waiting: { reason: 'ErrImagePull' } } }] },
      { waiting: 'ErrImagePull' },
    ],
    [
      'being made',
      { phase: 'Pending', containerStatuses: [{ state: { waiting: { reason: 'ContainerCreating' } } }] },
      { waiting: null },
    ],
    [
      'running',
      { phase: 'Running', podIP: '10.0.0.1', conditions: [{ type: 'Ready', status: 'True' }] },
      { phase: 'running', ready: true, address: '10.0.0.1' },
    ],
    ['out of sight', { phase: 'Unknown' }, { phase: 'running', terminated: null }],
    ['done', { phase: 'Succeeded' }, { phase: 'succeeded' }],
  ])('%s', (_, status, expected) => {
    expect(fact(status)).toMatchObject(expected);
  });

  test('that is gone, and was not seen to end, is gone and no more', () => {
    expect(fact({ phase: 'Running' }, true)).toMatchObject({ phase: 'gone', ready: false, terminated: null });
    expect(podFact({ metadata: { name: 'x' } }, false)).toBeUndefined();
    expect(podFact({ metadata: { labels: { ...labels, 'hawser.dev/attempt': 'many' } } }, false)).toBeUndefined();
  });

  test('of a Job whose pod is not there: only why', () => {
    const job = { metadata: { name: 'job', labels } };
    expect(jobFact(job, false, null)).toBeUndefined();
    expect(jobFact(job, false, 'FailedCreate: quota')).toMatchObject({
      phase: 'pending',
      waiting: 'FailedCreate: quota',
    });
    expect(jobFact(job, true, null)).toMatchObject({ phase: 'gone', terminated: null });
    const failed = { conditions: [{ type: 'Failed', status: 'True', reason: 'DeadlineExceeded', message: 'long' }] };
    expect(jobFact({ ...job, status: failed }, false, null)).toMatchObject({
      phase: 'gone',
      terminated: { reason: 'DeadlineExceeded', message: 'long' },
    });
    expect(jobFact({ metadata: {} }, true, null)).toBeUndefined();
  });
});
