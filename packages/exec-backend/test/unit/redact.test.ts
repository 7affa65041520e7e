import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createMask, mask } from '../../src/core/redact.js';

describe('secrets in a log', () => {
  test('are hidden as they are, in base64, in URLs and in JSON', () => {
    const secret = 'p@ss "w/+rd"?';
    const hide = createMask([secret, 'short', 'line one of it\nline two of it']);
    for (const form of [
      secret,
      Buffer.from(secret).toString('base64'),
      Buffer.from(`${secret}\n`).toString('base64'),
      Buffer.from(secret).toString('base64url'),
      encodeURIComponent(secret),
      new URLSearchParams({ a: secret }).toString().slice(2),
      JSON.stringify(secret).slice(1, -1),
      'line two of it',
    ]) {
      expect(hide(`before ${form} and ${form} after`)).toBe(`before ${mask} and ${mask} after`);
    }
    expect(hide('a short word')).toBe('a short word');
    expect(createMask([])('plain')).toBe('plain');
  });

  test('are gone from every line, whatever they are made of', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 6, maxLength: 40, unit: 'grapheme' }), fc.string(), (secret, rest) => {
        fc.pre(!secret.includes('*') && !/[\r\n]/.test(secret));
        expect(createMask([secret])(`${rest}${secret}${rest}`)).not.toContain(secret);
      }),
    );
  });
});
