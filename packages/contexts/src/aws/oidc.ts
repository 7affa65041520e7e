import { partitionOf } from '../eks/sts-host.js';
import { type AwsSession, callAws, clientConfig } from './aws-call.js';
import { failedVerdict } from './failed-verdict.js';
import type { CallerIdentity } from './identity.js';
import { findRunnerIdentity, type RunnerIdentity, runnerVerdict } from './runner-identity.js';
import { verdict, type Verdict } from './verdict.js';
import type { Environment } from '../types.js';

/** The audience that STS wants of a web identity. */
const AUDIENCE = 'sts.amazonaws.com';
/** A discovery document is a few hundred bytes. */
const MAX_DOCUMENT_BYTES = 1 << 20;

/** What the OIDC checks look at. */
export interface OidcCheck {
  readonly session: AwsSession;
  readonly identity: CallerIdentity;
  /** Of the cluster; without one, the issuer of the token this machine has. */
  readonly issuer: string | undefined;
  readonly env: Environment;
  readonly fetch: typeof fetch;
}

/**
 * The five things that must hold for pods and runners to become IAM roles: an issuer, its provider in IAM, the audience
 * there, its discovery document, and, where this machine has a token of its own, a role whose trust policy fits it.
 */
export async function* checkOidc(check: OidcCheck): AsyncGenerator<Verdict> {
  const { session, identity } = check;
  const runner = await findRunnerIdentity(check);
  const issuer = check.issuer ?? runner?.claims?.iss;
  if (issuer === undefined || !URL.canParse(issuer)) {
    yield verdict('oidc-issuer', 'fail', 'there is no OIDC issuer', {
      next: 'Name a cluster with --eks-cluster; clusters have an issuer of their own.',
    });
    for (const id of ['oidc-provider', 'oidc-audience', 'oidc-discovery'] as const) {
      yield verdict(id, 'skip', 'there is no issuer');
    }
    yield await aboutRunner(runner, check);
    return;
  }
  yield verdict('oidc-issuer', 'pass', issuer, { facts: { issuer } });
  const arn = providerArn(session.region, identity.account, issuer);
  yield* checkProvider(arn, check);
  yield await checkDiscovery(issuer, check);
  yield await aboutRunner(runner, check);
}

/** The provider in IAM that stands for an issuer. */
function providerArn(region: string, account: string, issuer: string): string {
  return `arn:${partitionOf(region)}:iam::${account}:oidc-provider/${issuer.replace(/^https?:\/\//, '').replace(/\/$/, '')}`;
}

async function* checkProvider(arn: string, { session }: OidcCheck): AsyncGenerator<Verdict> {
  const facts = { provider: arn };
  const create = `Create it: aws iam create-open-id-connect-provider --url https://${arn.split('oidc-provider/')[1]} --client-id-list ${AUDIENCE}`;
  const { IAMClient, ListOpenIDConnectProvidersCommand, GetOpenIDConnectProviderCommand } =
    await import('@aws-sdk/client-iam');
  const client = new IAMClient(clientConfig(session));
  try {
    const listed = await callAws(session, { action: 'iam:ListOpenIDConnectProviders', resource: '*' }, (abortSignal) =>
      client.send(new ListOpenIDConnectProvidersCommand({}), { abortSignal }),
    );
    if (!listed.OpenIDConnectProviderList?.some(({ Arn }) => Arn === arn)) {
      yield verdict('oidc-provider', 'fail', `IAM has no provider ${arn}`, { next: create, facts });
      yield verdict('oidc-audience', 'skip', 'there is no provider');
      return;
    }
    yield verdict('oidc-provider', 'pass', arn, { facts });
    yield await callAws(session, { action: 'iam:GetOpenIDConnectProvider', resource: arn }, (abortSignal) =>
      client.send(new GetOpenIDConnectProviderCommand({ OpenIDConnectProviderArn: arn }), { abortSignal }),
    ).then(
      ({ ClientIDList = [] }) => audienceVerdict(arn, ClientIDList),
      (error: unknown) => failedVerdict('oidc-audience', error, facts),
    );
  } catch (error) {
    yield failedVerdict('oidc-provider', error, facts);
    yield verdict('oidc-audience', 'skip', 'the providers are not known');
  } finally {
    client.destroy();
  }
}

function audienceVerdict(arn: string, audiences: readonly string[]): Verdict {
  if (audiences.includes(AUDIENCE)) return verdict('oidc-audience', 'pass', AUDIENCE, { facts: { audiences } });
  const found = `the provider takes ${audiences.join(', ') || 'nothing'}, and not ${AUDIENCE}`;
  return verdict('oidc-audience', 'fail', found, {
    next: `aws iam add-client-id-to-open-id-connect-provider --open-id-connect-provider-arn ${arn} --client-id ${AUDIENCE}`,
    facts: { audiences },
  });
}

async function checkDiscovery(issuer: string, { session, fetch: load }: OidcCheck): Promise<Verdict> {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const facts = { url };
  const next = 'STS reads it too: whoever serves the issuer must mend it.';
  try {
    const { issuer: named, jwks_uri: keys } = await loadJson(url, load, session);
    if (named !== issuer) {
      return verdict('oidc-discovery', 'fail', `${url} is about ${String(named)}`, { next, facts });
    }
    if (typeof keys !== 'string') return verdict('oidc-discovery', 'fail', `${url} names no jwks_uri`, { next, facts });
    const { keys: list } = await loadJson(keys, load, session);
    if (!Array.isArray(list) || list.length === 0) {
      return verdict('oidc-discovery', 'fail', `${keys} has no keys`, { next, facts });
    }
    return verdict('oidc-discovery', 'pass', `${list.length} keys at ${keys}`, { facts: { url, jwksUri: keys } });
  } catch (error) {
    session.signal?.throwIfAborted();
    const { message, cause } = error as Error;
    const why = (cause as Error | undefined)?.message || message;
    return verdict('oidc-discovery', 'fail', `${url} cannot be read: ${why}`, {
      code: 'HAWSER_AWS_UNREACHABLE',
      next,
      facts,
    });
  }
}

async function loadJson(url: string, load: typeof fetch, session: AwsSession): Promise<Record<string, unknown>> {
  const late = AbortSignal.timeout(session.timeoutMs);
  const signal = session.signal === undefined ? late : AbortSignal.any([session.signal, late]);
  const answer = await load(url, { redirect: 'error', signal });
  if (!answer.ok) throw new Error(`it answers ${answer.status}`);
  const text = await answer.text();
  if (text.length > MAX_DOCUMENT_BYTES) throw new Error('it is too large');
  return JSON.parse(text) as Record<string, unknown>;
}

async function aboutRunner(runner: RunnerIdentity | undefined, check: OidcCheck): Promise<Verdict> {
  if (runner === undefined) {
    return verdict('oidc-runner', 'skip', 'this machine has no token of its own: no pod with a role, no GitHub job', {
      next: 'Run it where the token is, to compare it with the trust policy of the role.',
    });
  }
  return await runnerVerdict(runner, check, (issuer) =>
    providerArn(check.session.region, check.identity.account, issuer),
  );
}
