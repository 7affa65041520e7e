import type { SsmApi } from '../aws/api.js';
import { SsmChannelError } from '../errors.js';

/**
 * Asks KMS for the data key of an encrypted session, under the context that the agent decrypts it with.
 *
 * @see session-manager-plugin src/encryption; amazon-ssm-agent agent/session/crypto
 * @throws SsmChannelError `HAWSER_SSM_KMS_DENIED`, and what the api throws.
 */
export async function fetchDataKey(
  api: SsmApi | undefined,
  request: {
    readonly keyId: string;
    /** The agent's random challenge, word for word, where it sent one (since agent 3.3.808). */
    readonly challenge: string | undefined;
    readonly sessionId: string;
    readonly target: string | undefined;
  },
  signal: AbortSignal,
): Promise<{ readonly plaintext: Uint8Array; readonly ciphertext: Uint8Array }> {
  const { keyId, challenge, sessionId, target = '' } = request;
  if (api === undefined) {
    throw new SsmChannelError('HAWSER_SSM_KMS_DENIED', 'no api was given to ask KMS for a data key', {
      hint: 'Give openSession an api with generateDataKey: sessions of this account are encrypted.',
    });
  }
  const context = {
    'aws:ssm:SessionId': sessionId,
    'aws:ssm:TargetId': target,
    ...(challenge === undefined ? {} : { 'aws:ssm:RandomChallenge': challenge }),
  };
  return await api.generateDataKey({ keyId, context }, { signal });
}
