import { isIP } from 'node:net';
import type { Target } from '../spec.js';

const unitsMs: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 };
/** What a timer of Node can wait, to the day. */
const longestMs = 24 * 24 * 3_600_000;

/** Milliseconds of `90s`, `1h30m`, `500ms`; undefined for anything else, for nothing, and for more than 24 days. */
export function readDuration(text: string): number | undefined {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|h|m|s)/g)];
  if (parts.map(([part]) => part).join('') !== text) return undefined;
  const total = Math.round(parts.reduce((sum, [, count, unit]) => sum + Number(count) * (unitsMs[unit ?? ''] ?? 0), 0));
  return total >= 1 && total <= longestMs ? total : undefined;
}

/** `HOST:PORT`, `[IPv6]:PORT` or `unix:/PATH`; undefined for anything else. */
export function readTarget(text: string): Target | undefined {
  if (text.startsWith('unix:/')) return { path: text.slice('unix:'.length) };
  const found = /^(?:\[([^\]]+)\]|([^[\]:\s]+)):(\d{1,5})$/.exec(text);
  if (!found) return undefined;
  const [, v6, name = '', digits] = found;
  const port = Number(digits);
  if (port < 1 || port > 65_535) return undefined;
  if (v6 !== undefined) return isIP(v6) === 6 ? { host: v6, port } : undefined;
  return name.startsWith('-') ? undefined : { host: name, port };
}

/** Whether only this machine reaches it. */
export function isLoopback(host: string): boolean {
  if (host === 'localhost' || host === '::1') return true;
  if (isIP(host) === 4) return host.startsWith('127.');
  return /^(?:0{0,4}:)*(?::|0{0,4}:)(?:0{0,3}1|ffff:127\.[0-9.]+)$/i.test(host) && isIP(host) === 6;
}
