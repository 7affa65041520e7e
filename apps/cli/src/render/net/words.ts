import type { Target, TunnelStatus } from '@hawser/tunnels';

/** Where a tunnel listens, as programs are told: `127.0.0.1:4200`. */
export function addressOf({ hosts, port, path }: TunnelStatus['local']): string {
  if (path !== undefined) return path;
  const host = hosts[0] ?? '127.0.0.1';
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** What a tunnel leads to. */
export function targetOf(target: Target): string {
  if ('path' in target) return `unix:${target.path}`;
  return `${target.host.includes(':') ? `[${target.host}]` : target.host}:${target.port}`;
}

/** Bytes in three digits or so: `0 B`, `950 B`, `1.2 kB`, `34 MB`. */
export function sizeOf(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let size = bytes;
  let unit = 0;
  // 999.95 would be shown as 1000.
  while (size >= 999.5 && unit < units.length - 1) {
    size /= 1000;
    unit += 1;
  }
  return `${unit === 0 || size >= 9.95 ? Math.round(size) : size.toFixed(1)} ${units[unit]}`;
}
