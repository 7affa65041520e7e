import { createHash } from 'node:crypto';

/** What stands for itself. Capitals do not, because some file systems do not tell them from small letters. */
const plain = /^[a-z0-9_-]$/;

/** More than this is no name of a file any more, with what is put before and behind it. */
const MOST = 180;

/** The name under which a partition's folder or a key's file stands. Long ones are named by their digest. */
export function nameOf(text: string): string {
  let name = '';
  for (const byte of Buffer.from(text)) {
    const character = String.fromCharCode(byte);
    if (plain.test(character) || (character === '.' && name !== '')) name += character;
    else if (/^[A-Z]$/.test(character)) name += `^${character.toLowerCase()}`;
    else name += `%${byte.toString(16).padStart(2, '0')}`;
  }
  if (name.length <= MOST) return name;
  return `~${createHash('sha256').update(text).digest('hex')}`;
}

/** What {@link nameOf} was given; `undefined` for a digest, and for what it cannot have made. */
export function textOf(name: string): string | undefined {
  const bytes: number[] = [];
  for (const [part] of name.matchAll(/\^[a-z]|%[0-9a-f]{2}|[^]/g)) {
    if (part.length === 3) bytes.push(Number.parseInt(part.slice(1), 16));
    else if (part.length === 2) bytes.push(part.toUpperCase().charCodeAt(1));
    else bytes.push(part.charCodeAt(0));
  }
  const text = Buffer.from(bytes).toString();
  return nameOf(text) === name ? text : undefined;
}
