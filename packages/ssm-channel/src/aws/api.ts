import type { StartedSession } from '../session/types.js';

/** The few AWS calls a session needs; `createAwsApi` makes one over the official SDK. */
export interface SsmApi {
  /** A new token (and perhaps another URL) for a session whose socket was cut; `undefined` when the session is gone. */
  resumeSession(sessionId: string, options: { readonly signal?: AbortSignal }): Promise<StartedSession | undefined>;
  terminateSession(sessionId: string, options: { readonly signal?: AbortSignal }): Promise<void>;
  /** A KMS data key of 64 bytes under this encryption context. */
  generateDataKey(
    request: { readonly keyId: string; readonly context: Readonly<Record<string, string>> },
    options: { readonly signal?: AbortSignal },
  ): Promise<{ readonly plaintext: Uint8Array; readonly ciphertext: Uint8Array }>;
}
