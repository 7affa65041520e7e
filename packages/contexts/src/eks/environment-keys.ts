import type { Environment } from '../types.js';
import type { AwsCredentials } from './aws-credentials.js';

/** The keys of the environment, when both are there. */
export function environmentKeys(env: Environment): AwsCredentials | undefined {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = env;
  if (!accessKeyId || !secretAccessKey) return undefined;
  const [sessionToken, expiration] = [env['AWS_SESSION_TOKEN'], env['AWS_CREDENTIAL_EXPIRATION']];
  return {
    accessKeyId,
    secretAccessKey,
    ...(sessionToken ? { sessionToken } : {}),
    ...(expiration ? { expiration: new Date(expiration) } : {}),
  };
}
