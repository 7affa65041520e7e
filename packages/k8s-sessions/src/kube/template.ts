/** What all runners of a service have in common. Nothing in it is secret: it may lie in a ConfigMap. */
export interface RunnerTemplate {
  /** Where runners run; apart from the service, so that its Secrets are not theirs. */
  readonly namespace: string;
  /** Tells the runners of one service from those of another in the same namespace: the value of `app.kubernetes.io/instance`. */
  readonly instance: string;
  readonly image: string;
  /** Default: as Kubernetes decides, by the image's tag. */
  readonly imagePullPolicy?: 'Always' | 'IfNotPresent' | 'Never';
  readonly imagePullSecrets?: readonly string[];
  /** Behind the image's entry point. Default `runner`. */
  readonly args?: readonly string[];
  /** The controller's internal address, by its name in the cluster. */
  readonly controllerUrl: string;
  /** An account without any right. */
  readonly serviceAccountName: string;
  readonly resources?: {
    readonly requests?: Readonly<Record<string, string>>;
    readonly limits?: Readonly<Record<string, string>>;
  };
  /** Sizes of what a command may write to, as Kubernetes writes amounts. Default 2Gi, and 512Mi each. */
  readonly volumes?: { readonly work?: string; readonly home?: string; readonly tmp?: string; readonly log?: string };
  readonly nodeSelector?: Readonly<Record<string, string>>;
  readonly tolerations?: readonly {
    readonly key?: string;
    readonly operator?: 'Exists' | 'Equal';
    readonly value?: string;
    readonly effect?: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute';
    readonly tolerationSeconds?: number;
  }[];
  /** gVisor, Kata: what puts a wall around the command. */
  readonly runtimeClassName?: string;
  /** False gives each pod a user namespace of its own, where the cluster has them. Default: as the cluster does. */
  readonly hostUsers?: boolean;
  readonly priorityClassName?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  /** User and group of the runner and its command. Default 10001, as in the image. */
  readonly userId?: number;
  /** Until a runner that is told to end is killed: to bring the last of its log away. Default 30. */
  readonly graceSeconds?: number;
  /** For pulling the image, getting the code and installing, before the deadline of the command begins. Default 900. */
  readonly startAllowanceSeconds?: number;
  /** Resolvers from outside of the cluster, so that names of the cluster's services mean nothing. Default: the cluster's DNS. */
  readonly nameservers?: readonly string[];
}

/** Labels that select every runner of a service. */
export function runnerLabels({ instance }: Pick<RunnerTemplate, 'instance'>): Readonly<Record<string, string>> {
  return {
    'app.kubernetes.io/name': 'hawser-sessions',
    'app.kubernetes.io/component': 'runner',
    'app.kubernetes.io/instance': instance,
  };
}

/** Names of the labels that say what a runner is there for. */
export const runnerLabel = {
  session: 'hawser.dev/session',
  attempt: 'hawser.dev/attempt',
  egress: 'hawser.dev/egress',
} as const;

/** The port every runner serves (R28). */
export const runnerPort = 7681;
