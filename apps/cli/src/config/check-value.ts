import type { SettingKind } from './setting.js';

/** A JSON Schema of draft 2020-12, or a part of one. */
export type Schema = Readonly<Record<string, unknown>>;

const longest = 2048;

/** The JSON Schema of a value of this kind, in a file. */
export function schemaOfValue(value: SettingKind): Schema {
  switch (value.kind) {
    case 'url':
      return { type: 'string', pattern: '^https?://[^\\s]+$', maxLength: longest };
    case 'port':
      return { type: 'integer', minimum: 1, maximum: 65_535 };
    case 'number':
      return { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER };
    case 'switch':
      return { type: 'boolean' };
    case 'choice':
      return { enum: value.options };
    default:
      // No leading dash: programs would take it for an option.
      return { type: 'string', pattern: '^[^-\\u0000-\\u0020\\u007f][^\\u0000-\\u001f\\u007f]*$', maxLength: longest };
  }
}

/** What is wrong with a value that stands in a file; `undefined` when it fits {@link schemaOfValue}. */
export function faultOf(value: unknown, kind: SettingKind): string | undefined {
  const { pattern, minimum, maximum } = schemaOfValue(kind) as { pattern?: string; minimum?: number; maximum?: number };
  if (kind.kind === 'choice') {
    return kind.options.some((option) => option === value) ? undefined : `may be ${kind.options.join(', ')}`;
  }
  if (kind.kind === 'switch') return typeof value === 'boolean' ? undefined : 'may be true or false';
  if (kind.kind === 'port' || kind.kind === 'number') {
    const fits = Number.isInteger(value) && (value as number) >= minimum! && (value as number) <= maximum!;
    if (fits) return undefined;
    return kind.kind === 'port' ? `may be a port from ${minimum} to ${maximum}` : 'may be a number';
  }
  const fits = typeof value === 'string' && value.length <= longest && new RegExp(pattern!).test(value);
  if (fits) return undefined;
  return kind.kind === 'url' ? 'may be an address that begins with https:// or http://' : 'may be a text of one line';
}

/** A typed text as the value that a file holds: `5000` is a number where a port is meant. */
export function valueOfText(text: string, { kind }: SettingKind): unknown {
  if ((kind === 'port' || kind === 'number') && /^\d+$/.test(text)) return Number(text);
  if (kind === 'switch' && (text === 'true' || text === 'false')) return text === 'true';
  return text;
}
