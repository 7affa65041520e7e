import type { TunnelSpec, Via } from '../spec.js';

/** Tunnels of one set with the same way share one link: this is what it is known by. */
export function linkKey(set: string, via: Via): string {
  return JSON.stringify([set, sorted(via)]);
}

/** Whether two tunnels are the same in all that was decided. */
export function isSameTunnel(one: TunnelSpec, other: TunnelSpec): boolean {
  return JSON.stringify(sorted(one)) === JSON.stringify(sorted(other));
}

/** Whether one tunnel does what the other was to do, whatever it is called. */
export function isEqualTunnel(one: TunnelSpec, other: TunnelSpec): boolean {
  const essence = ({ via, to, local }: TunnelSpec): string => JSON.stringify(sorted({ via, to, local }));
  return essence(one) === essence(other);
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([key, item]) => [key, sorted(item)]));
}
