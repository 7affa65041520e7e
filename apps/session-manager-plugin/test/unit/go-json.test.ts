import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { goJsonError } from '../../src/go-json.js';

/** Texts and what Go's encoding/json says of them (src/encoding/json/scanner.go). */
test.each([
  ['bad', "invalid character 'b' looking for beginning of value"],
  ['', 'unexpected end of JSON input'],
  ['   ', 'unexpected end of JSON input'],
  ['{', 'unexpected end of JSON input'],
  ['{"a"', 'unexpected end of JSON input'],
  ['"abc', 'unexpected end of JSON input'],
  ['-', "invalid character ' ' in numeric literal"],
  ['1.', "invalid character ' ' after decimal point in numeric literal"],
  ['1e', "invalid character ' ' in exponent of numeric literal"],
  ['tru', "invalid character ' ' in literal true (expecting 'e')"],
  ['"\\', "invalid character ' ' in string escape code"],
  ['"\\u12', "invalid character ' ' in \\u hexadecimal character escape"],
  ['{a', "invalid character 'a' looking for beginning of object key string"],
  ['{"a":1,}', "invalid character '}' looking for beginning of object key string"],
  ['{"a" 1}', "invalid character '1' after object key"],
  ['{"a":1 "b"}', "invalid character '\"' after object key:value pair"],
  ['[1 2]', "invalid character '2' after array element"],
  ['[1,]', "invalid character ']' looking for beginning of value"],
  ['{}x', "invalid character 'x' after top-level value"],
  ['1 2', "invalid character '2' after top-level value"],
  ['01', "invalid character '1' after top-level value"],
  ['"a\nb"', "invalid character '\\n' in string literal"],
  ['"\u0001"', "invalid character '\\x01' in string literal"],
  ['"\\x"', "invalid character 'x' in string escape code"],
  ['"\\u12g4"', "invalid character 'g' in \\u hexadecimal character escape"],
  ['-x', "invalid character 'x' in numeric literal"],
  ['1.x', "invalid character 'x' after decimal point in numeric literal"],
  ['1ex', "invalid character 'x' in exponent of numeric literal"],
  ['1e+x', "invalid character 'x' in exponent of numeric literal"],
  ['trux', "invalid character 'x' in literal true (expecting 'e')"],
  ['nil', "invalid character 'i' in literal null (expecting 'u')"],
  ['fals3', "invalid character '3' in literal false (expecting 'e')"],
  ["'", "invalid character '\\'' looking for beginning of value"],
  ['é', "invalid character 'Ã' looking for beginning of value"],
  ['\u00a0', "invalid character 'Â' looking for beginning of value"],
  ['\\', "invalid character '\\\\' looking for beginning of value"],
  ['['.repeat(10_001), 'exceeded max depth'],
  ['{"a":'.repeat(10_000), 'unexpected end of JSON input'],
])('%j: %s', (text, error) => {
  expect(goJsonError(text)).toBe(error);
});

test('accepts exactly what JSON.parse accepts', () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      expect(goJsonError(text)).toBeUndefined();
    }),
  );
  const mangled = fc.tuple(fc.json(), fc.nat(), fc.constantFrom('', '"', '{', ']', ',', 'e', '\\', '\u0007', '0', '-'));
  fc.assert(
    fc.property(mangled, ([text, at, by]) => {
      const broken = text.slice(0, at % (text.length + 1)) + by + text.slice((at % (text.length + 1)) + 1);
      expect(goJsonError(broken) === undefined).toBe(isJson(broken));
    }),
    { numRuns: 2_000 },
  );
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
