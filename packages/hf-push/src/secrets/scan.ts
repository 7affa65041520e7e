/** A secret that was found; never the secret itself. */
export interface FoundSecret {
  /** What kind of secret, such as `Hugging Face token`. */
  readonly kind: string;
  /** From 1. */
  readonly line: number;
}

/** Looks through the bytes of one file. */
export interface SecretScanner {
  /** Whoever knows that no more bytes will come may say so, which saves work. */
  readonly see: (bytes: Uint8Array, isLast?: boolean) => void;
  /** What was found in all that was seen, in order. */
  readonly found: () => readonly FoundSecret[];
}

interface Kind {
  readonly kind: string;
  /** Must be in the text for the pattern to match: all of them are looked for at once. */
  readonly mark: string;
  readonly pattern: RegExp;
}

const privateKey = '-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----';
const kinds: readonly Kind[] = [
  // Tokens are 34 letters and digits behind the prefix; organization tokens have a prefix of their own.
  { kind: 'Hugging Face token', mark: 'hf_', pattern: /(?<![A-Za-z0-9])hf_[A-Za-z0-9]{30,}(?![A-Za-z0-9_])/g },
  { kind: 'Hugging Face token', mark: 'api_org_', pattern: /(?<![A-Za-z0-9])api_org_[A-Za-z0-9]{30,}/g },
  // The line alone is what programs that look for keys hold too: a key has content.
  {
    kind: 'private key',
    mark: 'PRIVATE KEY',
    pattern: new RegExp(`${privateKey}(?:\\\\[rn]|[\\s"'+,])*(?:[\\w-]+:.{0,80}\\s+)*[A-Za-z0-9+/=]{20,}`, 'g'),
  },
  // Long-term and temporary access keys; the documentation's own end in EXAMPLE.
  {
    kind: 'AWS access key',
    mark: 'A[KS]IA',
    pattern: /(?<![A-Za-z0-9])(?:AKIA|ASIA)(?![A-Z0-9]{9}EXAMPLE)[A-Z0-9]{16}(?![A-Za-z0-9])/g,
  },
  {
    kind: 'AWS secret key',
    mark: 'ecret|ECRET',
    pattern: /aws.{0,20}?secret.{0,20}?[=:]\s*["']?(?![A-Za-z0-9/+]{0,33}EXAMPLE)[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+])/gi,
  },
  { kind: 'GitHub token', mark: 'gh[pousr]_', pattern: /(?<![A-Za-z0-9])gh[pousr]_[A-Za-z0-9]{36,}/g },
  { kind: 'GitHub token', mark: 'github_pat_', pattern: /(?<![A-Za-z0-9])github_pat_[A-Za-z0-9_]{40,}/g },
];

const anyMark = new RegExp(kinds.map(({ mark }) => mark).join('|'));

/** What may be cut in two by the end of a piece: longer than any match needs to be recognised. */
const overlap = 1024;
const asksForText = 8192;

/**
 * Looks for Hugging Face, AWS and GitHub credentials and private keys in a file's bytes as they come. A file with a
 * zero byte among its first 8 KiB is no text and is not looked through, as in git. Values of one repeated character
 * are taken for the placeholders they are.
 */
export function createSecretScanner(): SecretScanner {
  const found = new Map<string, FoundSecret>();
  let rest: Buffer = Buffer.alloc(0);
  let line = 1;
  let isText: boolean | undefined;
  return {
    see(bytes, isLast = false) {
      const piece = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      isText ??= !piece.subarray(0, asksForText).includes(0);
      if (!isText) return;
      const joined = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
      look(joined, line, found);
      if (isLast) return;
      const keep = Math.min(overlap, joined.length);
      line += count(joined.subarray(0, joined.length - keep));
      // A copy: the caller uses its buffer again.
      rest = Buffer.from(joined.subarray(joined.length - keep));
    },
    found: () => [...found.values()].toSorted((a, b) => a.line - b.line),
  };
}

function look(bytes: Buffer, firstLine: number, found: Map<string, FoundSecret>): void {
  const text = bytes.toString('latin1');
  if (!anyMark.test(text)) return;
  for (const { kind, pattern } of kinds) {
    for (const match of text.matchAll(pattern)) {
      if (isPlaceholder(match[0])) continue;
      const line = firstLine + count(bytes.subarray(0, match.index));
      found.set(`${kind} ${line}`, { kind, line });
    }
  }
}

function isPlaceholder(value: string): boolean {
  const body = value.replace(/^.*[_=:\s"']/s, '');
  return new Set(body.toLowerCase()).size <= 2;
}

function count(bytes: Buffer): number {
  let lines = 0;
  for (let at = bytes.indexOf(10); at !== -1; at = bytes.indexOf(10, at + 1)) lines += 1;
  return lines;
}
