import { createPrivateKey, sign } from 'node:crypto';
import { type Envelope, payloadType, preAuthenticationEncoding, type SigningKey } from '../../src/index.js';

/** A text under a true signature, whether it is a claim or not. */
export function sealed(text: string, key: SigningKey): Envelope {
  const payload = Buffer.from(text);
  const sig = sign(null, preAuthenticationEncoding(payloadType, payload), createPrivateKey(key.privateKey));
  return {
    payloadType,
    payload: payload.toString('base64'),
    signatures: [{ keyid: key.keyId, sig: sig.toString('base64') }],
  };
}
