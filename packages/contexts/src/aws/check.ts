import { readAwsFiles } from '../eks/aws-files.js';
import { describeCluster, type EksCluster } from '../eks/describe.js';
import { checkClusterName, checkRegion } from '../eks/names.js';
import { sdkCredentials, type SdkCredentials } from '../eks/sdk-credentials.js';
import { eksToken } from '../eks/token.js';
import { ContextsError } from '../errors.js';
import { shellWord } from '../shell-word.js';
import type { Environment } from '../types.js';
import type { AwsSession } from './aws-call.js';
import { type Bastion, checkBastions } from './bastions.js';
import { type CredentialSource, credentialSource } from './credential-source.js';
import { probeEndpoint } from './endpoint.js';
import { failedVerdict } from './failed-verdict.js';
import { callerIdentity, type CallerIdentity } from './identity.js';
import { checkKubeconfig } from './kubeconfig-entry.js';
import { checkOidc } from './oidc.js';
import { recordedCluster, type RecordedCluster } from './recorded-cluster.js';
import { findRegion, type FoundRegion } from './region.js';
import { clockVerdict, clusterVerdict, credentialsVerdict, regionVerdict } from './verdicts.js';
import { verdict, type Verdict } from './verdict.js';

/** What is checked, and where it is looked for. */
export interface AwsCheckOptions {
  readonly profile?: string | undefined;
  readonly region?: string | undefined;
  /** Look at this cluster, too. */
  readonly eksCluster?: string | undefined;
  /** The context of the kubeconfig that must lead to the cluster. Default: any that does. */
  readonly kubeContext?: string | undefined;
  readonly kubeconfig?: string | undefined;
  readonly verifyOidc?: boolean | undefined;
  /** All AWS services at one address. */
  readonly endpointUrl?: string | undefined;
  /** Longest wait for each step, in milliseconds. Default 10,000. */
  readonly timeoutMs?: number | undefined;
  readonly env: Environment;
  readonly home: string;
  /** Relative paths start here. */
  readonly directory: string;
  /** Lists the managed nodes that could carry a tunnel. Passed in, so that this package knows nothing of sessions. */
  readonly findBastions?: (options: { readonly signal?: AbortSignal }) => Promise<readonly Bastion[]>;
  /** Carries the SDK's requests, past a proxy for example. */
  readonly requestHandler?: object | undefined;
  readonly fetch?: typeof fetch | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What all checks together found. */
export interface AwsCheckResult {
  /** No check failed. */
  readonly ok: boolean;
  readonly verdicts: readonly Verdict[];
  readonly profile?: string | undefined;
  readonly region: FoundRegion;
  readonly identity?:
    | (CallerIdentity & { readonly source: CredentialSource['kind']; readonly expiresAt?: string })
    | undefined;
  readonly cluster?: RecordedCluster | undefined;
}

/** Verdicts as they come; `result()` waits for those that are still to come. */
export interface AwsCheck extends AsyncIterable<Verdict> {
  result(): Promise<AwsCheckResult>;
}

const TIMEOUT_MS = 10_000;

/**
 * Checks who AWS takes us for and what that reaches. What fails is a verdict, and later checks that need it are skipped.
 *
 * @throws ContextsError `HAWSER_AWS_BAD_INPUT` at once; `HAWSER_AWS_REGION_MISSING` when a cluster is asked for and no
 * region is set, and the reason of `signal`, from the iteration.
 */
export function awsCheck(options: AwsCheckOptions): AwsCheck {
  checkInput(options);
  const run = runChecks(options);
  let outcome: AwsCheckResult | undefined;
  let failure: unknown;
  const next = async (): Promise<IteratorResult<Verdict, undefined>> => {
    try {
      const step = await run.next();
      if (!step.done) return step;
      outcome ??= step.value;
      return { done: true, value: undefined };
    } catch (error) {
      failure = error;
      throw error;
    }
  };
  return {
    [Symbol.asyncIterator]: () => ({ next }),
    async result() {
      let step = await next();
      while (!step.done) step = await next();
      // Only an iteration that has thrown ends without one.
      if (outcome === undefined) throw failure;
      return outcome;
    },
  };
}

function checkInput({ eksCluster, region, kubeContext, verifyOidc, env }: AwsCheckOptions): void {
  if (eksCluster !== undefined) checkClusterName(eksCluster);
  if (region !== undefined) checkRegion(region);
  if (eksCluster === undefined && kubeContext !== undefined) {
    throw new ContextsError('HAWSER_AWS_BAD_INPUT', `There is no cluster to compare the context ${kubeContext} with`, {
      hint: 'Name it with --eks-cluster.',
    });
  }
  const hasToken = [
    'AWS_WEB_IDENTITY_TOKEN_FILE',
    'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE',
    'ACTIONS_ID_TOKEN_REQUEST_URL',
  ];
  if (verifyOidc && eksCluster === undefined && !hasToken.some((name) => env[name])) {
    throw new ContextsError(
      'HAWSER_AWS_BAD_INPUT',
      'There is no cluster, and no token here, whose OIDC could be verified',
      {
        hint: 'Name a cluster with --eks-cluster, or run it in the pod or the GitHub job.',
      },
    );
  }
}

async function* runChecks(options: AwsCheckOptions): AsyncGenerator<Verdict, AwsCheckResult> {
  const { env, home, eksCluster, signal } = options;
  const profile = options.profile ?? (env['AWS_PROFILE'] || undefined);
  const region = findRegion({ ...options, files: await readAwsFiles(env, home) });
  if (region.source === 'default' && eksCluster !== undefined) {
    throw new ContextsError('HAWSER_AWS_REGION_MISSING', `No AWS region is set for the cluster ${eksCluster}`);
  }
  const verdicts: Verdict[] = [];
  const keep = (one: Verdict): Verdict => {
    verdicts.push(one);
    return one;
  };
  const ended = (found: Pick<AwsCheckResult, 'identity' | 'cluster'> = {}): AwsCheckResult => ({
    ok: verdicts.every(({ state }) => state !== 'fail'),
    verdicts,
    profile,
    region,
    ...found,
  });
  yield keep(regionVerdict(region));
  let credentials: SdkCredentials;
  try {
    credentials = await settled(sdkCredentials({ ...options, profile: options.profile }), options);
  } catch (error) {
    signal?.throwIfAborted();
    yield keep(failedVerdict('credentials', error));
    return ended();
  }
  const source = credentialSource(credentials.$source, profile);
  yield keep(credentialsVerdict(credentials, source));
  const session: AwsSession = {
    credentials,
    region: region.region,
    endpointUrl: options.endpointUrl,
    requestHandler: options.requestHandler,
    timeoutMs: options.timeoutMs ?? TIMEOUT_MS,
    signal,
  };
  const { identity, error, clockAheadMs } = await callerIdentity(session);
  yield keep(
    identity === undefined
      ? failedVerdict('identity', error)
      : verdict('identity', 'pass', identity.arn, { facts: { ...identity } }),
  );
  if (clockAheadMs !== undefined) yield keep(clockVerdict(clockAheadMs));
  if (identity === undefined) return ended();
  const expiresAt = credentials.expiration?.toISOString();
  const known = { ...identity, source: source.kind, ...(expiresAt === undefined ? {} : { expiresAt }) };
  const cluster = yield* checkCluster(options, { session, identity, keep });
  if (options.verifyOidc && (eksCluster === undefined || cluster !== undefined)) {
    const oidc = checkOidc({ session, identity, issuer: cluster?.oidcIssuer, env, fetch: options.fetch ?? fetch });
    for await (const one of oidc) yield keep(one);
  }
  return ended({ identity: known, ...(cluster === undefined ? {} : { cluster: recordedCluster(cluster) }) });
}

interface Found {
  readonly session: AwsSession;
  readonly identity: CallerIdentity;
  readonly keep: (one: Verdict) => Verdict;
}

async function* checkCluster(
  options: AwsCheckOptions,
  { session, identity, keep }: Found,
): AsyncGenerator<Verdict, EksCluster | undefined> {
  const { eksCluster, findBastions, signal } = options;
  if (eksCluster === undefined) return undefined;
  let cluster: EksCluster;
  try {
    cluster = await describeCluster({ ...session, account: identity.account }, eksCluster);
  } catch (error) {
    signal?.throwIfAborted();
    yield keep(failedVerdict('cluster', error, { cluster: eksCluster }));
    return undefined;
  }
  yield keep(clusterVerdict(cluster));
  const { found, bastion = 'INSTANCE-ID' } =
    findBastions === undefined ? {} : await checkBastions(findBastions, session);
  if (found !== undefined) yield keep(found);
  const probe = {
    cluster,
    token: async () =>
      (
        await eksToken({
          cluster: cluster.outpostId ?? cluster.name,
          region: session.region,
          credentials: session.credentials,
        })
      ).token,
    arn: identity.arn,
    tunnel: tunnelCommand(cluster, bastion, options, session.region),
    timeoutMs: session.timeoutMs,
    signal,
  };
  for await (const one of probeEndpoint(probe)) yield keep(one);
  yield keep(await checkKubeconfig({ ...options, context: options.kubeContext, cluster, region: session.region }));
  return cluster;
}

/** The flag form of `hawser net up` that leads to a cluster's API server. */
function tunnelCommand(
  { name, endpoint }: EksCluster,
  bastion: string,
  { profile }: AwsCheckOptions,
  region: string,
): string {
  const { hostname, port } = URL.canParse(endpoint) ? new URL(endpoint) : { hostname: 'HOST', port: '' };
  const as = `--region ${region}${profile === undefined ? '' : ` --profile ${shellWord(profile)}`}`;
  return `hawser net up --via ssm --host ${bastion} ${as} --forward ${name}=${hostname}:${port || 443}`;
}

/** The sources of the SDK do not all look at a signal, or at the time. */
async function settled<T>(work: Promise<T>, { timeoutMs = TIMEOUT_MS, signal }: AwsCheckOptions): Promise<T> {
  const late = AbortSignal.timeout(timeoutMs);
  const either = signal === undefined ? late : AbortSignal.any([signal, late]);
  return await new Promise<T>((resolve, reject) => {
    either.addEventListener('abort', () => {
      const waited = `The credentials did not come within ${timeoutMs / 1000} s`;
      reject(late.aborted ? new ContextsError('HAWSER_AWS_CREDENTIALS_MISSING', waited) : (either.reason as Error));
    });
    work.then(resolve, reject);
  });
}
