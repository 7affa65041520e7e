import { ReceiptError } from './errors.js';
import type { Json } from './types.js';

/**
 * A value as canonical JSON: no white space, keys in the order of their UTF-16 code units, numbers and strings as
 * ECMAScript writes them, which is what the standard asks for. Fields that are `undefined` are left out.
 *
 * @throws ReceiptError `HAWSER_RECEIPT_INVALID` for what has no such form: NaN, infinities, half of a surrogate pair.
 * @see RFC 8785 §3.2
 */
export function canonicalJson(value: Json): string {
  if (typeof value === 'number' && !Number.isFinite(value)) throw unwritable(`the number ${value}`);
  if (typeof value === 'string' && /\p{Surrogate}/u.test(value)) throw unwritable('half of a surrogate pair');
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (isList(value)) return `[${value.map((item) => canonicalJson(item)).join(',')}]`;
  const fields = Object.keys(value)
    // By code units, as strings are compared; no two are equal.
    .toSorted((left, right) => (left < right ? -1 : 1))
    .flatMap((name) => {
      const field = value[name];
      return field === undefined ? [] : [`${canonicalJson(name)}:${canonicalJson(field)}`];
    });
  return `{${fields.join(',')}}`;
}

/**
 * Reads canonical JSON. `undefined` for bytes that are no JSON in UTF-8, or JSON that the canonical form of its own value
 * would not come out as: a key twice, a blank, a number written in another way.
 */
export function readCanonicalJson(bytes: Uint8Array): Json | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    const value = JSON.parse(text) as Json;
    return canonicalJson(value) === text ? value : undefined;
  } catch {
    return undefined;
  }
}

function isList(value: object): value is readonly Json[] {
  return Array.isArray(value);
}

function unwritable(what: string): ReceiptError {
  return new ReceiptError(
    'HAWSER_RECEIPT_INVALID',
    `A receipt cannot hold ${what}: canonical JSON has no form for it.`,
    {
      hint: 'Leave it out, or write it as text.',
    },
  );
}
