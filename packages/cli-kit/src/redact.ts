import { redacted } from './secret.js';

/**
 * Token shapes that are secret wherever they stand. Each has a prefix or a surrounding that no ordinary text has; where
 * there is a first group, it is kept and the rest goes.
 */
const shapes: readonly RegExp[] = [
  // AWS: session tokens begin with the base64 of their header; a Session Manager token with that of its version.
  /\b(?:IQoJb3JpZ2lu|FwoGZXIvYXdz|FQoGZXIvYXdz)[A-Za-z0-9+/=_%-]{20,}/g,
  /\bAAEAA[A-Za-z0-9+/=_-]{40,}/g,
  // AWS: values that stand behind their own name, in JSON, INI files, query strings and headers.
  /((?:aws_?)?(?:secret_?access_?key|session_?token|security_?token|token_?value)["']?\s*[:=]\s*["']?)[^\s"'&,;}]{8,}/gi,
  /(X-Amz-(?:Security-Token|Signature|Credential)["']?\s*[:=]\s*["']?)[^\s"'&,;}]+/gi,
  /(\bSignature=)[0-9a-f]{64}\b/g,
  // EKS: the presigned request that a cluster takes for an identity.
  /\bk8s-aws-v1\.[A-Za-z0-9_-]{20,}/g,
  // Others: JSON web tokens, GitHub, Hugging Face, bearer headers, passwords in addresses, private keys.
  /\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}/g,
  /\b(?:gh[oprsu]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{30,})/g,
  /\bhf_[A-Za-z0-9]{30,}/g,
  /(\b(?:Bearer|Basic)\s+)[A-Za-z0-9._~+/=-]{16,}/g,
  /(\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@]*:)[^\s/@]+(?=@)/gi,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g,
];

/** Members whose values are secrets, in objects on their way to JSON. */
const secretMembers =
  /^(?:aws_?)?(?:secret_?access_?key|session_?token|security_?token|token_?value|password|authorization)$/i;

/** Environment variables whose values are secrets. */
const secretVariables = /(?:SECRET|TOKEN|PASSWORD|PASSWD|API_?KEY|PRIVATE_?KEY)/i;

/** Values shorter than this are too likely to be ordinary words to be hunted through the output. */
const shortestSecret = 16;

/** Takes secrets out of everything that is shown: renderers, logs and `--debug` pass through one of these. */
export interface Redactor {
  /** The text without known secrets and token shapes. */
  text(text: string): string;
  /** The same for every string inside a value on its way to JSON. */
  value(value: unknown): unknown;
  /** From now on this value is secret. */
  hide(value: string): void;
  /** This value is meant for the reader, though it may look secret: the key of an emulator. */
  show(value: string): void;
}

/** Makes a redactor that knows the token shapes and the secrets of the given environment. */
export function createRedactor(environment: Readonly<Record<string, string | undefined>> = {}): Redactor {
  const secrets = new Set<string>();
  const shown = new Set<string>();
  for (const [name, value] of Object.entries(environment)) {
    if (value !== undefined && value.length >= shortestSecret && secretVariables.test(name)) secrets.add(value);
  }

  const text = (original: string): string => {
    let clean = original;
    for (const secret of secrets) clean = clean.replaceAll(secret, redacted);
    for (const shape of shapes) {
      clean = clean.replace(shape, (...match: unknown[]) => {
        const [whole, kept] = [String(match[0]), keep(match)];
        return shown.has(whole.slice(kept.length)) ? whole : kept + redacted;
      });
    }
    return clean;
  };
  const value = (original: unknown): unknown => {
    if (typeof original === 'string') return text(original);
    if (typeof original !== 'object' || original === null) return original;
    if ('toJSON' in original && typeof original.toJSON === 'function') return value(original.toJSON());
    if (Array.isArray(original)) return original.map(value);
    return Object.fromEntries(
      Object.entries(original).map(([key, inner]) => [
        text(key),
        secretMembers.test(key) && typeof inner === 'string' && !shown.has(inner) ? redacted : value(inner),
      ]),
    );
  };
  return {
    text,
    value,
    hide: (secret) => void (secret.length > 0 && secrets.add(secret)),
    show: (plain) => {
      secrets.delete(plain);
      shown.add(plain);
    },
  };
}

/** The first group of a shape, where it has one: `String.replace` passes groups between the match and its offset. */
function keep(match: readonly unknown[]): string {
  return typeof match[1] === 'string' ? match[1] : '';
}
