import { ContextsError } from '../errors.js';
import { shellWord } from '../shell-word.js';
import type { Environment } from '../types.js';
import { environmentKeys } from './environment-keys.js';
import type { AwsCredentials } from './aws-credentials.js';

/** Longest wait for the metadata service of a machine that has none, in milliseconds, per attempt. */
const METADATA_TIMEOUT_MS = 500;

const nothing = (): void => {};
/** The SDK would write its advice to the console, which belongs to the program. */
const silent = { trace: nothing, debug: nothing, info: nothing, warn: nothing, error: nothing };

/** Credentials with the marks the SDK leaves on them; see `chainSource` for what they mean. */
export interface SdkCredentials extends AwsCredentials {
  readonly accountId?: string;
  readonly $source?: Readonly<Record<string, string>>;
}

/**
 * Asks the SDK's own chain: sign-in sessions, web identity, containers and machines included. As with the AWS CLI, keys
 * in the environment come before the profile of the environment, and after one that was asked for by name. What neither
 * `profile` nor the files decide, the chain takes from the environment of this process. `requestHandler` carries the calls that some sources need, past a proxy for example.
 *
 * @throws ContextsError `HAWSER_AWS_CREDENTIALS_MISSING`, or `HAWSER_AWS_CREDENTIALS_EXPIRED` with the command that
 * signs in again.
 */
export async function sdkCredentials(options: {
  readonly profile?: string | undefined;
  readonly env: Environment;
  readonly requestHandler?: object | undefined;
}): Promise<SdkCredentials> {
  const { env, requestHandler } = options;
  const keys = options.profile === undefined ? environmentKeys(env) : undefined;
  if (keys !== undefined) return { ...keys, $source: { CREDENTIALS_ENV_VARS: 'g' } };
  const profile = options.profile ?? (env['AWS_PROFILE'] || undefined);
  const { defaultProvider } = await import('@aws-sdk/credential-provider-node');
  const filepath = env['AWS_SHARED_CREDENTIALS_FILE'];
  const configFilepath = env['AWS_CONFIG_FILE'];
  try {
    return await defaultProvider({
      ...(profile === undefined ? {} : { profile }),
      ...(filepath ? { filepath } : {}),
      ...(configFilepath ? { configFilepath } : {}),
      ...(requestHandler === undefined ? {} : { clientConfig: { requestHandler } }),
      timeout: METADATA_TIMEOUT_MS,
      maxRetries: 0,
      logger: silent,
    })();
  } catch (error) {
    throw explainMissing(error, profile);
  }
}

/** Says why there are no credentials: none anywhere, or a sign-in that has ended. */
function explainMissing(error: unknown, profile: string | undefined): ContextsError {
  const message = error instanceof Error ? error.message : String(error);
  const of = profile === undefined ? '' : ` of the profile ${profile}`;
  const details = profile === undefined ? {} : { profile };
  if (/\bsso\b.*(?:expired|invalid|login)|\baws login\b|Token is expired|session has expired/i.test(message)) {
    const verb = /\baws login\b/.test(message) ? 'login' : 'sso login';
    return new ContextsError('HAWSER_AWS_CREDENTIALS_EXPIRED', `The sign-in${of} has ended`, {
      hint: `Log in again: aws ${verb}${profile === undefined ? '' : ` --profile ${shellWord(profile)}`}`,
      details,
      cause: error,
    });
  }
  return new ContextsError('HAWSER_AWS_CREDENTIALS_MISSING', `There are no AWS credentials${of}: ${message}`, {
    details,
    cause: error,
  });
}
