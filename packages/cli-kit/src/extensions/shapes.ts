import type { ExtensionPoints } from './points.js';

/** What a value must be: one of these, and with `?` it may also be absent. */
type Kind = 'string' | 'function' | 'object' | 'array';
type Wanted = Kind | `${Kind}?`;

/** What an extension of each point must have; the rest is checked by TypeScript where its author uses it. */
const shapes: { readonly [P in keyof ExtensionPoints]: Readonly<Record<string, Wanted>> } = {
  'doctor-check': {
    id: 'string',
    title: 'string',
    topic: 'string',
    neededFor: 'string',
    look: 'function',
    mend: 'function?',
  },
  'receipt-verifier': { kinds: 'array', verify: 'function', recognizes: 'function?' },
  'tunnel-provider': { schema: 'object', open: 'function', describe: 'function?' },
  'exec-runner': { label: 'string', note: 'string', wrap: 'function' },
  'session-source': { fetch: 'function' },
  'hf-rule': { asks: 'string', check: 'function' },
  'hf-template': { summary: 'string', files: 'function' },
};

/** Says what keeps a value from being an extension of that point, in the words of its author; undefined: nothing. */
export function misshapen(point: keyof ExtensionPoints, value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return "exports no object named 'extension'";
  const wrong = Object.entries(shapes[point])
    .filter(([field, wanted]) => !fits((value as Record<string, unknown>)[field], wanted))
    .map(([field, wanted]) => `'${field}' (${wanted.replace('?', ', or nothing')})`);
  return wrong.length > 0 ? `exports an 'extension' without ${wrong.join(', ')}` : undefined;
}

function fits(value: unknown, wanted: Wanted): boolean {
  if (wanted.endsWith('?') && value === undefined) return true;
  const kind = wanted.replace('?', '');
  return kind === 'array' ? Array.isArray(value) : typeof value === kind && value !== null;
}
