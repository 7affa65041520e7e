import { createPrivateKey, sign } from 'node:crypto';
import { canonicalJson } from './canonical-json.js';
import { flawOf } from './claim.js';
import { payloadType, preAuthenticationEncoding } from './envelope.js';
import { ReceiptError } from './errors.js';
import type { SigningKey } from './keys.js';
import type { Envelope, Json, ReceiptClaim } from './types.js';

/** Signs claims with one key. */
export interface Signer {
  readonly keyId: string;
  /** PEM: for whoever is to verify. */
  readonly publicKey: string;
  /** Signs a claim. Throws as {@link signReceipt}. */
  sign(claim: ReceiptClaim): Promise<Envelope>;
}

/** A signer with a key from {@link createSigningKey}, {@link readSigningKey} or {@link openSigningKey}. */
export function createSigner(key: SigningKey): Signer {
  return {
    keyId: key.keyId,
    publicKey: key.publicKey,
    sign: async (claim) => signReceipt(claim, key),
  };
}

/**
 * Signs a claim. The same claim and key always give the same envelope.
 *
 * @throws ReceiptError `HAWSER_RECEIPT_INVALID` when it is no claim that a verifier would take.
 */
export function signReceipt(claim: ReceiptClaim, key: Pick<SigningKey, 'keyId' | 'privateKey'>): Envelope {
  // A claim is an interface, and so has no index signature; its fields are JSON.
  const value = claim as unknown as Json;
  const payload = Buffer.from(canonicalJson(value));
  const flaw = flawOf(JSON.parse(payload.toString()) as Json);
  if (flaw !== undefined) throw new ReceiptError('HAWSER_RECEIPT_INVALID', `That is no claim to be signed: ${flaw}.`);
  const signature = sign(null, preAuthenticationEncoding(payloadType, payload), createPrivateKey(key.privateKey));
  return {
    payloadType,
    payload: payload.toString('base64'),
    signatures: [{ keyid: key.keyId, sig: signature.toString('base64') }],
  };
}
