import fc from 'fast-check';
import { describe, expect, test } from '@jest/globals';
import {
  createSigner,
  createSigningKey,
  digestOf,
  type Envelope,
  payloadType,
  preAuthenticationEncoding,
  readEnvelope,
  type ReceiptCheck,
  type ReceiptClaim,
  signReceipt,
  type Verdict,
  verifyReceipt,
} from '../../src/index.js';
import { chainOf, claimOf } from '../support/claims.js';
import { sealed } from '../support/sealed.js';

const key = createSigningKey();
const publicKeys = [createSigningKey().publicKey, key.publicKey];
const envelope = signReceipt(claimOf(), key);

function verdictOf(source: unknown, more: { previous?: Envelope; logSha256?: string } = {}): Verdict {
  return verifyReceipt(source, { publicKeys, ...more });
}

function check(verdict: Verdict, name: string): ReceiptCheck | undefined {
  return verdict.checks.find((one) => one.name === name);
}

describe('an envelope', () => {
  test('signs the bytes that the DSSE protocol prints for its example', () => {
    const bytes = preAuthenticationEncoding('http://example.com/HelloWorld', Buffer.from('hello world'));
    expect(bytes.toString()).toBe('DSSEv1 29 http://example.com/HelloWorld 11 hello world');
    expect(preAuthenticationEncoding('ä', Buffer.from([0xff])).toString('latin1')).toBe('DSSEv1 2 Ã¤ 1 ÿ');
  });

  test('carries the claim as canonical JSON under our type, and the same claim gives the same envelope', async () => {
    expect(envelope.payloadType).toBe(payloadType);
    expect(JSON.parse(Buffer.from(envelope.payload, 'base64').toString())).toEqual(claimOf());
    expect(envelope.signatures).toEqual([{ keyid: key.keyId, sig: expect.stringMatching(/^.{86}==$/) }]);
    const signer = createSigner(key);
    expect(await signer.sign(claimOf())).toEqual(envelope);
    expect([signer.keyId, signer.publicKey]).toEqual([key.keyId, key.publicKey]);
    expect(JSON.stringify(signer)).not.toContain('PRIVATE');
  });

  test('has a digest that does not depend on how it was written', () => {
    const { signatures, payload } = envelope;
    expect(digestOf({ signatures, payload, payloadType })).toBe(digestOf(envelope));
    expect(digestOf(readEnvelope(JSON.stringify(envelope, undefined, 2)))).toBe(digestOf(envelope));
    expect(digestOf({ ...envelope, payload: `${payload}=` })).not.toBe(digestOf(envelope));
    expect(digestOf({ ...envelope, signatures: [{ ...signatures[0]!, keyid: 'x' }] })).not.toBe(digestOf(envelope));
    // What is not part of the format does not count.
    const more = { ...envelope, signatures: [{ ...signatures[0]!, cert: 'x' }], note: 'x' };
    expect(digestOf(more)).toBe(digestOf(envelope));
  });

  test('holds claims of several kinds', () => {
    const other = claimOf(1, undefined, { kind: 'hawser.push/2', subject: 'me/space', body: {} });
    expect(verdictOf(signReceipt(other, key))).toMatchObject({ ok: true, claim: { kind: 'hawser.push/2', body: {} } });
  });
});

