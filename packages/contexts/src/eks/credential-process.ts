import { ContextsError } from '../errors.js';
import type { Environment } from '../types.js';
import type { AwsCredentials } from './aws-credentials.js';

/** More than any program prints that hands out one set of credentials. */
const MAX_BYTES = 1 << 20;

/**
 * Runs the `credential_process` of a profile. What it says on stderr goes to ours, because it may ask the person for
 * something; what it prints on stdout is in no message.
 *
 * @throws ContextsError `HAWSER_AWS_CREDENTIALS_MISSING` when it fails or prints something else.
 * @see AWS SDKs and Tools Reference Guide, "Process credential provider".
 */
export async function processCredentials(
  command: string,
  profile: string,
  options: { readonly env: Environment; readonly signal?: AbortSignal | undefined },
): Promise<AwsCredentials> {
  const output = await run(command, profile, options);
  const { Version, AccessKeyId, SecretAccessKey, SessionToken, Expiration } = parse(output);
  if (Version !== 1 || !isText(AccessKeyId) || !isText(SecretAccessKey)) {
    throw failed(profile, 'printed no credentials of version 1');
  }
  return {
    accessKeyId: AccessKeyId,
    secretAccessKey: SecretAccessKey,
    ...(isText(SessionToken) ? { sessionToken: SessionToken } : {}),
    ...(isText(Expiration) ? { expiration: new Date(Expiration) } : {}),
  };
}

async function run(
  command: string,
  profile: string,
  { env, signal }: { readonly env: Environment; readonly signal?: AbortSignal | undefined },
): Promise<string> {
  // Loaded here, because the token entry promises a start that this would make a sixth longer.
  const { spawn } = await import('node:child_process');
  return await new Promise((resolve, reject) => {
    const child = spawn(command, {
      shell: true,
      stdio: ['ignore', 'pipe', 'inherit'],
      windowsHide: true,
      env: { ...env },
      ...(signal === undefined ? {} : { signal }),
    });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (output.length > MAX_BYTES) child.kill();
    });
    child.on('error', (cause) => reject(signal?.aborted ? signal.reason : failed(profile, 'could not be run', cause)));
    child.on('close', (status, by) => {
      if (status === 0) resolve(output);
      else reject(failed(profile, `ended with ${status ?? by}`));
    });
  });
}

function parse(output: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(output) as Record<string, unknown>;
  } catch {
    return {};
  }
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function failed(profile: string, what: string, cause?: unknown): ContextsError {
  return new ContextsError(
    'HAWSER_AWS_CREDENTIALS_MISSING',
    `The credential_process of the profile ${profile} ${what}`,
    {
      hint: 'Run the command of credential_process by hand: it must print what the AWS documentation describes.',
      details: { profile },
      cause,
    },
  );
}
