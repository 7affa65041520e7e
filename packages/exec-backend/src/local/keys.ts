import { createHash, timingSafeEqual } from 'node:crypto';
import { randomKey } from '@hawser/api-keys';
import type { Authenticator } from '../ports.js';
import { createPrivate, readText } from './files.js';

/** The folder's own key, made at the first opening. Whoever can read it can do everything else here too. */
export function folderKey(path: string): string {
  const present = readText(path)?.trim();
  if (present) return present;
  createPrivate(path, `${randomKey()}\n`);
  return readText(path)?.trim() ?? '';
}

/** Knows the folder's own key, compared in constant time, and asks `others` about any other. */
export function folderAuthenticator(apiKey: string, person: string | undefined, others?: Authenticator): Authenticator {
  const expected = digest(apiKey);
  return {
    async authenticate(request) {
      const shown = request.headers.get('x-api-key');
      if (shown === null || !timingSafeEqual(digest(shown), expected)) return others?.authenticate(request);
      return { keyId: 'local', ...(person !== undefined && { name: person }), scopes: ['admin'] };
    },
  };
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
