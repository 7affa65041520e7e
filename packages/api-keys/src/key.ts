import { randomBytes } from 'node:crypto';
import { ApiKeyError } from './errors.js';

/** What every key begins with. */
export const keyPrefix = 'sk_live_';

/** Length of a key in characters, which are bytes too: the prefix and 64 hexadecimal digits. */
export const keyLength = 72;

const form = /^sk_live_([0-9a-f]{16})[0-9a-f]{48}$/;

/** A new key: the prefix and 32 random bytes in hexadecimal digits. */
export function randomKey(): string {
  return `${keyPrefix}${randomBytes(32).toString('hex')}`;
}

/**
 * The public id in a key: its first 16 hexadecimal digits. What stays secret are 192 random bits. `undefined` where the
 * text is no key.
 */
export function keyIdOf(text: string): string | undefined {
  return form.exec(text)?.[1];
}

/**
 * Reads a key as a person gave it: white space around it is dropped.
 *
 * @throws ApiKeyError `HAWSER_API_KEY_MALFORMED` when it is no key. The message does not repeat it.
 */
export function parseKey(text: string): { readonly key: string; readonly keyId: string } {
  const key = text.trim();
  const keyId = keyIdOf(key);
  if (keyId !== undefined) return { key, keyId };
  const why =
    key === ''
      ? 'it is empty'
      : key.startsWith(keyPrefix)
        ? `${key.length - keyPrefix.length} characters stand behind ${keyPrefix} where 64 hexadecimal digits in lower case belong`
        : `it does not begin with ${keyPrefix}`;
  throw new ApiKeyError('HAWSER_API_KEY_MALFORMED', `That is no API key: ${why}.`);
}
