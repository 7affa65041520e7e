import type { SigningKeys } from './sigv4.js';

/** Credentials, with the time they last to. */
export interface AwsCredentials extends SigningKeys {
  readonly expiration?: Date | undefined;
}
