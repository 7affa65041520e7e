import { list, map, object, optional, text, time, whole, type Reader } from './shape.js';

// Field names are those of the Go types in actions-runner-controller, apis/actions.github.com/v1alpha1 (0.14.2). Only
// what a check looks at is kept, so that pod templates, environments and secrets never reach a report.

/** Labels that tell what belongs to what. */
export const labels = {
  scaleSet: 'actions.github.com/scale-set-name',
  scaleSetNamespace: 'actions.github.com/scale-set-namespace',
  component: 'app.kubernetes.io/component',
  partOf: 'app.kubernetes.io/part-of',
  version: 'app.kubernetes.io/version',
} as const;

/** Metadata, as every object has it. */
export interface Meta {
  readonly name: string;
  readonly namespace?: string;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly finalizers?: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
}

const meta: Reader<Meta> = object({
  name: text,
  namespace: optional(text),
  creationTimestamp: optional(time),
  deletionTimestamp: optional(time),
  finalizers: optional(list(text)),
  labels: optional(map(text, (key) => (Object.values(labels) as readonly string[]).includes(key))),
});

/** Where the credentials lie in a vault, there is no Secret to look at. */
export interface VaultConfig {
  readonly type?: string;
}

/** AutoscalingRunnerSet: what a person installs. */
export interface ScaleSet {
  readonly metadata: Meta;
  readonly spec: {
    readonly githubConfigUrl?: string;
    readonly githubConfigSecret?: string;
    readonly runnerGroup?: string;
    readonly runnerScaleSetName?: string;
    readonly runnerScaleSetLabels?: readonly string[];
    readonly minRunners?: number;
    readonly maxRunners?: number;
    readonly vaultConfig?: VaultConfig;
  };
  readonly status?: { readonly currentRunners?: number; readonly phase?: string };
}

export const scaleSet: Reader<ScaleSet> = object({
  metadata: meta,
  spec: object({
    githubConfigUrl: optional(address),
    githubConfigSecret: optional(text),
    runnerGroup: optional(text),
    runnerScaleSetName: optional(text),
    runnerScaleSetLabels: optional(list(text)),
    minRunners: optional(whole),
    maxRunners: optional(whole),
    vaultConfig: optional(object({ type: optional(text) })),
  }),
  status: optional(object({ currentRunners: optional(whole), phase: optional(text) })),
});

/** AutoscalingListener: it lives in the controller's namespace. */
export interface Listener {
  readonly metadata: Meta;
  readonly spec: { readonly autoscalingRunnerSetNamespace?: string; readonly autoscalingRunnerSetName?: string };
}

export const listener: Reader<Listener> = object({
  metadata: meta,
  spec: object({ autoscalingRunnerSetNamespace: optional(text), autoscalingRunnerSetName: optional(text) }),
});

/** One runner that takes one job. */
export interface EphemeralRunner {
  readonly metadata: Meta;
  readonly status?: {
    readonly phase?: string;
    readonly reason?: string;
    readonly message?: string;
    readonly runnerId?: number;
    readonly runnerName?: string;
    readonly jobId?: string;
    readonly jobRequestId?: number;
    readonly jobRepositoryName?: string;
    readonly jobDisplayName?: string;
    readonly workflowRunId?: number;
  };
}

export const ephemeralRunner: Reader<EphemeralRunner> = object({
  metadata: meta,
  status: optional(
    object({
      phase: optional(text),
      reason: optional(text),
      message: optional(text),
      runnerId: optional(whole),
      runnerName: optional(text),
      jobId: optional(text),
      jobRequestId: optional(whole),
      jobRepositoryName: optional(text),
      jobDisplayName: optional(text),
      workflowRunId: optional(whole),
    }),
  ),
});

/** A pod of a runner or a listener. */
export interface Pod {
  readonly metadata: Meta;
  readonly status?: {
    readonly phase?: string;
    readonly reason?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

export const pod: Reader<Pod> = object({
  metadata: meta,
  status: optional(
    object({
      phase: optional(text),
      reason: optional(text),
      conditions: optional(list(object({ type: text, status: text }))),
    }),
  ),
});

/** Deployment of the controller. */
export interface Controller {
  readonly metadata: Meta;
  readonly status?: { readonly replicas?: number; readonly availableReplicas?: number };
}

export const controller: Reader<Controller> = object({
  metadata: meta,
  status: optional(object({ replicas: optional(whole), availableReplicas: optional(whole) })),
});

/** A Secret, by the names of its keys: their values are not kept. */
export interface SecretKeys {
  readonly keys: readonly string[];
}

export const secretKeys: Reader<SecretKeys> = object({ keys: list(text) });

/** The names of a Secret's keys, from the API's answer. */
export const secretOfApi: Reader<SecretKeys> = (value, path) => {
  const { data = {} } = object({ data: optional(map(() => true)) })(value, path);
  return { keys: Object.keys(data).toSorted() };
};

/** API groups of `/apis`. */
export const groupNames: Reader<readonly string[]> = (value, path) =>
  object({ groups: list(object({ name: text })) })(value, path).groups.map(({ name }) => name);

/** Anything, by its name. */
export const named: Reader<{ readonly metadata: Meta }> = object({ metadata: meta });

/** Addresses may carry a user and a password, which are nobody's business. */
function address(value: unknown, path: string): string {
  const written = text(value, path);
  if (!URL.canParse(written)) return written;
  const url = new URL(written);
  if (url.username === '' && url.password === '') return written;
  url.username = '';
  url.password = '';
  return url.href;
}

/** Whether a Deployment can serve; conditions of pods say the same. */
export function isReady(one: Pod): boolean {
  return one.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true;
}

/** Whether a runner has a job; an idle one that is registered has none. */
export function hasJob({ status }: EphemeralRunner): boolean {
  return Boolean(status?.jobId) || Boolean(status?.jobRequestId) || Boolean(status?.workflowRunId);
}
