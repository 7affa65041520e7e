import { goJsonError } from './go-json.js';
import { type Given, valueOptions } from './own-form.js';

const textFields: ReadonlySet<string> = new Set(Object.values(valueOptions));

/**
 * Reads the JSON of our own form; member names in any case. Members the plugin does not know, such as
 * `ResponseMetadata`, are ignored.
 */
export function readMembers(json: string): { readonly given: Given; readonly problems: readonly string[] } {
  // Node's own message would quote the text, token and all.
  const malformed = goJsonError(json);
  if (malformed !== undefined) return { given: {}, problems: [`Error parsing JSON input: ${malformed}`] };
  const parsed: unknown = JSON.parse(json);
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    return { given: {}, problems: ['Error parsing JSON input: it is no object'] };
  }
  const given: Record<string, string | boolean> = {};
  const problems: string[] = [];
  for (const [key, value] of Object.entries(parsed)) {
    const name = [...textFields, 'verbose'].find((field) => field.toLowerCase() === key.toLowerCase());
    if (name === undefined || value === null) continue;
    const wanted = name === 'verbose' ? 'boolean' : 'string';
    if (typeof value === wanted) given[name] = value as string | boolean;
    else if (name === 'parameters' && typeof value === 'object') given[name] = JSON.stringify(value);
    else problems.push(`${name} must be a ${wanted}`);
  }
  return { given, problems };
}
