import { describe, expect, test } from '@jest/globals';
import { flawOf, isClaim } from '../../src/claim.js';
import { createSigningKey, type Json, verifyReceipt } from '../../src/index.js';
import { claimOf } from '../support/claims.js';
import { sealed } from '../support/sealed.js';

const digest = 'ab'.repeat(32);

function changed(change: { readonly [name: string]: unknown }): Json {
  return { ...claimOf(), ...change };
}

function kindFlaw(kind: unknown): [string, { readonly kind: unknown }] {
  return ['its kind is not of the form name/version', { kind }];
}

function timeFlaw(at: unknown): [string, { readonly issued_at: unknown }] {
  return ['its issued_at is no time in UTC', { issued_at: at }];
}

function numberFlaw(number: unknown): [string, { readonly number: unknown }] {
  return ['its number is not counted from 1', { number }];
}

describe('a claim', () => {
  test.each<[string, Json]>([
    ['the first of a chain', changed({})],
    ['one that follows', changed({ number: 2, previous: { number: 1, sha256: digest } })],
    ['a time in whole seconds', changed({ issued_at: '2030-01-01T00:00:00Z' })],
    ['a kind in its tenth version', changed({ kind: 'a.b-c9/10' })],
    [
      'the last number there can be',
      changed({ number: Number.MAX_SAFE_INTEGER, previous: { number: Number.MAX_SAFE_INTEGER - 1, sha256: digest } }),
    ],
    ['an empty body', changed({ body: {} })],
  ])('may be: %s', (_what, claim) => {
    expect(flawOf(claim)).toBeUndefined();
    expect(isClaim(claim)).toBe(true);
  });

  test.each<[string, { readonly [name: string]: unknown }]>([
    ['it has a field "more" that no claim has', { more: 1 }],
    ...[' a/1', 'a/1 ', 'A/1', '/1', 'a/', 'a/0', 'a/01', 'a/x', 'a/1x', 7].map(kindFlaw),
    ['it has no subject', { subject: '' }],
    ['it has no subject', { subject: 7 }],
    ['it has no issuer', { issuer: '' }],
    ['it has no issuer', { issuer: null }],
    ...[
      '2030-01-01',
      ' 2030-01-01T00:00:00Z',
      '2030-01-01T00:00:00Z ',
      '2030-01-01T00:00:00',
      '2030-01-01T00:00:00+01:00',
      '2030-01-01T00:00:00.Z',
      '2030-01-01T00:00:00,5Z',
      '2030-01-41T00:00:00Z',
      '+002030-01-01T00:00:00Z',
      '2030-01-01T00:00:00Z (UTC)',
      1_893_456_000_000,
    ].map(timeFlaw),
    ['its body is no JSON object', { body: 'text' }],
    ['its body is no JSON object', { body: null }],
    ...['1', 0, -1, 1.5, 2 ** 53].map(numberFlaw),
    ['it is the first of its chain and names one before it', { previous: null }],
    ['it is number 2 of its chain and names none before it', { number: 2 }],
    ['it is number 2 of its chain and names none before it', { number: 2, previous: null }],
    ['it is number 2 of its chain and names none before it', { number: 2, previous: [] }],
    [
      'it is number 2 of its chain and follows another than the one before',
      { number: 2, previous: { number: 2, sha256: digest } },
    ],
    ['it names the one before it by no SHA-256', { number: 2, previous: { number: 1, sha256: 'AB' } }],
    ['it names the one before it by no SHA-256', { number: 2, previous: { number: 1, sha256: `${digest}0` } }],
    ['it names the one before it by no SHA-256', { number: 2, previous: { number: 1, sha256: `0${digest}` } }],
    ['it names the one before it by no SHA-256', { number: 2, previous: { number: 1, sha256: [digest] } }],
    [
      'it says more of the one before it than a digest and a number',
      { number: 2, previous: { number: 1, sha256: digest, more: 1 } },
    ],
  ])('may not be, because %s: %j', (flaw, change) => {
    expect(flawOf(changed(change))).toBe(flaw);
    expect(isClaim(changed(change))).toBe(false);
  });

  test('is a JSON object', () => {
    for (const other of ['text', null, []]) expect(flawOf(other)).toBe('it is no JSON object');
    expect(isClaim(undefined)).toBe(false);
  });

  test('that is signed and flawed is told by its flaw', () => {
    const key = createSigningKey();
    const said = (text: string): string | undefined =>
      verifyReceipt(sealed(text, key), { publicKeys: [key.publicKey], logSha256: digest }).checks.find(
        ({ verdict }) => verdict === 'wrong',
      )?.text;
    expect(said('[]')).toBe('The payload is not what a receipt states: it is no JSON object.');
    expect(said('{}')).toBe('The payload is not what a receipt states: its kind is not of the form name/version.');
    expect(said('{ }')).toBe('The payload is not what a receipt states: it is not canonical JSON.');
  });
});
