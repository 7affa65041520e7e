import type { Environment } from '../transport/proxy.js';
import type { SigningCredentials } from '../transport/sign-upgrade.js';

/** Credentials with the time they last to, as the SDK passes them around. */
export interface ExpiringCredentials extends SigningCredentials {
  readonly expiration?: Date;
}

/**
 * Longest wait for the metadata service of a machine that has none, in milliseconds, per attempt.
 * Without it every start on a laptop would take a second longer (session-manager-plugin issue 101).
 */
const METADATA_TIMEOUT_MS = 500;

/**
 * Where credentials come from, in the order of the AWS CLI: a profile that was named, access keys in the environment,
 * the profile of the environment or the default one (SSO, role, process and web identity included), then the
 * container's or machine's own role.
 *
 * @param requestHandler used for the calls that some of these sources need (SSO, STS), so that they take the proxy too.
 */
export function createCredentialProvider(options: {
  readonly profile: string | undefined;
  readonly env: Environment;
  readonly requestHandler: object;
}): () => Promise<ExpiringCredentials> {
  const { profile, env, requestHandler } = options;
  let chain: Promise<() => Promise<ExpiringCredentials>> | undefined;
  return async () => {
    if (profile === undefined) {
      const fixed = fromEnvironment(env);
      if (fixed !== undefined) return fixed;
    }
    chain ??= makeChain(profile ?? env['AWS_PROFILE'], env, requestHandler);
    return await (
      await chain
    )();
  };
}

function fromEnvironment(env: Environment): ExpiringCredentials | undefined {
  const accessKeyId = env['AWS_ACCESS_KEY_ID'];
  const secretAccessKey = env['AWS_SECRET_ACCESS_KEY'];
  if (!accessKeyId || !secretAccessKey) return undefined;
  const sessionToken = env['AWS_SESSION_TOKEN'];
  return { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) };
}

async function makeChain(
  profile: string | undefined,
  env: Environment,
  requestHandler: object,
): Promise<() => Promise<ExpiringCredentials>> {
  const { defaultProvider } = await import('@aws-sdk/credential-provider-node');
  const filepath = env['AWS_SHARED_CREDENTIALS_FILE'];
  const configFilepath = env['AWS_CONFIG_FILE'];
  return defaultProvider({
    ...(profile ? { profile } : {}),
    ...(filepath ? { filepath } : {}),
    ...(configFilepath ? { configFilepath } : {}),
    // The SDK keeps what it once read of these files, and a long-lived process would never see new keys in them.
    ignoreCache: true,
    timeout: METADATA_TIMEOUT_MS,
    maxRetries: 0,
    clientConfig: { requestHandler },
    logger: silent,
  });
}

const nothing = (): void => {};
/** The SDK would write its advice to the console, which belongs to the program and not to a library. */
const silent = { trace: nothing, debug: nothing, info: nothing, warn: nothing, error: nothing };
