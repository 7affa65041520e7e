import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ContextsError } from '../errors.js';
import type { Environment } from '../types.js';
import { assumeRole } from './assume-role.js';
import { type AwsFiles, type AwsSection, profileSection } from './aws-files.js';
import { processCredentials } from './credential-process.js';
import { environmentKeys } from './environment-keys.js';
import { stsHost } from './sts-host.js';
import type { AwsCredentials } from './aws-credentials.js';

/** Where credentials are looked for without the SDK. */
export interface CredentialSearch {
  /** A profile that was asked for by name; it outranks the keys of the environment. */
  readonly profile?: string | undefined;
  readonly env: Environment;
  readonly home: string;
  readonly files: AwsFiles;
  /** Region that roles are assumed in. */
  readonly region: string;
  /** Where AssumeRole is sent. Default: the region's own STS. */
  readonly stsEndpoint?: string | undefined;
  readonly nowMs: number;
  readonly fetch?: typeof fetch | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A place that has credentials. */
export interface FoundCredentials {
  /** Somebody must be asked or a program be run: not to be done again for each of twenty kubectls. */
  readonly costly: boolean;
  readonly get: () => Promise<AwsCredentials>;
}

/**
 * Finds where credentials are, as the AWS CLI does, as far as that takes neither the SDK nor a network beyond AssumeRole: a named
 * profile, the keys of the environment, then the profile of the environment or `default`. In a profile: a role and its
 * source, cached credentials of IAM Identity Center, static keys, `credential_process`.
 *
 * @returns `undefined` when only the SDK's chain can know: sign-in sessions to be renewed, web identity, containers,
 * machines.
 * @throws ContextsError `HAWSER_AWS_CREDENTIALS_MISSING` for a named profile that is not there or is incomplete; `get`
 * throws what AssumeRole and `credential_process` raise.
 */
export async function findCredentials(search: CredentialSearch): Promise<FoundCredentials | undefined> {
  const { env, files } = search;
  if (search.profile === undefined) {
    const own = environmentKeys(env);
    if (own !== undefined) return atHand(own);
  }
  const profile = search.profile ?? (env['AWS_PROFILE'] || 'default');
  if (profileSection(files, profile) !== undefined) return await ofProfile(profile, [], search);
  if (search.profile === undefined && !env['AWS_PROFILE']) return undefined;
  throw missing(profile, `There is no profile ${profile} in ${files.paths.config} or ${files.paths.credentials}`);
}

async function ofProfile(
  profile: string,
  seen: readonly string[],
  search: CredentialSearch,
): Promise<FoundCredentials | undefined> {
  const section = profileSection(search.files, profile);
  if (section === undefined)
    throw missing(profile, `The profile ${seen.at(-1)} takes its keys from ${profile}, which there is not`);
  // A profile that is another's source lends its keys, even if it could assume a role itself.
  const lent = seen.length > 0 ? staticKeys(section) : undefined;
  if (lent !== undefined) return atHand(lent);
  if (seen.includes(profile)) throw missing(profile, `The profiles ${[...seen, profile].join(' → ')} lead in a circle`);
  if (section['role_arn'] !== undefined) return await ofRole(profile, section, seen, search);
  const sso = section['sso_account_id'] === undefined ? undefined : await cachedSignIn(section, search);
  if (sso !== undefined) return atHand(sso);
  if (section['sso_account_id'] !== undefined || section['sso_session'] !== undefined) return undefined;
  const own = staticKeys(section);
  if (own !== undefined) return atHand(own);
  const command = section['credential_process'];
  if (command === undefined) return undefined;
  return { costly: true, get: () => processCredentials(command, profile, search) };
}

async function ofRole(
  profile: string,
  section: AwsSection,
  seen: readonly string[],
  search: CredentialSearch,
): Promise<FoundCredentials | undefined> {
  const { role_arn: roleArn, source_profile: source, credential_source: kind } = section;
  if (section['mfa_serial'] !== undefined) {
    throw missing(profile, `The profile ${profile} asks for a code (mfa_serial), which nobody can be asked for here`, {
      hint: 'Keep a session in a profile of its own (aws sts get-session-token), and make that the source_profile.',
    });
  }
  const base =
    source !== undefined
      ? await ofProfile(source, [...seen, profile], search)
      : kind === 'Environment'
        ? fromEnvironment(profile, search.env)
        : undefined;
  if (base === undefined) return undefined;
  const get = async (): Promise<AwsCredentials> =>
    await assumeRole({
      roleArn: roleArn!,
      sessionName: section['role_session_name'] ?? `hawser-${search.nowMs}`,
      externalId: section['external_id'],
      durationSeconds: section['duration_seconds'] === undefined ? undefined : Number(section['duration_seconds']),
      region: search.region,
      credentials: await base.get(),
      nowMs: search.nowMs,
      endpoint: search.stsEndpoint ?? `https://${stsHost(search.region)}`,
      fetch: search.fetch,
      signal: search.signal,
    });
  return { costly: true, get };
}

function fromEnvironment(profile: string, env: Environment): FoundCredentials {
  const credentials = environmentKeys(env);
  if (credentials !== undefined) return atHand(credentials);
  throw missing(profile, `The profile ${profile} takes its keys from the environment, where there are none`);
}

function atHand(credentials: AwsCredentials): FoundCredentials {
  return { costly: false, get: async () => credentials };
}

function staticKeys(section: AwsSection): AwsCredentials | undefined {
  const { aws_access_key_id: accessKeyId, aws_secret_access_key: secretAccessKey } = section;
  if (!accessKeyId || !secretAccessKey) return undefined;
  const sessionToken = section['aws_session_token'];
  return { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) };
}

/** Left over from a sign-in that is about to end, credentials are not worth a token. */
const LEAST_LEFT_MS = 60_000;

/**
 * Credentials that the AWS CLI got with a sign-in and keeps for its next call.
 *
 * @see botocore credentials.py, SSOCredentialFetcher: the name of the file is the SHA-1 of its sorted parameters.
 */
async function cachedSignIn(
  section: AwsSection,
  { files, home, nowMs }: CredentialSearch,
): Promise<AwsCredentials | undefined> {
  const { sso_session: sessionName, sso_account_id: accountId, sso_role_name: roleName } = section;
  const startUrl = section['sso_start_url'] ?? files.ssoSessions[sessionName ?? '']?.['sso_start_url'];
  const key = sessionName === undefined ? { accountId, roleName, startUrl } : { accountId, roleName, sessionName };
  const name = createHash('sha1').update(JSON.stringify(key)).digest('hex');
  try {
    const kept = JSON.parse(await readFile(join(home, '.aws', 'cli', 'cache', `${name}.json`), 'utf8')) as {
      readonly Credentials: Readonly<Record<string, string>>;
    };
    const { AccessKeyId, SecretAccessKey, SessionToken, Expiration = '' } = kept.Credentials;
    const expiration = new Date(Expiration);
    if (!AccessKeyId || !SecretAccessKey || !(expiration.getTime() - nowMs > LEAST_LEFT_MS)) return undefined;
    return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken, expiration };
  } catch {
    // Not there, or not what the AWS CLI writes: the SDK's chain can ask for new ones.
    return undefined;
  }
}

function missing(profile: string, message: string, options: { readonly hint?: string } = {}): ContextsError {
  return new ContextsError('HAWSER_AWS_CREDENTIALS_MISSING', message, { ...options, details: { profile } });
}
