/** Tags of the DER types certificates are made of (X.690 §8). */
const tag = {
  boolean: 0x01,
  integer: 0x02,
  bits: 0x03,
  octets: 0x04,
  oid: 0x06,
  utf8: 0x0c,
  utcTime: 0x17,
  sequence: 0x30,
  set: 0x31,
} as const;

export function sequence(...parts: readonly Buffer[]): Buffer {
  return encode(tag.sequence, Buffer.concat(parts));
}

export function set(...parts: readonly Buffer[]): Buffer {
  return encode(tag.set, Buffer.concat(parts));
}

export function boolean(value: boolean): Buffer {
  return encode(tag.boolean, Buffer.from([value ? 0xff : 0]));
}

/** A positive number, by its bytes. */
export function integer(bytes: Buffer): Buffer {
  const isNegative = ((bytes[0] ?? 0) & 0x80) !== 0;
  return encode(tag.integer, isNegative ? Buffer.concat([Buffer.from([0]), bytes]) : bytes);
}

/** Bits that fill whole bytes but for the last `unused`. */
export function bits(content: Buffer, unused = 0): Buffer {
  return encode(tag.bits, Buffer.concat([Buffer.from([unused]), content]));
}

export function octets(content: Buffer): Buffer {
  return encode(tag.octets, content);
}

export function utf8(text: string): Buffer {
  return encode(tag.utf8, Buffer.from(text));
}

/** Such as `2.5.29.17`: the first two numbers share a byte, the rest are base 128 (X.690 §8.19). */
export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const bytes = [first * 40 + second];
  for (const part of rest) {
    const septets = [part & 0x7f];
    for (let left = part >> 7; left > 0; left >>= 7) septets.unshift((left & 0x7f) | 0x80);
    bytes.push(...septets);
  }
  return encode(tag.oid, Buffer.from(bytes));
}

/** UTCTime to the end of 2049 (RFC 5280 §4.1.2.5.1). */
export function time(year: number): Buffer {
  return encode(tag.utcTime, Buffer.from(`${String(year % 100).padStart(2, '0')}0101000000Z`));
}

/** A context-specific tag around whole values. */
export function explicit(number: number, content: Buffer): Buffer {
  return encode(0xa0 | number, content);
}

/** A context-specific tag in place of the value's own. */
export function implicit(number: number, content: Buffer): Buffer {
  return encode(0x80 | number, content);
}

/** One value with its tag and length (X.690 §10.1: lengths in their shortest form). */
function encode(tagByte: number, content: Buffer): Buffer {
  const length = content.length;
  if (length < 0x80) return Buffer.concat([Buffer.from([tagByte, length]), content]);
  const bytes = Buffer.from(length.toString(16).padStart(length > 0xff ? 4 : 2, '0'), 'hex');
  return Buffer.concat([Buffer.from([tagByte, 0x80 | bytes.length]), bytes, content]);
}
