import { randomBytes } from 'node:crypto';
import type { Cluster } from '@hawser/kube-client';
import type { V1Job, V1Pod } from '@kubernetes/client-node';
import { SessionsError } from '../errors.js';
import { runnerPod } from './pod.js';
import { runnerLabel, runnerLabels, runnerPort, type RunnerTemplate } from './template.js';

/** Something that a runner must not reach. */
export interface ProbeTarget {
  /** For people: `the cloud's metadata service`. */
  readonly name: string;
  readonly host: string;
  readonly port: number;
}

/** What a probe found. */
export interface ProbeVerdict {
  /** Nothing that is forbidden was reached. */
  readonly isEnforced: boolean;
  /** Names of what was reached all the same. */
  readonly reached: readonly string[];
}

/** How a probe is made. */
export interface ProbeOptions {
  readonly cluster: Cluster;
  readonly template: RunnerTemplate;
  /** Beside another runner, which is always tried: at most five. */
  readonly targets: readonly ProbeTarget[];
  /** Milliseconds for all of it, with pulling the image. Default 180,000. */
  readonly timeoutMs?: number;
  /** Seconds that a network is given to close what it must. Default 10. */
  readonly settleSeconds?: number;
  readonly signal?: AbortSignal;
}

/** The metadata services of clouds (AWS, Google, Azure and others share the first). */
export const metadataTargets: readonly ProbeTarget[] = [
  { name: "the cloud's metadata service", host: '169.254.169.254', port: 80 },
];

/** An exit status of the probe: this and one bit for each target. Neither a failure of Node's nor a signal looks like it. */
const REACHED = 64;

/** What listens, so that another runner is there to be reached. */
const listener = `require('node:net').createServer((socket) => socket.destroy()).listen(${runnerPort}, process.env.PROBE_ADDRESS)`;

/**
 * Tries all targets again and again, until none is reached or the time is over: networks take a moment to close behind a
 * new pod. A host that does not answer within two seconds is not reached.
 */
const prober = `
const { connect } = require('node:net');
const targets = JSON.parse(process.env.PROBE_TARGETS);
const until = Date.now() + Number(process.env.PROBE_SECONDS) * 1000;
const reach = ({ host, port }) => new Promise((resolve) => {
  const socket = connect({ host, port });
  const done = (is) => { socket.destroy(); resolve(is); };
  socket.setTimeout(2000, () => done(false));
  socket.on('connect', () => done(true));
  socket.on('error', () => done(false));
});
(async () => {
  for (;;) {
    const reached = await Promise.all(targets.map(reach));
    const mask = reached.reduce((sum, is, index) => sum + (is ? 1 << index : 0), 0);
    if (mask === 0) process.exit(0);
    if (Date.now() >= until) process.exit(${REACHED} + mask);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
})();
`;

/**
 * Has a pod that the runners' policies select try what they forbid, since many networks store policies and ignore them.
 * The image must have `node` in its path.
 *
 * @throws SessionsError `HAWSER_SESSIONS_CLUSTER_UNAVAILABLE` when the probe could not be made: nothing is known then.
 */
export async function probeEnforcement(options: ProbeOptions): Promise<ProbeVerdict> {
  const { cluster, template, timeoutMs = 180_000, settleSeconds = 10 } = options;
  const timeout = AbortSignal.timeout(timeoutMs);
  const signal = options.signal ? AbortSignal.any([options.signal, timeout]) : timeout;
  const namespace = encodeURIComponent(template.namespace);
  const jobs = `/apis/batch/v1/namespaces/${namespace}/jobs`;
  const pods = `/api/v1/namespaces/${namespace}/pods`;
  const id = randomBytes(4).toString('hex');
  const made: string[] = [];
  const start = async (role: string, program: string, env: Readonly<Record<string, string>>): Promise<string> => {
    const name = `probe-${id}-${role}`;
    await cluster.post(jobs, probeJob(template, name, program, env), { signal });
    made.push(name);
    return name;
  };
  /** The pod of a Job, as soon as `look` finds something in it. */
  const watchFor = async <T>(jobName: string, look: (pod: V1Pod) => T | undefined): Promise<T> => {
    const ending = new AbortController();
    const stop = (): void => ending.abort();
    signal.addEventListener('abort', stop, { once: true });
    try {
      const labelSelector = `batch.kubernetes.io/job-name=${jobName}`;
      for await (const { object } of cluster.watch<V1Pod>(pods, { labelSelector, signal: ending.signal })) {
        const found = look(object);
        if (found !== undefined) return found;
      }
    } finally {
      signal.removeEventListener('abort', stop);
      ending.abort();
    }
    signal.throwIfAborted();
    throw new Error('The watch ended.');
  };
  try {
    const other = await start('listener', listener, {});
    const host = await watchFor(other, ({ status }) => (status?.phase === 'Running' ? status.podIP : undefined));
    const targets = [...options.targets.slice(0, 5), { name: 'another runner', host, port: runnerPort }];
    const env = { PROBE_TARGETS: JSON.stringify(targets), PROBE_SECONDS: String(settleSeconds) };
    const name = await start('prober', prober, env);
    const exitCode = await watchFor(name, ({ status }) => status?.containerStatuses?.[0]?.state?.terminated?.exitCode);
    const mask = exitCode - REACHED;
    if (exitCode !== 0 && (mask < 1 || mask >= 1 << targets.length)) {
      throw new Error(`The probe ended with ${exitCode}, and found nothing out.`);
    }
    const reached = exitCode === 0 ? [] : targets.filter((_, index) => (mask & (1 << index)) !== 0);
    return { isEnforced: reached.length === 0, reached: reached.map((target) => target.name) };
  } catch (cause) {
    options.signal?.throwIfAborted();
    const why = timeout.aborted ? `no result within ${timeoutMs / 1_000} s.` : (cause as Error).message;
    throw new SessionsError(
      'HAWSER_SESSIONS_CLUSTER_UNAVAILABLE',
      `Whether policies are enforced is not known: ${why}`,
      {
        cause,
      },
    );
  } finally {
    for (const name of made) {
      await cluster.delete(`${jobs}/${name}`, { propagationPolicy: 'Background' }).catch(() => undefined);
    }
  }
}

/** A runner's Job in all that a network looks at, and without a session. */
function probeJob(
  template: RunnerTemplate,
  name: string,
  program: string,
  env: Readonly<Record<string, string>>,
): V1Job {
  const labels = { ...template.labels, ...runnerLabels(template), [runnerLabel.egress]: 'public' };
  const variables = [
    ...Object.entries(env).map(([key, value]) => ({ name: key, value })),
    { name: 'PROBE_ADDRESS', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
  ];
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, namespace: template.namespace, labels },
    spec: {
      backoffLimit: 0,
      ttlSecondsAfterFinished: 60,
      activeDeadlineSeconds: 600,
      template: {
        metadata: { labels, ...(template.annotations && { annotations: { ...template.annotations } }) },
        spec: runnerPod(template, { command: ['node', '-e', program], args: [], env: variables }),
      },
    },
  };
}
