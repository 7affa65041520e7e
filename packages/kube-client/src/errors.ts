/** A value that survives JSON unchanged; what {@link KubeClientError.details} is made of. */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue | undefined };

/** Every code a {@link KubeClientError} can carry. A code never changes its meaning. */
export type KubeClientErrorCode =
  | 'HAWSER_KUBE_CONFIG_INVALID'
  | 'HAWSER_KUBE_CREDENTIALS_FAILED'
  | 'HAWSER_KUBE_UNREACHABLE'
  | 'HAWSER_KUBE_CERTIFICATE_REJECTED'
  | 'HAWSER_KUBE_UNAUTHORIZED'
  | 'HAWSER_KUBE_FORBIDDEN'
  | 'HAWSER_KUBE_NOT_FOUND'
  | 'HAWSER_KUBE_NO_READY_POD'
  | 'HAWSER_KUBE_FORWARD_REFUSED'
  | 'HAWSER_KUBE_API_FAILED';

/** What every error of one code has in common. */
export interface KubeClientErrorRow {
  /** 1: the world is not as wanted. 2: what was asked for, or a stored document, is wrong. */
  readonly exitCode: 1 | 2;
  /** What to do next, unless the place that raised the error knows better. */
  readonly hint: string;
}

/** Exit code and default hint of every code. The error reference is made from it. */
export const kubeClientErrors: Readonly<Record<KubeClientErrorCode, KubeClientErrorRow>> = {
  HAWSER_KUBE_CONFIG_INVALID: {
    exitCode: 2,
    hint: 'Check KUBECONFIG, --kubeconfig and --context; kubectl config get-contexts names the contexts there are.',
  },
  HAWSER_KUBE_CREDENTIALS_FAILED: {
    exitCode: 1,
    hint: 'Run the credential plugin that is named by hand, and read what it says.',
  },
  HAWSER_KUBE_UNREACHABLE: {
    exitCode: 1,
    hint: 'Check that the API server can be reached from here, or open a tunnel to it.',
  },
  HAWSER_KUBE_CERTIFICATE_REJECTED: {
    exitCode: 1,
    hint: "Check certificate-authority-data and tls-server-name of the cluster's entry, and whether something stands between you and the API server.",
  },
  HAWSER_KUBE_UNAUTHORIZED: {
    exitCode: 1,
    hint: "The API server does not know who you are: renew your credentials, and check this machine's clock.",
  },
  HAWSER_KUBE_FORBIDDEN: { exitCode: 1, hint: 'Ask for the permission that is named.' },
  HAWSER_KUBE_NOT_FOUND: { exitCode: 1, hint: 'Check the name and the namespace.' },
  HAWSER_KUBE_NO_READY_POD: { exitCode: 1, hint: 'kubectl get pods shows why none is ready.' },
  HAWSER_KUBE_FORWARD_REFUSED: { exitCode: 1, hint: 'Check that something listens on that port in the pod.' },
  HAWSER_KUBE_API_FAILED: { exitCode: 1, hint: 'Read what the API server said; trying again may help.' },
};

/** Says what happened to what, under a stable code, with the next step. */
export class KubeClientError extends Error {
  declare readonly name: 'KubeClientError';
  readonly code: KubeClientErrorCode;
  readonly exitCode: 1 | 2;
  readonly hint: string;
  /** Facts for programs; never a secret. */
  readonly details?: Readonly<Record<string, JsonValue | undefined>>;

  constructor(
    code: KubeClientErrorCode,
    message: string,
    options: {
      readonly hint?: string | undefined;
      readonly details?: Readonly<Record<string, JsonValue | undefined>> | undefined;
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.exitCode = kubeClientErrors[code].exitCode;
    this.hint = options.hint ?? kubeClientErrors[code].hint;
    if (options.details) this.details = options.details;
  }

  static {
    Object.defineProperty(this.prototype, 'name', { value: 'KubeClientError', configurable: true, writable: true });
  }
}
