import { createHash, createPublicKey } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { verifyReceipt, type Verdict } from '@hawser/receipts';
import { SessionsError } from '../errors.js';
import { chainStart, chainValue, sha256 } from './chain.js';
import { gunzip, segmentHead } from './pack.js';
import { readSideIndex } from './side-index.js';
import { transcriptFormat } from './transcript.js';
import type { SegmentHead } from './types.js';

/** Bytes of one line of a transcript. */
const maxLine = 64 * 1_048_576;

/** By which keys a transcript is judged. */
export interface VerifyTranscriptOptions {
  /** Public keys (PEM) whose receipts are believed; see {@link receiptKeysOf}. */
  readonly publicKeys: readonly string[];
}

/** What became of looking at a transcript. */
export type TranscriptVerdict =
  | {
      readonly ok: true;
      readonly segments: number;
      /** Segments whose bytes were dropped for the cap: what they held is attested, and gone. */
      readonly dropped: number;
      readonly bytes: number;
      readonly lines: number;
      /** False when the receipt says that not all of the log reached the service before the runner was lost. */
      readonly complete: boolean;
      readonly receipt: Verdict;
    }
  | {
      readonly ok: false;
      /** Number of the first segment that is wrong; null when it is the file, its end or the receipt. */
      readonly segment: number | null;
      /** A sentence. */
      readonly why: string;
      readonly receipt: Verdict | null;
    };

/**
 * Looks at a transcript without asking anybody: every byte, time and size against its segment's digest, every segment
 * against the chain, the end of the chain against the receipt, and the receipt against the keys given. How it went is a
 * value; nothing in the file makes this throw.
 *
 * @throws what reading the file throws, and ReceiptError `HAWSER_RECEIPT_KEY_INVALID` for a key that is none.
 */
export async function verifyTranscript(
  source: string | AsyncIterable<Uint8Array>,
  options: VerifyTranscriptOptions,
): Promise<TranscriptVerdict> {
  const walk = new Walk();
  let receipt: unknown;
  let ended = false;
  try {
    for await (const text of linesOf(typeof source === 'string' ? createReadStream(source) : source)) {
      if (ended) throw new Flaw(null, 'Something stands behind its end.');
      const value = parsed(text, walk.next);
      if ('segment' in value) await walk.segment(value);
      else if ('receipt' in value) {
        receipt = value['receipt'];
        ended = true;
      } else walk.start(value);
    }
    if (!walk.started || !ended) throw new Flaw(null, 'It was cut short: its last line is missing.');
  } catch (error) {
    if (!(error instanceof Flaw)) throw error;
    return { ok: false, segment: error.segment, why: error.message, receipt: null };
  }
  return judged(walk, receipt, options);
}

/** The public keys of a JSON Web Key Set that can sign receipts, as PEM. */
export function receiptKeysOf(jwks: { readonly keys: readonly object[] }): readonly string[] {
  return jwks.keys
    .filter((key) => 'crv' in key && key.crv === 'Ed25519')
    .map((key) => createPublicKey({ key: key as Record<string, string>, format: 'jwk' }))
    .map((key) => key.export({ type: 'spki', format: 'pem' }).toString());
}

function judged(walk: Walk, receipt: unknown, { publicKeys }: VerifyTranscriptOptions): TranscriptVerdict {
  const wrong = (why: string, verdict: Verdict | null): TranscriptVerdict => ({
    ok: false,
    segment: null,
    why,
    receipt: verdict,
  });
  if (receipt === null || receipt === undefined) {
    return wrong('It carries no receipt: it fits together, but nobody vouches for it.', null);
  }
  const stated = verifyReceipt(receipt, { publicKeys });
  const log = (stated.claim?.body['log'] ?? {}) as Readonly<Record<string, unknown>>;
  if (!stated.ok) return wrong(flawOf(stated), stated);
  if (!stated.claim?.kind.startsWith('hawser.session/')) return wrong('Its receipt is not one of a session.', stated);
  if (log['segments'] !== walk.next) {
    const attested = `${String(log['segments'])} segments are attested, and ${walk.next} are here`;
    return wrong(`It is not the whole log, or the receipt is of another: ${attested}.`, stated);
  }
  if (log['chain'] !== walk.last) return wrong('Its receipt is of another log: the chain ends otherwise.', stated);
  const attestsDigest = walk.dropped === 0 && typeof log['sha256'] === 'string';
  const verdict = attestsDigest ? verifyReceipt(receipt, { publicKeys, logSha256: walk.digest() }) : stated;
  if (!verdict.ok) return wrong(flawOf(verdict), verdict);
  return {
    ok: true,
    segments: walk.next,
    dropped: walk.dropped,
    bytes: walk.to,
    lines: walk.lines,
    complete: log['complete'] === true,
    receipt: verdict,
  };
}

