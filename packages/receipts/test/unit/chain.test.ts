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

  test('says of each flaw where it stands in the list, in the order of the list', () => {
    const flaws = (envelopes: readonly Envelope[], more: Partial<Parameters<typeof verifyChain>[1]> = {}): unknown[] =>
      verifyChain(envelopes, { publicKeys, ...more }).flaws.map(({ kind, index, text }) => [index, kind, text]);
    const head = { number: 6, sha256: digestOf(chain[5] as Envelope) };
    expect(flaws(pick(2, 4, 3, 3), { head })).toEqual([
      [0, 'missing', 'Number 1 is missing.'],
      [2, 'reordered', 'Number 3 stands behind number 4.'],
      [3, 'reordered', 'Number 3 stands behind number 4.'],
      [3, 'doubled', 'Number 3 is there twice, or before the beginning.'],
      [4, 'missing', 'Numbers 5 to 6 are missing.'],
    ]);
    expect(flaws(chain, { head: { ...head, sha256: 'a'.repeat(64) } })).toEqual([
      [5, 'tampered', 'Number 6 is not the one that is known to be the last.'],
    ]);
    const [first, , third] = pick(1, 2, 3) as [Envelope, Envelope, Envelope];
    const swapped = signReceipt(claimOf(2, first, { subject: 'other' }), key);
    expect(flaws([first, swapped, third])).toEqual([
      [2, 'tampered', 'Number 3 does not follow the number 2 that is there.'],
    ]);
    const [foreign] = chainOf(1).chain;
    expect(flaws([foreign as Envelope])).toEqual([
      [0, 'unknown signer', expect.stringMatching(/^Unknown signer: no trusted key has the id [0-9a-f]{64}\.$/)],
    ]);
    expect(flaws([{ ...first, payload: third.payload }])).toContainEqual([
      0,
      'tampered',
      'The signature is wrong: the payload, its type or the signature was changed.',
    ]);
  });

  test('may end where it is known to end, and not before', () => {
    const head = { number: 3, sha256: digestOf(chain[2] as Envelope) };
    expect(kindsOf(pick(1, 2, 3), { head })).toEqual([]);
    expect(kindsOf(pick(1, 2), { head })).toEqual(['missing 3']);
    expect(kindsOf([], { head })).toEqual(['missing 1']);
    const [first] = pick(1) as [Envelope];
    expect(verifyChain([{ ...first, payloadType: 'x' }], { publicKeys }).flaws).toEqual([
      { kind: 'tampered', index: 0, text: expect.stringContaining('payloadType') },
    ]);
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
