import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import type { ReceiptVerifier, Verification, VerifyInput } from '@hawser/cli-kit';
import { readEnvelope, verifyReceipt, type ReceiptCheck, type ReceiptClaim, type Verdict } from '@hawser/receipts';
import { CliError } from '../errors.js';
import { knownSigners, type KnownSigner } from '../receipts/known-signers.js';
import { claimsOf, member } from './facts.js';
import { receiptKinds, type ReceiptKind } from './kinds.js';

/** What our own verifiers say beside. */
export interface Judged extends Verification {
  /** What was signed, as it was signed. */
  readonly claim?: ReceiptClaim;
}

/** A verifier that is part of Hawser. */
export interface OwnVerifier extends ReceiptVerifier {
  verify(path: string, input: VerifyInput): Promise<Judged>;
}

/** Verifies an envelope of any kind; of kinds that are ours, what they say is put into words. */
export const receiptVerifier: OwnVerifier = {
  kinds: receiptKinds.map(({ claim }) => claim),
  async verify(path, input) {
    const { previous, log } = input;
    const signers = await knownSigners(input);
    const verdict = verifyReceipt(await readText(path, 'receipt'), {
      publicKeys: signers.map(({ publicKey }) => publicKey),
      ...(previous !== undefined && { previous: readEnvelope(await readText(previous, 'receipt')) }),
      ...(log !== undefined && { logSha256: await digestOf(log) }),
    });
    return judged(verdict, signers, input);
  },
};

/** A verdict on an envelope, as every verifier tells it. */
export function judged(
  { ok, claim, keyId, checks }: Verdict,
  signers: readonly KnownSigner[],
  { log }: Pick<VerifyInput, 'log'>,
): Judged {
  const kind = receiptKinds.find((each) => each.claim === claim?.kind);
  const signer = signers.find((each) => each.keyId === keyId);
  return {
    ok,
    kind: kind?.word ?? claim?.kind ?? 'receipt',
    madeBy: {
      ...(claim && { issuer: claim.issuer }),
      ...(keyId !== undefined && { keyId }),
      known: signer !== undefined,
    },
    ...(claim && { madeAt: claim.issued_at, claim }),
    claims: saidBy(claim, kind),
    checked: checks.map((check) => named(check, signer)),
    missing: [
      ...checks.flatMap(missingOf),
      ...(claim && log === undefined ? logOf(claim, kind) : []),
      ...(claim && kind?.beyond ? [kind.beyond(claim)] : []),
    ],
  };
}

function saidBy(claim: ReceiptClaim | undefined, kind: ReceiptKind | undefined): readonly string[] {
  if (!claim) return [];
  return kind ? kind.says(claim) : claimsOf(claim, [], []);
}

/** Says whose key it is, and not only which. */
function named(check: ReceiptCheck, signer: KnownSigner | undefined): ReceiptCheck {
  if (check.name !== 'signer' || !signer) return check;
  return { ...check, text: `${check.text.replace(/\.$/, '')}, which is that of ${signer.who}.` };
}

function missingOf({ name, verdict }: ReceiptCheck): readonly string[] {
  if (verdict !== 'unknown') return [];
  if (name === 'signer') return ['The public key of its signer: --public-key FILE'];
  if (name === 'chain') return ['The receipt before it in its chain: --previous FILE'];
  return [];
}

function logOf({ body }: ReceiptClaim, kind: ReceiptKind | undefined): readonly string[] {
  const isStated = typeof member(body['log'], 'sha256') === 'string';
  return isStated ? [`A file to compare with ${kind?.log ?? 'its log'}: --log FILE`] : [];
}

/** @throws CliError HAWSER_RECEIPT_FILE */
export async function readText(path: string, what: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw unreadable(path, what, cause);
  }
}

/** What is said of a file that cannot be read. */
export function unreadable(path: string, what: string, cause: unknown): CliError {
  return new CliError('HAWSER_RECEIPT_FILE', `The ${what} ${path} cannot be read.`, { cause });
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(path), hash);
  } catch (cause) {
    throw unreadable(path, 'log', cause);
  }
  return hash.digest('hex');
}
