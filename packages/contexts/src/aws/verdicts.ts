import type { EksCluster } from '../eks/describe.js';
import type { AwsCredentials } from '../eks/aws-credentials.js';
import type { CredentialSource } from './credential-source.js';
import type { FoundRegion } from './region.js';
import { verdict, type Verdict } from './verdict.js';

const MINUTE_MS = 60_000;
/** STS takes a signature of up to five minutes before or after its own time, an EKS cluster of up to fifteen. */
const CLOCK_FAILS_MS = 5 * MINUTE_MS;
const CLOCK_WARNS_MS = MINUTE_MS;

const REGION_SOURCES: Readonly<Record<FoundRegion['source'], string>> = {
  option: 'as asked for',
  AWS_REGION: 'from AWS_REGION',
  AWS_DEFAULT_REGION: 'from AWS_DEFAULT_REGION',
  profile: 'from the profile',
  default: 'because none is set',
};

/** Which region, and who said so. */
export function regionVerdict({ region, source }: FoundRegion): Verdict {
  const found = `${region}, ${REGION_SOURCES[source]}`;
  const facts = { region, source };
  if (source !== 'default') return verdict('region', 'pass', found, { facts });
  return verdict('region', 'warn', found, { next: 'Pass --region, or set AWS_REGION.', facts });
}

/** Where the credentials came from, and how long they last. */
export function credentialsVerdict(
  { accessKeyId, expiration }: AwsCredentials,
  source: CredentialSource,
  nowMs: number = Date.now(),
): Verdict {
  const leftMs = (expiration?.getTime() ?? Infinity) - nowMs;
  const facts = {
    source: source.kind,
    assumedRole: source.assumedRole,
    accessKeyId,
    expiresAt: expiration?.toISOString(),
  };
  if (leftMs <= 0) {
    return verdict('credentials', 'fail', `${source.words}: they have expired`, {
      code: 'HAWSER_AWS_CREDENTIALS_EXPIRED',
      next: 'Get new ones: aws sso login, or whatever made these.',
      facts,
    });
  }
  if (leftMs === Infinity) return verdict('credentials', 'pass', `${source.words}, without an end`, { facts });
  const minutes = Math.floor(leftMs / MINUTE_MS);
  return verdict('credentials', minutes < 15 ? 'warn' : 'pass', `${source.words}, for another ${minutes} min`, {
    facts,
  });
}

/** How far our clock is from AWS's. */
export function clockVerdict(aheadMs: number): Verdict {
  const off = Math.abs(aheadMs);
  const facts = { aheadSeconds: Math.round(aheadMs / 1000) };
  // The Date header has whole seconds, and the answer took its time.
  if (off < 2000) return verdict('clock', 'pass', 'as AWS has it', { facts });
  const found = `${duration(off)} ${aheadMs > 0 ? 'fast' : 'slow'}`;
  if (off < CLOCK_WARNS_MS) return verdict('clock', 'pass', found, { facts });
  return verdict('clock', off < CLOCK_FAILS_MS ? 'warn' : 'fail', found, {
    ...(off < CLOCK_FAILS_MS ? {} : { code: 'HAWSER_AWS_CREDENTIALS_REFUSED' as const }),
    next: 'Set the clock (timedatectl set-ntp true): AWS refuses what is signed 5 minutes off, a cluster 15.',
    facts,
  });
}

/** What EKS says of the cluster. UPDATING is usable; issues may be there beside ACTIVE. */
export function clusterVerdict(cluster: EksCluster): Verdict {
  const { name, version, status, healthIssues, endpointPublicAccess, endpointPrivateAccess, authenticationMode } =
    cluster;
  const reach = [endpointPublicAccess ? 'public' : '', endpointPrivateAccess ? 'private' : ''].filter(Boolean);
  const facts = {
    arn: cluster.arn,
    version,
    platformVersion: cluster.platformVersion,
    status,
    endpoint: cluster.endpoint,
    vpcId: cluster.vpcId,
    endpointPublicAccess,
    endpointPrivateAccess,
    publicAccessCidrs: cluster.publicAccessCidrs,
    authenticationMode,
    oidcIssuer: cluster.oidcIssuer,
    healthIssues: healthIssues.map(({ code, message }) => ({ code, message })),
    upgradePolicy: cluster.upgradePolicy,
    deletionProtection: cluster.deletionProtection,
  };
  const found = `${name}: ${status}, ${version}, ${reach.join(' and ') || 'no'} endpoint`;
  if (status !== 'ACTIVE' && status !== 'UPDATING') {
    return verdict('cluster', 'fail', found, { next: `Wait: aws eks wait cluster-active --name ${name}`, facts });
  }
  if (healthIssues.length === 0) return verdict('cluster', 'pass', found, { facts });
  const issues = healthIssues.map(({ code, message }) => `${code}: ${message}`).join('; ');
  return verdict('cluster', 'warn', `${found}; ${issues}`, { next: 'Correct what EKS complains of.', facts });
}

function duration(ms: number): string {
  return ms < 2 * MINUTE_MS ? `${Math.round(ms / 1000)} s` : `${Math.round(ms / MINUTE_MS)} min`;
}
