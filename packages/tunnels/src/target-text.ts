import type { Forwarding } from './providers/provider.js';
import type { Target } from './spec.js';

/** A target in words: `db:5432`, `[2001:db8::1]:80`, `/run/app.sock`. */
export function targetText(target: Target): string {
  if ('path' in target) return target.path;
  return `${target.host.includes(':') ? `[${target.host}]` : target.host}:${target.port}`;
}

/** What tunnels lead to, in words. */
export function targetsText(forwards: readonly Forwarding[]): string {
  return forwards.map(({ to }) => targetText(to)).join(', ');
}
