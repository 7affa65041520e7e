import type { Json, ReceiptClaim } from '@hawser/receipts';

/** What a receipt states, each as a sentence: what its kind says of it in words, then every other field by its name. */
export function claimsOf(
  { body }: Pick<ReceiptClaim, 'body'>,
  sentences: readonly string[],
  told: readonly string[],
): readonly string[] {
  const rest = Object.entries(body).flatMap(([name, value]) => {
    const text = told.includes(name) ? '' : wordOf(value);
    return text === '' ? [] : [`${titleOf(name)}: ${text}.`];
  });
  return [...sentences, ...rest];
}

/** A value as words; nothing for what is not there. */
export function wordOf(value: Json | undefined): string {
  if (value === undefined || value === null) return '';
  if (isList(value)) return value.map(wordOf).join(', ');
  if (typeof value !== 'object') return String(value);
  return Object.entries(value)
    .flatMap(([name, inner]) => (inner === undefined || inner === null ? [] : [`${name} ${wordOf(inner)}`]))
    .join(', ');
}

/** A member of a field that is an object. */
export function member(value: Json | undefined, name: string): Json | undefined {
  return typeof value === 'object' && value !== null && !isList(value) ? value[name] : undefined;
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

function titleOf(name: string): string {
  return `${name.slice(0, 1).toUpperCase()}${name.slice(1).replaceAll('_', ' ')}`;
}