describe('a claim is not signed', () => {
  const { envelope: other } = { envelope: signReceipt(claimOf(), createSigningKey()) };
  test.each<[string, Partial<Record<keyof ReceiptClaim | 'more', unknown>>]>([
    ['kind', { kind: 'execution' }],
    ['subject', { subject: '' }],
    ['issuer', { issuer: 7 }],
    ['issued_at', { issued_at: '2030-01-01 00:00' }],
    ['issued_at', { issued_at: '2030-13-01T00:00:00Z' }],
    ['body', { body: [] }],
    ['number', { number: 0 }],
    ['number', { number: 1.5 }],
    ['names none before it', { number: 2 }],
    ['first of its chain and names one', { previous: { number: 0, sha256: digestOf(other) } }],
    ['follows another', { number: 3, previous: { number: 1, sha256: digestOf(other) } }],
    ['no SHA-256', { number: 2, previous: { number: 1, sha256: 'AB' } }],
    ['says more', { number: 2, previous: { number: 1, sha256: digestOf(other), more: 1 } }],
    ['"more"', { more: 1 }],
    ['canonical JSON', { body: { a: Number.NaN } }],
  ])('that is wrong about: %s', (what, wrong) => {
    const claim = { ...claimOf(), ...wrong } as unknown as ReceiptClaim;
    expect(() => signReceipt(claim, key)).toThrow(
      expect.objectContaining({ code: 'HAWSER_RECEIPT_INVALID', message: expect.stringContaining(what) }),
    );
  });
});

