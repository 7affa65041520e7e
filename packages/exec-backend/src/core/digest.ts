import { createHash, timingSafeEqual } from 'node:crypto';

/** SHA-256 of text in UTF-8, hex. */
export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Whether a text has this SHA-256; the comparison takes the same time wherever they differ. */
export function hasSha256(text: string, digest: string): boolean {
  return timingSafeEqual(Buffer.from(sha256(text), 'hex'), Buffer.from(digest, 'hex'));
}

/** A value as JSON with its keys in one order, so that equal values have equal text. */
export function sortedJson(value: unknown): string {
  return JSON.stringify(value, (_key, field: unknown) =>
    field !== null && typeof field === 'object' && !Array.isArray(field)
      ? Object.fromEntries(Object.entries(field).toSorted(([left], [right]) => (left < right ? -1 : 1)))
      : field,
  );
}
