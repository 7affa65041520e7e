import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { KubeClientError, type KubeClientErrorCode } from '@hawser/kube-client';
import type { LinkCause, LinkFailure } from '../link/failure.js';
import type { KubeVia } from '../spec.js';

const causes: Readonly<Record<KubeClientErrorCode, LinkCause>> = {
  HAWSER_KUBE_CONFIG_INVALID: 'config',
  HAWSER_KUBE_CREDENTIALS_FAILED: 'credentials',
  HAWSER_KUBE_UNREACHABLE: 'unreachable',
  HAWSER_KUBE_CERTIFICATE_REJECTED: 'tls',
  HAWSER_KUBE_UNAUTHORIZED: 'auth',
  HAWSER_KUBE_FORBIDDEN: 'access-denied',
  HAWSER_KUBE_NOT_FOUND: 'no-pod',
  HAWSER_KUBE_NO_READY_POD: 'no-pod',
  HAWSER_KUBE_FORWARD_REFUSED: 'target-refused',
  HAWSER_KUBE_API_FAILED: 'other',
};

const networkCauses: Readonly<Record<string, LinkCause>> = {
  ECONNREFUSED: 'refused',
  ENOTFOUND: 'resolve',
  EAI_AGAIN: 'resolve',
  ETIMEDOUT: 'timeout',
};

/** Nothing that waiting could change. */
const permanent: readonly LinkCause[] = ['config', 'access-denied'];

/** What the error of a cluster means for its link. */
export function classifyKube(
  error: unknown,
  via: KubeVia,
  env: Readonly<Record<string, string | undefined>>,
): LinkFailure {
  if (!(error instanceof KubeClientError)) {
    const message = error instanceof Error ? error.message : String(error);
    return { cause: 'other', message, hint: 'hawser net logs shows what came before.', permanent: false };
  }
  const { code, message, hint, details } = error;
  const errno = details?.['cause'];
  const cause = (typeof errno === 'string' && networkCauses[errno]) || causes[code];
  const needsSomebody = cause === 'auth' || cause === 'credentials';
  return {
    cause,
    message,
    hint,
    permanent: permanent.includes(cause),
    ...(needsSomebody && { authCommand: authCommand(message, via), watch: kubeconfigOf(via, env) }),
  };
}

/** Of the link as a whole, not of one target: it must be made anew. */
export function endsLink({ cause }: LinkFailure): boolean {
  return cause !== 'no-pod' && cause !== 'target-refused' && cause !== 'other';
}

/** In a terminal kubectl lets the plugin ask its questions. What the AWS CLI says of itself is more to the point. */
function authCommand(message: string, via: KubeVia): string {
  const [sso] = /aws sso login(?: --profile [\w.@-]+)?/.exec(message) ?? [];
  return sso ?? ['kubectl', ...kubectlFlags(via), 'auth', 'whoami'].join(' ');
}

/** Words of a command line that say which cluster. */
export function kubectlFlags({ kubeconfig, context, namespace }: KubeVia): readonly string[] {
  return [
    ...(kubeconfig === undefined ? [] : ['--kubeconfig', kubeconfig]),
    ...(context === undefined ? [] : ['--context', context]),
    ...(namespace === undefined ? [] : ['--namespace', namespace]),
  ];
}

/** Logging in, or mending it, changes the file the credentials come from. */
function kubeconfigOf(via: KubeVia, env: Readonly<Record<string, string | undefined>>): string {
  const [first] = (env['KUBECONFIG'] ?? '').split(delimiter).filter((path) => path !== '');
  return via.kubeconfig ?? first ?? join(env['HOME'] ?? homedir(), '.kube', 'config');
}
