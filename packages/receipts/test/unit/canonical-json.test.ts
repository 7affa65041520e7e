import fc from 'fast-check';
import { describe, expect, test } from '@jest/globals';
import { canonicalJson, type Json } from '../../src/index.js';
import { readCanonicalJson } from '../../src/canonical-json.js';

describe('canonical JSON', () => {
  test('of the example in RFC 8785 §3.2.2 is as printed there', () => {
    const input = String.raw`{
      "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
      "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
      "literals": [null, true, false]
    }`;
    expect(canonicalJson(JSON.parse(input) as Json)).toBe(
      String.raw`{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],` +
        String.raw`"string":"€$\u000f\nA'B\"\\\\\"/"}`,
    );
  });

  test('has its keys in the order of RFC 8785 §3.2.3', () => {
    const value = { '€': 1, '\r': 2, '\uFB33': 3, '1': 4, '😀': 5, '\u0080': 6, ö: 7 };
    expect(Object.keys(JSON.parse(canonicalJson(value)) as object).filter((key) => key !== '1')).toEqual([
      '\r',
      '\u0080',
      'ö',
      '€',
      '😀',
      '\uFB33',
    ]);
    expect(canonicalJson(value).indexOf('"1"')).toBe('{"\\r":2,'.length);
  });

  /** RFC 8785, appendix B. */
  test.each([
    ['0000000000000000', '0'],
    ['8000000000000000', '0'],
    ['0000000000000001', '5e-324'],
    ['8000000000000001', '-5e-324'],
    ['7fefffffffffffff', '1.7976931348623157e+308'],
    ['4340000000000000', '9007199254740992'],
    ['4430000000000000', '295147905179352830000'],
    ['44b52d02c7e14af5', '9.999999999999997e+22'],
    ['44b52d02c7e14af6', '1e+23'],
    ['44b52d02c7e14af7', '1.0000000000000001e+23'],
    ['444b1ae4d6e2ef4e', '999999999999999700000'],
    ['444b1ae4d6e2ef50', '1e+21'],
    ['3eb0c6f7a0b5ed8c', '9.999999999999997e-7'],
    ['3eb0c6f7a0b5ed8d', '0.000001'],
    ['41b3de4355555554', '333333333.33333325'],
    ['becbf647612f3696', '-0.0000033333333333333333'],
    ['43143ff3c1cb0959', '1424953923781206.2'],
  ])('writes the number %s as %s', (bits, text) => {
    expect(canonicalJson(Buffer.from(bits, 'hex').readDoubleBE())).toBe(text);
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY, '\uD83D', { '\uDE00': 1 }, [['a', '\uDE00\uD83D']]])(
    'has no form for %j',
    (value) => {
      expect(() => canonicalJson(value)).toThrow(
        expect.objectContaining({ code: 'HAWSER_RECEIPT_INVALID', hint: 'Leave it out, or write it as text.' }),
      );
    },
  );

  test('leaves out what is undefined', () => {
    expect(canonicalJson({ b: undefined, a: [{ c: undefined }] })).toBe('{"a":[{}]}');
  });

  test('of any JSON reads back as the same value, whatever the order of its keys was', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'grapheme' }), (value) => {
        const text = canonicalJson(value);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
        expect(canonicalJson(reversed(value as Json))).toBe(text);
        expect(readCanonicalJson(Buffer.from(text))).toEqual(JSON.parse(text));
      }),
    );
  });

  test.each([
    '{"a":1,"a":1}',
    '{"b":1,"a":2}',
    '{ "a":1}',
    '[1.0]',
    '[1e2]',
    '[-0]',
    '["\\u0041"]',
    '["\\/"]',
    '["\\ud800"]',
    '\uFEFF{}',
    '{}\n',
    '',
    'no',
  ])('is not %j', (text) => {
    expect(readCanonicalJson(Buffer.from(text))).toBeUndefined();
  });

  test('is UTF-8', () => {
    expect(readCanonicalJson(Buffer.from([0x22, 0xff, 0x22]))).toBeUndefined();
    // An overlong slash.
    expect(readCanonicalJson(Buffer.from([0x22, 0xc0, 0xaf, 0x22]))).toBeUndefined();
  });
});

function reversed(value: Json): Json {
  if (Array.isArray(value)) return value.map((item) => reversed(item as Json));
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value).toReversed();
  return Object.fromEntries(fields.map(([name, field]) => [name, reversed(field as Json)]));
}
