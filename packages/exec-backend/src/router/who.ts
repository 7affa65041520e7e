import type { Caller } from '../ports.js';

/** What a caller is called in locks and in the audit log. */
export function nameOf({ name, arn, keyId }: Caller): string {
  return name ?? arn ?? keyId ?? 'unknown';
}
