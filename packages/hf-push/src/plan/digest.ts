import { createHash } from 'node:crypto';
import type { Staged } from '../tree/types.js';
import type { Plan } from './types.js';

/** `sha256:` over a value as JSON whose object members are sorted; members that are undefined do not count. */
export function digestOf(value: unknown): string {
  return `sha256:${createHash('sha256').update(canonical(value)).digest('hex')}`;
}

/** What is pushed: the same wherever it comes from and goes to. */
export function contentsDigest({
  files,
  settings,
}: Pick<Plan, 'settings'> & { readonly files: Staged['files'] }): string {
  return digestOf({ files: files.map(({ path, oid, size }) => [path, oid, size]), settings });
}

/** The digest that a plan must carry. */
export function planDigest(plan: Omit<Plan, 'digest'> & { readonly digest?: string }): string {
  return digestOf({ ...plan, digest: undefined });
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => `${JSON.stringify(key)}:${canonical(member)}`);
  return `{${members.join(',')}}`;
}
