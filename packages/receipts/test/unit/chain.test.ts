import fc from 'fast-check';
import { describe, expect, test } from '@jest/globals';
import {
  type ChainVerdict,
  createSigningKey,
  digestOf,
  type Envelope,
  signReceipt,
  verifyChain,
} from '../../src/index.js';
import { chainOf, claimOf } from '../support/claims.js';

const { key, chain } = chainOf(6);
const publicKeys = [key.publicKey];

function kindsOf(envelopes: readonly Envelope[], more: Partial<Parameters<typeof verifyChain>[1]> = {}): string[] {
  return verifyChain(envelopes, { publicKeys, ...more }).flaws.map(({ kind, number }) => `${kind} ${number}`);
}

/** The receipts with these numbers, in this order. */
function pick(...numbers: readonly number[]): Envelope[] {
  return numbers.map((number) => chain[number - 1] as Envelope);
}

describe('a chain', () => {
  test('is good as it was written', () => {
    const verdict: ChainVerdict = verifyChain(chain, { publicKeys });
    expect(verdict).toMatchObject({ ok: true, flaws: [] });
    expect(verdict.verdicts).toHaveLength(6);
    expect(verifyChain([], { publicKeys }).ok).toBe(true);
    expect(kindsOf(pick(4, 5, 6), { from: 4 })).toEqual([]);
  });

  test('names what is missing', () => {
    expect(kindsOf(pick(1, 2, 4, 5, 6))).toEqual(['missing 3']);
    expect(kindsOf(pick(3, 6))).toEqual(['missing 1', 'missing 4']);
    expect(verifyChain(pick(1, 6), { publicKeys }).flaws[0]?.text).toBe('Numbers 2 to 5 are missing.');
  });

  test('cannot see a cut at its end, unless the last one is known', () => {
    expect(kindsOf(pick(1, 2, 3))).toEqual([]);
    const head = { number: 6, sha256: digestOf(chain[5] as Envelope) };
    expect(kindsOf(chain, { head })).toEqual([]);
    expect(kindsOf(pick(1, 2, 3), { head })).toEqual(['missing 4']);
    expect(kindsOf(chain, { head: { ...head, sha256: 'a'.repeat(64) } })).toEqual(['tampered 6']);
  });

  test('names what is doubled', () => {
    expect(kindsOf(pick(1, 2, 2, 3, 4, 5, 6))).toEqual(['doubled 2']);
    expect(kindsOf(pick(1, 2, 3), { from: 2 })).toEqual(['doubled 1']);
    // Another receipt with the same number: its signer told two stories.
    const fork = signReceipt(claimOf(3, chain[1], { subject: 'other' }), key);
    expect(kindsOf([...pick(1, 2, 3), fork, ...pick(4, 5, 6)])).toEqual(['doubled 3']);
  });

  test('names what was moved', () => {
    expect(kindsOf(pick(1, 3, 2, 4, 5, 6))).toEqual(['reordered 2']);
    expect(kindsOf(pick(2, 3, 4, 5, 6, 1))).toEqual(['reordered 1']);
  });

  test('names what was tampered with, and what was put in another’s place', () => {
    const [first, second, third] = pick(1, 2, 3) as [Envelope, Envelope, Envelope];
    const forged = { ...second, payload: third.payload };
    expect(kindsOf([first, forged])).toContain('tampered 3');
    // Signed by the right key, but not what the next one follows.
    const swapped = signReceipt(claimOf(2, first, { subject: 'other' }), key);
    expect(kindsOf([first, swapped, third])).toEqual(['tampered 3']);
    expect(kindsOf([{ ...first, payloadType: 'x' }])).toEqual(['tampered undefined']);
  });

  test('names a signer whom nobody knows', () => {
    const foreign = signReceipt(claimOf(2, chain[0]), createSigningKey());
    expect(kindsOf([chain[0] as Envelope, foreign])).toEqual(['unknown signer 2']);
  });

  test('is good in one order only, and in no part of it that leaves one out', () => {
    const shuffled = fc.shuffledSubarray([1, 2, 3, 4, 5, 6], { minLength: 1 });
    fc.assert(
      fc.property(shuffled, (numbers) => {
        const isBeginning = numbers.every((number, index) => number === index + 1);
        expect(verifyChain(pick(...numbers), { publicKeys }).ok).toBe(isBeginning);
      }),
    );
  });
});
