import { join } from 'node:path';
import { findRegion } from '../aws/region.js';
import { ContextsError } from '../errors.js';
import type { Environment } from '../types.js';
import { type AwsSection, profileSection, readAwsFiles } from './aws-files.js';
import { findCredentials } from './credentials.js';
import { stsHost } from './sts-host.js';
import { cachedToken } from './token-cache.js';
import type { AwsCredentials } from './aws-credentials.js';
import { eksToken, type EksToken } from './token.js';

/** What a credential plugin is told, and where it looks for the rest. */
export interface PluginTokenOptions {
  readonly cluster: string;
  readonly region?: string | undefined;
  readonly profile?: string | undefined;
  readonly roleArn?: string | undefined;
  /** Where AssumeRole is sent. Default: `AWS_ENDPOINT_URL_STS`, `AWS_ENDPOINT_URL`, the region's STS. */
  readonly stsEndpoint?: string | undefined;
  readonly env: Environment;
  readonly home: string;
  readonly nowMs: number;
  /** False makes a new token where one could be kept. */
  readonly cache?: boolean;
  readonly fetch?: typeof fetch;
  readonly signal?: AbortSignal;
}

/** Variables that decide whose credentials the chains find. */
const DECISIVE = [
  'AWS_PROFILE',
  'AWS_ACCESS_KEY_ID',
  'AWS_SESSION_TOKEN',
  'AWS_ROLE_ARN',
  'AWS_WEB_IDENTITY_TOKEN_FILE',
  'AWS_CONTAINER_CREDENTIALS_FULL_URI',
  'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
] as const;

/**
 * The token of one call of the credential plugin: region, credentials and partition as the AWS CLI would take them. The
 * host in the token is always that of the region's STS, because a cluster knows no other.
 *
 * With keys at hand a token is made anew, which is quicker than to look for one. Where a role had to be assumed or a
 * program run it is kept for the other processes that ask; see {@link cachedToken}.
 *
 * @throws ContextsError `HAWSER_AWS_REGION_MISSING`, and what {@link eksToken} and the search for credentials raise.
 */
export async function pluginToken(options: PluginTokenOptions): Promise<EksToken> {
  const { cluster, profile, roleArn, env, home, nowMs, signal } = options;
  const files = await readAwsFiles(env, home);
  const section = profileSection(files, profile ?? (env['AWS_PROFILE'] || 'default')) ?? {};
  const { region, source } = findRegion({ region: options.region, profile, env, files });
  if (source === 'default') {
    throw new ContextsError('HAWSER_AWS_REGION_MISSING', `No AWS region is set for the cluster ${cluster}`);
  }
  const host = stsHost(region, {
    fips: isOn('AWS_USE_FIPS_ENDPOINT', env, section),
    dualStack: isOn('AWS_USE_DUALSTACK_ENDPOINT', env, section),
  });
  const stsEndpoint =
    options.stsEndpoint ?? (env['AWS_ENDPOINT_URL_STS'] || env['AWS_ENDPOINT_URL'] || `https://${host}`);
  const calls = { ...(options.fetch === undefined ? {} : { fetch: options.fetch }), ...(signal ? { signal } : {}) };
  const search = { profile, env, home, files, region, stsEndpoint, nowMs, ...calls };
  const make = (credentials: AwsCredentials): Promise<EksToken> =>
    eksToken({
      cluster,
      region,
      nowMs,
      credentials,
      stsHost: host,
      stsEndpoint,
      ...calls,
      ...(roleArn ? { roleArn } : {}),
    });

  const found = await findCredentials(search);
  const obtain = async (): Promise<EksToken> =>
    await make(found === undefined ? await fromSdk(profile, env) : await found.get());
  const isCostly = roleArn !== undefined || (found?.costly ?? true);
  if (!isCostly || options.cache === false) return await obtain();
  return await cachedToken({
    directory: join(env['XDG_CACHE_HOME'] || join(home, '.cache'), 'hawser', 'eks-tokens'),
    identity: [cluster, region, host, stsEndpoint, roleArn, profile, files.text, ...DECISIVE.map((name) => env[name])],
    nowMs,
    make: obtain,
  });
}

/** Loaded when it is needed, because that takes longer than all else here. */
async function fromSdk(profile: string | undefined, env: Environment): Promise<AwsCredentials> {
  const { sdkCredentials } = await import('./sdk-credentials.js');
  return await sdkCredentials({ profile, env });
}

function isOn(name: string, env: Environment, section: AwsSection): boolean {
  const setting = name.replace('AWS_', '').toLowerCase();
  return (env[name] || section[setting])?.toLowerCase() === 'true';
}