/** What is wrong with a receipt, in its own words. */
function flawOf({ checks }: Verdict): string {
  const flaw = checks.find(({ verdict }) => verdict === 'wrong') ?? checks.find(({ verdict }) => verdict === 'unknown');
  return flaw?.text ?? 'Its receipt is not in order.';
}

/** Something that is wrong in a transcript. */
class Flaw extends Error {
  readonly segment: number | null;

  constructor(segment: number | null, message: string) {
    super(message);
    this.segment = segment;
  }
}

/** Goes from segment to segment, and knows what must come next. */
class Walk {
  started = false;
  next = 0;
  to = 0;
  lines = 0;
  dropped = 0;
  #chain = '';
  readonly #hash = createHash('sha256');

  /** Chain value so far; null before the first segment. */
  get last(): string | null {
    return this.next === 0 ? null : this.#chain;
  }

  digest(): string {
    return this.#hash.digest('hex');
  }

  start(value: Readonly<Record<string, unknown>>): void {
    const { format, epoch } = value;
    if (this.started || format !== transcriptFormat || typeof epoch !== 'string') {
      throw new Flaw(null, 'It is no transcript of a session.');
    }
    this.started = true;
    this.#chain = chainStart(epoch);
  }

  async segment(value: Readonly<Record<string, unknown>>): Promise<void> {
    const n = this.next;
    if (!this.started) throw new Flaw(null, 'It is no transcript of a session.');
    const { head, index, body } = await segmentOf(value, n);
    if (head.n !== n) throw new Flaw(n, `Segment ${n} is missing or not in its place: segment ${head.n} stands there.`);
    if (head.from !== this.to || head.firstLine !== this.lines) {
      throw new Flaw(n, `Segment ${n} does not begin where the one before it ends.`);
    }
    if (sha256(index) !== head.indexSha256) throw new Flaw(n, `The times or sizes of segment ${n} were changed.`);
    if (head.dropped) this.dropped++;
    else this.#body(head, body);
    this.#chain = chainValue(this.#chain, head);
    if (this.#chain !== head.chain)
      throw new Flaw(n, `Segment ${n} does not continue the chain: its head was changed.`);
    this.next++;
    this.to = head.to;
    this.lines += head.lines;
  }

  #body(head: SegmentHead, body: Uint8Array): void {
    const { n, from, to } = head;
    if (body.length !== to - from || sha256(body) !== head.sha256) {
      throw new Flaw(n, `The output in segment ${n} (bytes ${from} to ${to}) was changed.`);
    }
    this.#hash.update(body);
  }
}

async function segmentOf(
  value: Readonly<Record<string, unknown>>,
  n: number,
): Promise<{ readonly head: SegmentHead; readonly index: Uint8Array; readonly body: Uint8Array }> {
  try {
    const head = segmentHead(value['segment']);
    const index = await gunzip(bytesOf(value['index']));
    readSideIndex(index);
    return { head, index, body: head.dropped ? new Uint8Array() : await gunzip(bytesOf(value['body'])) };
  } catch (error) {
    if (error instanceof SessionsError) throw new Flaw(n, `Segment ${n} cannot be read: it was changed.`);
    throw error;
  }
}

function bytesOf(value: unknown): Uint8Array {
  return Buffer.from(typeof value === 'string' ? value : '', 'base64');
}

function parsed(text: string, n: number): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch {
    // Said below, as for any other line that is none.
  }
  throw new Flaw(n, `Segment ${n} cannot be read: its line is no JSON object.`);
}

async function* linesOf(source: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let held: Uint8Array[] = [];
  let size = 0;
  for await (const piece of source) {
    let at = 0;
    for (let end = piece.indexOf(0x0a); end >= 0; end = piece.indexOf(0x0a, at)) {
      yield Buffer.concat([...held, piece.subarray(at, end)]).toString('utf8');
      held = [];
      size = 0;
      at = end + 1;
    }
    held.push(piece.subarray(at));
    size += piece.length - at;
    if (size > maxLine) throw new Flaw(null, 'It is no transcript of a session: a line has no end.');
  }
  if (size > 0) yield Buffer.concat(held).toString('utf8');
}
