import type { ContextsErrorCode, JsonValue } from '../errors.js';
import type { MissingPermission } from './permissions.js';

/** The checks, in the order they are made. */
export type VerdictId =
  | 'region'
  | 'credentials'
  | 'identity'
  | 'clock'
  | 'cluster'
  | 'bastions'
  | 'endpoint-dns'
  | 'endpoint-tcp'
  | 'endpoint-tls'
  | 'endpoint-ready'
  | 'access'
  | 'kubeconfig'
  | 'oidc-issuer'
  | 'oidc-provider'
  | 'oidc-audience'
  | 'oidc-discovery'
  | 'oidc-runner';

/** What one check found. */
export interface Verdict {
  readonly id: VerdictId;
  readonly title: string;
  /** `warn` fails nothing; `skip` is a check that an earlier failure, or the place we run in, left without an object. */
  readonly state: 'pass' | 'warn' | 'fail' | 'skip';
  /** What was found, as a sentence or a fact. */
  readonly found: string;
  /** The next step, where there is one. */
  readonly next?: string | undefined;
  /** Why it failed, where that is one of our errors. */
  readonly code?: ContextsErrorCode | undefined;
  /** The permission that would have made it pass. */
  readonly missing?: MissingPermission | undefined;
  /** The same for programs; never a secret. */
  readonly facts: Readonly<Record<string, JsonValue | undefined>>;
}

const TITLES: Readonly<Record<VerdictId, string>> = {
  region: 'Region',
  credentials: 'Credentials',
  identity: 'Identity',
  clock: 'Clock',
  cluster: 'EKS cluster',
  'endpoint-dns': 'Endpoint: name',
  'endpoint-tcp': 'Endpoint: port',
  'endpoint-tls': 'Endpoint: certificate',
  'endpoint-ready': 'Endpoint: /readyz',
  access: 'Access',
  kubeconfig: 'kubeconfig',
  'oidc-issuer': 'OIDC issuer',
  'oidc-provider': 'OIDC provider in IAM',
  'oidc-audience': 'OIDC audience',
  'oidc-discovery': 'OIDC discovery',
  'oidc-runner': 'OIDC on this machine',
  bastions: 'Bastions',
};

/** Makes a verdict. */
export function verdict(
  id: VerdictId,
  state: Verdict['state'],
  found: string,
  more: Partial<Pick<Verdict, 'next' | 'code' | 'missing' | 'facts'>> = {},
): Verdict {
  return { id, title: TITLES[id], state, found, ...more, facts: more.facts ?? {} };
}
