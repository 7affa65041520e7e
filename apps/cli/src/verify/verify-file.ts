import { open, readFile } from 'node:fs/promises';
import type { Context, ReceiptVerifier, VerifyInput } from '@hawser/cli-kit';
import { payloadType } from '@hawser/receipts';
import { CliError } from '../errors.js';
import { saidBy } from '../plugins/said-by.js';
import { receiptVerifier, unreadable, type Judged } from './receipt.js';
import { transcriptVerifier } from './transcript.js';

/** What became of looking at a file. */
export interface Verified extends Judged {
  readonly file: string;
  /** The plugin that verified it; missing when Hawser did. */
  readonly plugin?: string;
}

/** What a file is held against. */
export interface VerifyRequest extends VerifyInput {
  /** What it is to be where it cannot be told: damage is then told of that kind. */
  readonly expected?: 'receipt' | 'transcript' | undefined;
}

const headBytes = 65_536;
/** No receipt is larger; what is, is no receipt. */
const largestReceiptBytes = 16 << 20;

/**
 * Verifies a file by whoever knows its kind: Hawser itself, then plugins, which are loaded for a file that is not ours
 * only. One that cannot be loaded, or breaks when it is asked whose the file is, is told of and passed over.
 *
 * @throws CliError HAWSER_RECEIPT_FILE; HAWSER_VERIFY_NO_RECEIPT for a file that nobody takes for a receipt
 */
export async function verifyFile(
  path: string,
  request: VerifyRequest,
  context: Pick<Context, 'extensions' | 'out'>,
): Promise<Verified> {
  const { head, envelope } = await lookAt(path);
  const ours = [receiptVerifier, transcriptVerifier].find((each) => takes(each, head, envelope));
  if (ours) return { file: path, ...(await ours.verify(path, request)) };
  for (const extension of await context.extensions('receipt-verifier')) {
    const { plugin } = extension;
    let verifier: ReceiptVerifier | undefined;
    try {
      const loaded = await extension.load();
      if (takes(loaded, head, envelope)) verifier = loaded;
    } catch (thrown) {
      await context.out.warn(`${path} was not shown to ${plugin}: ${saidBy(thrown)}`);
    }
    if (verifier) return { file: path, plugin, ...(await verifier.verify(path, request)) };
  }
  if (envelope?.payloadType === payloadType) return { file: path, ...(await ofUnknownKind(path, request, envelope)) };
  if (request.expected === undefined) {
    throw new CliError('HAWSER_VERIFY_NO_RECEIPT', `${path} is no receipt of a kind that is known here.`);
  }
  const expected = request.expected === 'receipt' ? receiptVerifier : transcriptVerifier;
  return { file: path, ...(await expected.verify(path, request)) };
}

/** As much of an envelope as tells who knows about it. */
interface EnvelopeKind {
  readonly payloadType: string;
  /** `kind` of the claim in it, as far as it can be read. */
  readonly kind: string | undefined;
}

async function lookAt(path: string): Promise<{ readonly head: Buffer; readonly envelope: EnvelopeKind | undefined }> {
  try {
    const file = await open(path);
    try {
      const { size } = await file.stat();
      const head = Buffer.alloc(Math.min(size, headBytes));
      await file.read(head, 0, head.length, 0);
      const isSmall = size <= largestReceiptBytes;
      return { head, envelope: isSmall ? envelopeIn(size > headBytes ? await readFile(path) : head) : undefined };
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw unreadable(path, 'receipt', cause);
  }
}

function envelopeIn(bytes: Buffer): EnvelopeKind | undefined {
  const value = parsed(bytes);
  const { payloadType: type, payload } = value;
  if (typeof type !== 'string' || typeof payload !== 'string') return undefined;
  const { kind } = parsed(Buffer.from(payload, 'base64'));
  return { payloadType: type, kind: typeof kind === 'string' ? kind : undefined };
}

function parsed(bytes: Buffer): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(bytes.toString());
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function takes(verifier: ReceiptVerifier, head: Buffer, envelope: EnvelopeKind | undefined): boolean {
  if (!envelope) return verifier.recognizes?.(head) ?? false;
  const { kinds } = verifier;
  return kinds.includes(envelope.payloadType) || (envelope.kind !== undefined && kinds.includes(envelope.kind));
}

/** Signer and signature can be looked at all the same; what it states cannot be put into words. */
async function ofUnknownKind(path: string, request: VerifyInput, { kind }: EnvelopeKind): Promise<Judged> {
  const verified = await receiptVerifier.verify(path, request);
  if (kind === undefined) return verified;
  return { ...verified, missing: [...verified.missing, `Whoever knows receipts of the kind ${kind}: a plugin may`] };
}