describe('a verdict', () => {
  test('is good when the signer is trusted and nothing was changed', () => {
    const verdict = verdictOf(JSON.stringify(envelope));
    expect(verdict).toMatchObject({ ok: true, claim: claimOf(), keyId: key.keyId });
    expect(verdict.checks.map(({ name, verdict: how }) => [name, how])).toEqual([
      ['envelope', 'ok'],
      ['payload', 'ok'],
      ['signer', 'ok'],
      ['signature', 'ok'],
      ['chain', 'ok'],
    ]);
  });

  test('says unknown signer where nobody vouches for the key', () => {
    const verdict = verifyReceipt(envelope, { publicKeys: [] });
    expect(verdict.ok).toBe(false);
    expect(check(verdict, 'signer')).toMatchObject({
      verdict: 'unknown',
      text: expect.stringContaining('Unknown signer'),
    });
    expect(check(verdict, 'signature')).toMatchObject({ verdict: 'unknown' });
    expect(verdict.claim).toEqual(claimOf());
  });

  test('does not take another’s signature under a trusted name, or a trusted one under another’s', () => {
    const foreign = signReceipt(claimOf(), createSigningKey());
    const sig = foreign.signatures[0]?.sig ?? '';
    const under = { ...foreign, signatures: [{ keyid: key.keyId, sig }] };
    expect(verdictOf(under)).toMatchObject({ ok: false });
    expect(check(verdictOf(under), 'signature')).toMatchObject({ verdict: 'wrong' });
    const renamed = { ...envelope, signatures: [{ keyid: 'f'.repeat(64), sig: envelope.signatures[0]?.sig ?? '' }] };
    expect(verdictOf(renamed).ok).toBe(false);
  });

  test('names the chain: first, unlooked at, following, or not', () => {
    const { chain, key: chained } = chainOf(3);
    const of = (source: Envelope | undefined, previous?: Envelope): Verdict =>
      verifyReceipt(source, { publicKeys: [chained.publicKey], previous });
    expect(check(of(chain[1]), 'chain')).toMatchObject({ verdict: 'unknown' });
    expect(of(chain[1])).toMatchObject({ ok: true });
    expect(check(of(chain[1], chain[0]), 'chain')).toMatchObject({ verdict: 'ok' });
    expect(check(of(chain[2], chain[0]), 'chain')).toMatchObject({ verdict: 'wrong' });
    expect(of(chain[2], chain[0]).ok).toBe(false);
    expect(check(of(chain[0], chain[1]), 'chain')).toMatchObject({ verdict: 'wrong' });
    expect(check(of(chain[1], {} as Envelope), 'chain')).toMatchObject({ verdict: 'wrong' });
  });

  test('compares a log with the digest that is stated', () => {
    const right = verdictOf(envelope, { logSha256: 'AB'.repeat(32) });
    expect(check(right, 'log')).toMatchObject({ verdict: 'ok', text: expect.stringContaining('complete') });
    expect(right.ok).toBe(true);
    const wrong = verdictOf(envelope, { logSha256: 'cd'.repeat(32) });
    expect(check(wrong, 'log')).toMatchObject({
      verdict: 'wrong',
      text: expect.stringContaining('changed, lost or added'),
    });
    expect(wrong.ok).toBe(false);
    for (const body of [{}, { log: null }, { log: { lines: 1 } }, { log: 'x' }]) {
      const silent = verdictOf(signReceipt(claimOf(1, undefined, { body }), key), { logSha256: 'ab'.repeat(32) });
      expect(check(silent, 'log')).toMatchObject({ verdict: 'wrong', text: expect.stringContaining('no digest') });
    }
    const torn = claimOf(1, undefined, { body: { log: { sha256: 'ab'.repeat(32), complete: false } } });
    expect(check(verdictOf(signReceipt(torn, key), { logSha256: 'ab'.repeat(32) }), 'log')?.text).not.toContain(
      'complete',
    );
  });

  test.each<[string, unknown, string]>([
    ['text', 'text', 'not JSON'],
    ['empty object', '{}', 'payloadType'],
    ['list', '[]', 'no JSON object'],
    ['field that is there twice', `{"payload":"AAAA",${JSON.stringify(envelope).slice(1)}`, 'twice'],
    [
      'field that is written with escapes',
      JSON.stringify(envelope).replace('payload"', String.raw`\u0070ayload"`),
      'unusual',
    ],
    ['nothing', null, 'no JSON object'],
    ['number', 7, 'no JSON object'],
    ['payload of another type', { ...envelope, payloadType: 'application/json' }, 'payloadType'],
    ['field that is not signed', { ...envelope, note: 'x' }, '"note"'],
    ['payload with a blank', { ...envelope, payload: `${envelope.payload}\n` }, 'base64'],
    ['receipt without a signature', { ...envelope, signatures: [] }, 'exactly one'],
    ['second signature', { ...envelope, signatures: [...envelope.signatures, ...envelope.signatures] }, 'exactly one'],
    ['key id that is none', { ...envelope, signatures: [{ keyid: 'x', sig: 'AAAA' }] }, 'keyid'],
    ['key id that is too long', { ...envelope, signatures: [{ keyid: `${key.keyId}0`, sig: 'AAAA' }] }, 'keyid'],
    ['key id behind something', { ...envelope, signatures: [{ keyid: `x${key.keyId}`, sig: 'AAAA' }] }, 'keyid'],
    ['key id in a list', { ...envelope, signatures: [{ keyid: [key.keyId], sig: 'AAAA' }] }, 'keyid'],
    ['signature that is no list', { ...envelope, signatures: { length: 1, 0: envelope.signatures[0] } }, 'exactly one'],
    ['signature that is none', { ...envelope, signatures: [null] }, 'its signature is no JSON object'],
    ['payload that is no text', { ...envelope, payload: 7 }, 'its payload is no base64'],
    ['payload of no bytes', { ...envelope, payload: '' }, 'its payload is no base64'],
    ['certificate', { ...envelope, signatures: [{ keyid: key.keyId, sig: 'AAAA', cert: '' }] }, '"cert"'],
    ['signature of no bytes', { ...envelope, signatures: [{ keyid: key.keyId, sig: '' }] }, 'base64'],
  ])('refuses a %s', (_what, source, why) => {
    const verdict = verdictOf(source);
    expect(verdict).toMatchObject({ ok: false, claim: undefined });
    expect(check(verdict, 'envelope')).toMatchObject({ verdict: 'wrong', text: expect.stringContaining(why) });
    expect(() => readEnvelope(source)).toThrow(expect.objectContaining({ code: 'HAWSER_RECEIPT_INVALID' }));
  });

  test('keeps why a text was no JSON', () => {
    expect(() => readEnvelope('{')).toThrow(expect.objectContaining({ cause: expect.any(SyntaxError) }));
  });

  test('refuses a signed payload that is no claim, or not canonical', async () => {
    for (const text of ['{}', '[]', '{"a":1,"a":2}', JSON.stringify(claimOf(), undefined, 1)]) {
      const verdict = verdictOf(sealed(text, key));
      expect(check(verdict, 'signature')).toMatchObject({ verdict: 'ok' });
      expect(check(verdict, 'payload')).toMatchObject({ verdict: 'wrong' });
      expect(verdict).toMatchObject({ ok: false, claim: undefined });
    }
  });

  test('says what was looked at, in words', () => {
    const { chain, key: chained } = chainOf(2);
    const words = (source: unknown, more: { previous?: Envelope; logSha256?: string } = {}): string[] =>
      verifyReceipt(source, { publicKeys: [chained.publicKey], ...more }).checks.map(({ text }) => text);
    const good = [
      'It has the form of a receipt.',
      'The payload is canonical JSON, and a claim.',
      `It is signed by the trusted key ${chained.keyId}.`,
      'The signature is right: nothing was changed since.',
    ];
    expect(words(chain[0])).toEqual([...good, 'It is the first of its chain.']);
    expect(words(chain[0], { previous: chain[1]! })).toEqual([
      ...good,
      'It is the first of its chain, and one before it was given.',
    ]);
    expect(words(chain[1])).toEqual([
      ...good,
      'It is number 2 of its chain; the one before it was not given to be compared.',
    ]);
    expect(words(chain[1], { previous: chain[0]!, logSha256: 'ab'.repeat(32) })).toEqual([
      ...good,
      'It is number 2 of its chain, and follows the one given.',
      'The log is the one it states, complete.',
    ]);
    expect(words('{}')).toEqual([expect.stringContaining('That is no receipt')]);
  });

  test('is not given where the fault is not the receipt’s', () => {
    const source = {
      get payload(): string {
        throw new RangeError('of whoever asks');
      },
    };
    expect(() => verdictOf(source)).toThrow(RangeError);
  });

  test('throws for a trusted key that is none, since nothing can be said with it', () => {
    expect(() => verifyReceipt(envelope, { publicKeys: ['x'] })).toThrow(
      expect.objectContaining({ code: 'HAWSER_RECEIPT_KEY_INVALID' }),
    );
  });
});

