import { verify, type KeyObject } from 'node:crypto';
import { readCanonicalJson } from './canonical-json.js';
import { flawOf, isClaim } from './claim.js';
import { digestOf, preAuthenticationEncoding, readEnvelope } from './envelope.js';
import { ReceiptError } from './errors.js';
import { idOf, readPublicKey } from './keys.js';
import type { Envelope, ReceiptCheck, ReceiptClaim, Verdict } from './types.js';

/** What a receipt is held against. */
export interface VerifyOptions {
  /** Public keys (PEM) of the signers that are trusted. Without the right one, the signer is unknown. */
  readonly publicKeys: readonly string[];
  /** The receipt before it in its chain: its digest is compared. */
  readonly previous?: Envelope | undefined;
  /** SHA-256 of the log as it lies before you, in hexadecimal digits: compared with `body.log.sha256`. */
  readonly logSha256?: string | undefined;
}

/**
 * Looks at a receipt, offline: its form, its signer, its signature, its place in the chain, and the log where one is
 * given. How it ended is a value; nothing in a receipt makes this throw.
 *
 * @throws ReceiptError `HAWSER_RECEIPT_KEY_INVALID` when one of `publicKeys` is no Ed25519 key.
 */
export function verifyReceipt(source: unknown, options: VerifyOptions): Verdict {
  const trusted = new Map(options.publicKeys.map(readPublicKey).map((key) => [idOf(key), key]));
  const read = envelopeOf(source);
  if ('flaw' in read) return verdictOf([wrong('envelope', read.flaw)], undefined, undefined);
  const { envelope } = read;
  // Exactly one, or it would not have been read.
  const signature = envelope.signatures[0]!;
  const payload = Buffer.from(envelope.payload, 'base64');
  const value = readCanonicalJson(payload);
  const claim = isClaim(value) ? value : undefined;
  const checks: ReceiptCheck[] = [
    ok('envelope', 'It has the form of a receipt.'),
    payloadCheck(value === undefined ? 'it is not canonical JSON' : flawOf(value)),
    ...signatureChecks(
      signature,
      preAuthenticationEncoding(envelope.payloadType, payload),
      trusted.get(signature.keyid),
    ),
  ];
  if (claim) checks.push(chainCheck(claim, options.previous));
  if (claim && options.logSha256 !== undefined) checks.push(logCheck(claim, options.logSha256));
  return verdictOf(checks, claim, signature.keyid);
}

function envelopeOf(source: unknown): { readonly envelope: Envelope } | { readonly flaw: string } {
  try {
    return { envelope: readEnvelope(source) };
  } catch (error) {
    if (error instanceof ReceiptError) return { flaw: error.message };
    throw error;
  }
}

function payloadCheck(flaw: string | undefined): ReceiptCheck {
  if (flaw !== undefined) return wrong('payload', `The payload is not what a receipt states: ${flaw}.`);
  return ok('payload', 'The payload is canonical JSON, and a claim.');
}

function signatureChecks(
  { keyid, sig }: Envelope['signatures'][number],
  signed: Buffer,
  key: KeyObject | undefined,
): readonly ReceiptCheck[] {
  if (!key) {
    return [
      { name: 'signer', verdict: 'unknown', text: `Unknown signer: no trusted key has the id ${keyid}.` },
      {
        name: 'signature',
        verdict: 'unknown',
        text: 'The signature cannot be looked at without the key of its signer.',
      },
    ];
  }
  const signer = ok('signer', `It is signed by the trusted key ${keyid}.`);
  const isRight = verify(null, signed, key, Buffer.from(sig, 'base64'));
  return [
    signer,
    isRight
      ? ok('signature', 'The signature is right: nothing was changed since.')
      : wrong('signature', 'The signature is wrong: the payload, its type or the signature was changed.'),
  ];
}

function chainCheck(claim: ReceiptClaim, previous: Envelope | undefined): ReceiptCheck {
  const { number } = claim;
  if (number === 1) {
    if (!previous) return ok('chain', 'It is the first of its chain.');
    return wrong('chain', 'It is the first of its chain, and one before it was given.');
  }
  if (!previous) {
    const text = `It is number ${number} of its chain; the one before it was not given to be compared.`;
    return { name: 'chain', verdict: 'unknown', text };
  }
  const read = envelopeOf(previous);
  if ('envelope' in read && digestOf(read.envelope) === claim.previous?.sha256) {
    return ok('chain', `It is number ${number} of its chain, and follows the one given.`);
  }
  return wrong('chain', `It is number ${number} of its chain, and does not follow the one given: the digests differ.`);
}

function logCheck(claim: ReceiptClaim, logSha256: string): ReceiptCheck {
  const { log } = claim.body;
  const { sha256, complete } = typeof log === 'object' && log !== null && 'sha256' in log ? log : {};
  if (typeof sha256 !== 'string')
    return wrong('log', 'It states no digest of a log, so it proves nothing about this one.');
  if (sha256 !== logSha256.toLowerCase()) {
    return wrong('log', 'The log is not the one it states: a byte was changed, lost or added.');
  }
  return ok('log', `The log is the one it states${complete === true ? ', complete' : ''}.`);
}

function verdictOf(
  checks: readonly ReceiptCheck[],
  claim: ReceiptClaim | undefined,
  keyId: string | undefined,
): Verdict {
  const isRight = (name: string): boolean => checks.some((check) => check.name === name && check.verdict === 'ok');
  const isFlawless = checks.every(({ verdict }) => verdict !== 'wrong');
  return { ok: isFlawless && isRight('signer') && isRight('signature'), claim, keyId, checks };
}

function ok(name: string, text: string): ReceiptCheck {
  return { name, verdict: 'ok', text };
}

function wrong(name: string, text: string): ReceiptCheck {
  return { name, verdict: 'wrong', text };
}
