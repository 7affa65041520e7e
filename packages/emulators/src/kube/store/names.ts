import { randomBytes } from 'node:crypto';

/** What a server puts behind a name that it makes up: five characters, of those that spell no words. */
export function suffix(): string {
  const letters = 'bcdfghjklmnpqrstvwxz2456789';
  return [...randomBytes(5)].map((byte) => letters[byte % letters.length]).join('');
}
