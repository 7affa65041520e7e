import { digestOf } from './envelope.js';
import type { Envelope, ReceiptClaim, Verdict } from './types.js';
import { verifyReceipt } from './verify.js';

/** What is wrong with a chain at one place. */
export interface ChainFlaw {
  /** `tampered`: the receipt itself is wrong, or not the one that its successor names. */
  readonly kind: 'missing' | 'doubled' | 'reordered' | 'tampered' | 'unknown signer';
  /** Place in the list, from 0. */
  readonly index: number;
  /** Number in the chain, where it is known. */
  readonly number?: number;
  /** One sentence for people. */
  readonly text: string;
}

/** What became of a list of receipts. */
export interface ChainVerdict {
  readonly ok: boolean;
  readonly flaws: readonly ChainFlaw[];
  /** Of each receipt on its own, in the order of the list. */
  readonly verdicts: readonly Verdict[];
}

/** What a chain is held against. */
export interface VerifyChainOptions {
  readonly publicKeys: readonly string[];
  /** The number that the list must begin with; default 1. */
  readonly from?: number | undefined;
  /** What is known of the last one, e.g. written down elsewhere: without it, a cut at the end cannot be seen. */
  readonly head?: { readonly number: number; readonly sha256: string } | undefined;
}

/** One receipt that has a claim, with its place. */
interface Link {
  readonly index: number;
  readonly envelope: Envelope;
  readonly claim: ReceiptClaim;
}

/**
 * Verifies receipts that are to be one chain, in its order: each on its own, each behind the one it names, none missing,
 * doubled or moved.
 *
 * @throws ReceiptError `HAWSER_RECEIPT_KEY_INVALID` when one of `publicKeys` is no Ed25519 key.
 */
export function verifyChain(envelopes: readonly Envelope[], options: VerifyChainOptions): ChainVerdict {
  const verdicts = envelopes.map((envelope) => verifyReceipt(envelope, { publicKeys: options.publicKeys }));
  const flaws = verdicts.flatMap((verdict, index) => flawsOf(verdict, index));
  const links = envelopes.flatMap((envelope, index): Link[] => {
    const claim = verdicts[index]?.claim;
    return claim ? [{ index, envelope, claim }] : [];
  });
  flaws.push(
    ...flawsOfOrder(links),
    ...flawsOfNumbers(links, options),
    ...flawsOfDigests(links),
    ...flawsOfHead(links, options),
  );
  return { ok: flaws.length === 0, flaws: flaws.toSorted((a, b) => a.index - b.index), verdicts };
}

function flawsOf({ ok, claim, checks }: Verdict, index: number): readonly ChainFlaw[] {
  if (ok) return [];
  const wrong = checks.find(({ verdict }) => verdict === 'wrong');
  const text = wrong?.text ?? checks.find(({ name }) => name === 'signer')?.text ?? '';
  return [{ kind: wrong ? 'tampered' : 'unknown signer', index, ...(claim && { number: claim.number }), text }];
}

function flawsOfOrder(links: readonly Link[]): readonly ChainFlaw[] {
  let highest = 0;
  return links.flatMap(({ index, claim: { number } }): ChainFlaw[] => {
    const isBehind = number < highest;
    highest = Math.max(highest, number);
    return isBehind
      ? [{ kind: 'reordered', index, number, text: `Number ${number} stands behind number ${highest}.` }]
      : [];
  });
}

function flawsOfNumbers(links: readonly Link[], { from = 1, head }: VerifyChainOptions): readonly ChainFlaw[] {
  const sorted = links.toSorted((a, b) => a.claim.number - b.claim.number);
  const flaws: ChainFlaw[] = [];
  let next = from;
  for (const { index, claim } of sorted) {
    const { number } = claim;
    if (number < next)
      flaws.push({ kind: 'doubled', index, number, text: `Number ${number} is there twice, or before the beginning.` });
    if (number > next) flaws.push(missing(next, number - 1, index));
    next = Math.max(next, number + 1);
  }
  if (head && next <= head.number) flaws.push(missing(next, head.number, links.length));
  return flaws;
}

function missing(first: number, last: number, index: number): ChainFlaw {
  const what = first === last ? `Number ${first} is missing.` : `Numbers ${first} to ${last} are missing.`;
  return { kind: 'missing', index, number: first, text: what };
}

/** Each must name the digest of the one with the number before it, wherever that stands in the list. */
function flawsOfDigests(links: readonly Link[]): readonly ChainFlaw[] {
  const digests = new Map<number, Set<string>>();
  for (const { claim, envelope } of links) {
    const known = digests.get(claim.number) ?? new Set();
    digests.set(claim.number, known.add(digestOf(envelope)));
  }
  return links.flatMap(({ index, claim: { number, previous } }): ChainFlaw[] => {
    const known = digests.get(number - 1);
    if (!previous || !known || known.has(previous.sha256)) return [];
    return [
      {
        kind: 'tampered',
        index,
        number,
        text: `Number ${number} does not follow the number ${number - 1} that is there.`,
      },
    ];
  });
}

function flawsOfHead(links: readonly Link[], { head }: VerifyChainOptions): readonly ChainFlaw[] {
  const last = links.find(({ claim }) => claim.number === head?.number);
  if (!head || !last || digestOf(last.envelope) === head.sha256) return [];
  const text = `Number ${head.number} is not the one that is known to be the last.`;
  return [{ kind: 'tampered', index: last.index, number: head.number, text }];
}
