import { TomlDate } from 'smol-toml';
import type { PlainPath } from './codec.js';

/** A value as it is written behind '=', in one line; `undefined` when TOML has no notation for it, as for null. */
export function renderToml(value: unknown): string | undefined {
  if (typeof value === 'string') return renderString(value);
  if (typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  if (typeof value === 'number') return renderNumber(value);
  if (value instanceof TomlDate || value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return wrap('[', value.map(renderToml), ']');
  if (typeof value !== 'object' || value === null) return undefined;
  const entries = Object.entries(value).map(([key, part]) => {
    const rendered = renderToml(part);
    return rendered === undefined ? undefined : renderEntry([key], rendered);
  });
  return entries.length === 0 ? '{}' : wrap('{ ', entries, ' }');
}

/** One line: key and value. */
export function renderEntry(keys: PlainPath, rendered: string): string {
  return `${renderKeys(keys)} = ${rendered}`;
}

/** A dotted key; parts that are not bare words are quoted. */
export function renderKeys(keys: PlainPath): string {
  return keys.map((key) => (/^[\w-]+$/.test(String(key)) ? key : renderString(String(key)))).join('.');
}

function wrap(open: string, parts: readonly (string | undefined)[], close: string): string | undefined {
  return parts.includes(undefined) ? undefined : `${open}${parts.join(', ')}${close}`;
}

/** A TOML basic string is a JSON string, but for the one control character that JSON lets pass. */
function renderString(value: string): string {
  return JSON.stringify(value).replaceAll('\u007F', String.raw`\u007F`);
}

function renderNumber(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  const text = Object.is(value, -0) ? '-0.0' : String(value);
  return Number.isInteger(value) && !Number.isSafeInteger(value) && /^-?\d+$/.test(text) ? `${text}.0` : text;
}