describe('whatever is done to a receipt', () => {
  const text = JSON.stringify(envelope);

  test('one changed byte of its file is never good', () => {
    const bytes = Buffer.from(text);
    const survived: string[] = [];
    for (let at = 0; at < bytes.length; at += 1) {
      for (const flip of [1, 0x20]) {
        const changed = Buffer.from(bytes);
        changed[at] = (changed[at] ?? 0) ^ flip;
        if (verdictOf(changed.toString('latin1')).ok) survived.push(`byte ${at} ^ ${flip}`);
      }
    }
    expect(survived).toEqual([]);
  });

  test('a cut, an insertion or a doubled stretch is never good', () => {
    fc.assert(
      fc.property(fc.nat(text.length), fc.nat(text.length), fc.string({ maxLength: 5 }), (from, to, between) => {
        const changed = text.slice(0, from) + between + text.slice(to);
        // White space between the parts is not part of what is said.
        fc.pre(changed.replaceAll(/\s/g, '') !== text);
        expect(verdictOf(changed).ok).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  test('a changed field of its claim is never good', () => {
    const claim = claimOf();
    const changes: ReceiptClaim[] = [
      { ...claim, issued_at: '2030-01-01T00:00:00.001Z' },
      { ...claim, subject: 'exec_other' },
      { ...claim, number: 2, previous: { number: 1, sha256: digestOf(envelope) } },
      { ...claim, body: { ...claim.body, command: 'terraform destroy' } },
      { ...claim, body: {} },
      { ...claim, kind: 'hawser.execution/2' },
      { ...claim, issuer: 'another' },
    ];
    for (const change of changes) {
      const { payload } = signReceipt(change, createSigningKey());
      expect(check(verdictOf({ ...envelope, payload }), 'signature')).toMatchObject({ verdict: 'wrong' });
    }
  });
});
