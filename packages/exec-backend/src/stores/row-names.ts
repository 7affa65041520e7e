import { createHash } from 'node:crypto';

/** What each byte is written as. Capitals do not stand for themselves: some file systems cannot tell them from small letters. */
const written: readonly string[] = Array.from({ length: 256 }, (_, byte) => {
  const character = String.fromCharCode(byte);
  if (/[a-z0-9_.-]/.test(character)) return character;
  if (/[A-Z]/.test(character)) return `^${character.toLowerCase()}`;
  return `%${byte.toString(16).padStart(2, '0')}`;
});

/** More than this is no name of a file any more, with what is put before and behind it. */
const MOST = 180;

/** The name under which a partition's folder or a key's file stands. Long ones are named by their digest. */
export function nameOf(text: string): string {
  let name = '';
  // A name that begins with a dot would be hidden.
  for (const byte of Buffer.from(text)) name += name === '' && byte === 0x2e ? '%2e' : written[byte];
  if (name.length <= MOST) return name;
  return `~${createHash('sha256').update(text).digest('hex')}`;
}

/** What {@link nameOf} was given; `undefined` for a digest, and for what it cannot have made. */
export function textOf(name: string): string | undefined {
  const bytes = name.replaceAll(/\^([a-z])|%([0-9a-f]{2})/g, (_, capital?: string, hex?: string) =>
    capital === undefined ? String.fromCharCode(Number.parseInt(hex ?? '', 16)) : capital.toUpperCase(),
  );
  const text = Buffer.from(bytes, 'latin1').toString();
  return nameOf(text) === name ? text : undefined;
}
