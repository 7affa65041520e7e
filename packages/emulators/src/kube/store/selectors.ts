import type { KubeObject } from '../types.js';
import { badRequest } from '../api/status.js';

/** Says whether an object is meant. */
export type Matches = (object: KubeObject) => boolean;

/** What `labelSelector` and `fieldSelector` of a request mean together. */
export function parseSelectors(labels: string | null, fields: string | null): Matches {
  const requirements = [...splitOutside(labels ?? '').map(labelRequirement), ...splitOutside(fields ?? '').map(field)];
  return (object) => requirements.every((holds) => holds(object));
}

/** Equality- and set-based requirements (Kubernetes documentation, "Labels and Selectors"). */
function labelRequirement(text: string): Matches {
  const sets = /^(\S+)\s+(in|notin)\s*\(([^)]*)\)$/.exec(text);
  if (sets) {
    const [, key = '', word, list = ''] = sets;
    const values = new Set(list.split(',').map((value) => value.trim()));
    return (object) => {
      const value = labelOf(object, key);
      return word === 'in' ? value !== undefined && values.has(value) : value === undefined || !values.has(value);
    };
  }
  const equality = /^([^\s=!]+)\s*(==|=|!=)\s*(\S*)$/.exec(text);
  if (equality) {
    const [, key = '', operator, value = ''] = equality;
    return (object) => (labelOf(object, key) === value) === (operator !== '!=');
  }
  const existence = /^(!?)\s*([^\s=!(),]+)$/.exec(text);
  if (!existence) throw badRequest(`unable to parse requirement: ${text}`);
  const [, negated, key = ''] = existence;
  return (object) => (labelOf(object, key) === undefined) === (negated === '!');
}

/** `PATH=VALUE`, `PATH==VALUE` or `PATH!=VALUE`, over any field. */
function field(text: string): Matches {
  const [, path = '', operator, value = ''] = /^([^=!]+)(==|=|!=)(.*)$/.exec(text) ?? [];
  if (!operator) throw badRequest(`invalid selector: '${text}'; can't understand '${text}'`);
  return (object) => (fieldOf(object, path) === value) === (operator !== '!=');
}

/** Commas within parentheses do not separate. */
function splitOutside(text: string): string[] {
  return text
    .split(/,(?![^(]*\))/)
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

function labelOf(object: KubeObject, key: string): string | undefined {
  return object.metadata.labels?.[key];
}

function fieldOf(object: KubeObject, path: string): string {
  let value: unknown = object;
  for (const part of path.split('.')) value = (value as Record<string, unknown> | undefined | null)?.[part];
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}
