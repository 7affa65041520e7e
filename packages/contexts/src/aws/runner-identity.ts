import { readFile } from 'node:fs/promises';
import { partitionOf } from '../eks/sts-host.js';
import type { Environment } from '../types.js';
import { type AwsSession, callAws, clientConfig } from './aws-call.js';
import { failedVerdict } from './failed-verdict.js';
import type { CallerIdentity } from './identity.js';
import { readClaims, type TokenClaims } from './json-web-token.js';
import { trustComplaints, trustsPodIdentity } from './trust-policy.js';
import { verdict, type Verdict } from './verdict.js';

/** How this machine becomes a role, and the claims of the token it has for that. */
export interface RunnerIdentity {
  readonly kind: 'irsa' | 'pod-identity' | 'github';
  readonly roleArn?: string | undefined;
  /** Missing when the token could not be had or read. */
  readonly claims?: TokenClaims | undefined;
  readonly problem?: string | undefined;
}

interface Surroundings {
  readonly session: AwsSession;
  readonly identity: CallerIdentity;
  readonly env: Environment;
  readonly fetch: typeof fetch;
}

/** Looks for a token of this machine's own: a pod's by IRSA, a pod's by Pod Identity, or a GitHub job's. */
export async function findRunnerIdentity(check: Surroundings): Promise<RunnerIdentity | undefined> {
  const { env } = check;
  const roleArn = env['AWS_ROLE_ARN'] || undefined;
  const file = env['AWS_WEB_IDENTITY_TOKEN_FILE'];
  if (file && roleArn !== undefined) return { kind: 'irsa', roleArn, ...(await fromFile(file)) };
  if (env['AWS_CONTAINER_CREDENTIALS_FULL_URI'] && env['AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE']) {
    return { kind: 'pod-identity', ...(await fromFile(env['AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE'])) };
  }
  const url = env['ACTIONS_ID_TOKEN_REQUEST_URL'];
  if (!url) return undefined;
  return { kind: 'github', roleArn, ...(await fromGitHub(url, check)) };
}

async function fromFile(path: string): Promise<Pick<RunnerIdentity, 'claims' | 'problem'>> {
  try {
    const claims = readClaims(await readFile(path, 'utf8'));
    return claims === undefined ? { problem: `${path} holds no JSON web token` } : { claims };
  } catch (error) {
    return { problem: `${path} cannot be read: ${(error as Error).message}` };
  }
}

/** GitHub documentation, "OpenID Connect reference", requesting the token by its two environment variables. */
async function fromGitHub(
  url: string,
  { env, session, fetch: load }: Surroundings,
): Promise<Pick<RunnerIdentity, 'claims' | 'problem'>> {
  try {
    const asked = new URL(url);
    asked.searchParams.set('audience', 'sts.amazonaws.com');
    const answer = await load(asked, {
      headers: { authorization: `Bearer ${env['ACTIONS_ID_TOKEN_REQUEST_TOKEN'] ?? ''}` },
      signal: AbortSignal.timeout(session.timeoutMs),
    });
    if (!answer.ok) return { problem: `GitHub gives no token: it answers ${answer.status}` };
    const { value } = (await answer.json()) as { readonly value?: unknown };
    const claims = typeof value === 'string' ? readClaims(value) : undefined;
    return claims === undefined ? { problem: 'GitHub answers no JSON web token' } : { claims };
  } catch (error) {
    return { problem: `GitHub gives no token: ${(error as Error).message}` };
  }
}

const KINDS = { irsa: 'IAM role for service account', 'pod-identity': 'EKS Pod Identity', github: 'GitHub Actions' };

/** Whether the role of this machine takes its token, and whether we are that role. */
export async function runnerVerdict(
  runner: RunnerIdentity,
  { session, identity }: Surroundings,
  providerArn: (issuer: string) => string,
): Promise<Verdict> {
  const { kind, claims, problem } = runner;
  const caller = /^arn:[^:]+:sts::\d+:assumed-role\/([^/]+)\//.exec(identity.arn)?.[1];
  const roleName = runner.roleArn?.split('/').at(-1) ?? caller;
  const facts = {
    kind,
    roleArn: runner.roleArn,
    issuer: claims?.iss,
    subject: claims?.sub,
    audience: claims?.aud,
    caller: identity.arn,
  };
  const words = KINDS[kind];
  if (claims === undefined) return verdict('oidc-runner', 'fail', `${words}: ${problem ?? 'no token'}`, { facts });
  if (roleName === undefined) {
    return verdict('oidc-runner', 'warn', `${words}: a token for ${claims.sub ?? 'nobody'}, and no role is named`, {
      next: 'Set AWS_ROLE_ARN to the role that is to be taken on.',
      facts,
    });
  }
  let policy: string;
  try {
    policy = await trustPolicy(roleName, session, identity.account);
  } catch (error) {
    return failedVerdict('oidc-runner', error, facts);
  }
  const complaints =
    kind === 'pod-identity'
      ? trustsPodIdentity(policy)
        ? []
        : ['does not let pods.eks.amazonaws.com do sts:AssumeRole and sts:TagSession']
      : trustComplaints(policy, providerArn(claims.iss ?? ''), claims);
  if (complaints.length > 0) {
    return verdict('oidc-runner', 'fail', `${words}: the trust policy of ${roleName} ${complaints.join('; it ')}`, {
      next: 'Change the trust policy, or run as the subject that it names.',
      facts: { ...facts, complaints },
    });
  }
  if (caller !== roleName) {
    return verdict(
      'oidc-runner',
      'warn',
      `${words}: the role ${roleName} takes the token, but you are ${identity.arn}`,
      {
        next: 'Other credentials come before the token; see where they are from, above.',
        facts,
      },
    );
  }
  return verdict('oidc-runner', 'pass', `${words}: ${roleName} for ${claims.sub ?? 'an unnamed subject'}`, { facts });
}

async function trustPolicy(roleName: string, session: AwsSession, account: string): Promise<string> {
  const { IAMClient, GetRoleCommand } = await import('@aws-sdk/client-iam');
  const client = new IAMClient(clientConfig(session));
  try {
    const { Role } = await callAws(
      session,
      { action: 'iam:GetRole', resource: `arn:${partitionOf(session.region)}:iam::${account}:role/${roleName}` },
      (abortSignal) => client.send(new GetRoleCommand({ RoleName: roleName }), { abortSignal }),
    );
    return decodeURIComponent(Role?.AssumeRolePolicyDocument ?? '');
  } finally {
    client.destroy();
  }
}
