import { ApiStatus } from '../api/status.js';
import type { Kind } from '../store/kinds.js';
import { apiVersionOf } from '../store/kinds.js';
import type { KubeObject } from '../types.js';
import { fieldTable } from './fields.generated.js';

let parsed: ReadonlyMap<string, ReadonlyMap<string, string>> | undefined;

/** Types by name, with the type of each field. */
function types(): ReadonlyMap<string, ReadonlyMap<string, string>> {
  return (parsed ??= new Map(
    fieldTable
      .trim()
      .split('\n')
      .map((line) => {
        const [name = '', ...fields] = line.split(' ');
        const pairs = fields.map((field) => field.split(':') as [string, string]);
        return [name, new Map(pairs)] as const;
      }),
  ));
}

/** Whether the fields of a kind are known here. */
export function hasFields(kind: Kind): boolean {
  const isKubernetes = !kind.group.includes('.') || kind.group.endsWith('.k8s.io');
  return isKubernetes && kind.version === 'v1' && types().has(`V1${kind.kind}`);
}

/**
 * An object without the fields that its kind does not have, as a server keeps it; with `isStrict` they are refused
 * (`fieldValidation=Strict`). What is of another type is refused in any case. Kinds of custom resources take everything.
 */
export function knownFields(kind: Kind, object: KubeObject, isStrict: boolean): KubeObject {
  if (!hasFields(kind)) return object;
  const unknown: string[] = [];
  const said = (why: string): ApiStatus => {
    const where = `${kind.kind} in version "${apiVersionOf(kind).split('/').at(-1) ?? ''}"`;
    return new ApiStatus(400, 'BadRequest', `${where} cannot be handled as a ${kind.kind}: ${why}`);
  };
  const take = (value: unknown, wanted: string, path: string): unknown => {
    if (value === null || wanted === '*') return value;
    const mismatch = (of: string): ApiStatus =>
      said(`json: cannot unmarshal ${jsonName(value)} into Go struct field ${kind.kind}.${path} of type ${of}`);
    if (wanted.startsWith('[')) {
      if (!Array.isArray(value)) throw mismatch('[]');
      return value.map((one, index) => take(one, wanted.slice(1), `${path}[${index}]`));
    }
    if (wanted in scalars) {
      const [of = '', name = ''] = scalars[wanted] ?? [];
      if (typeof value !== of) throw mismatch(name);
      return value;
    }
    if (typeof value !== 'object' || Array.isArray(value)) throw mismatch(wanted.startsWith('{') ? 'map' : wanted);
    const entries = Object.entries(value);
    if (wanted.startsWith('{')) {
      return Object.fromEntries(entries.map(([key, one]) => [key, take(one, wanted.slice(1), `${path}.${key}`)]));
    }
    const fields = types().get(wanted);
    return Object.fromEntries(
      entries.flatMap(([key, one]) => {
        const at = path === '' ? key : `${path}.${key}`;
        const of = fields?.get(key);
        if (of !== undefined) return [[key, take(one, of, at)]];
        unknown.push(`unknown field "${at}"`);
        return [];
      }),
    );
  };
  const taken = take(object, `V1${kind.kind}`, '') as KubeObject;
  if (isStrict && unknown.length > 0) throw said(`strict decoding error: ${unknown.join(', ')}`);
  return taken;
}

/** By letter of the table: what JavaScript calls it, and what the server does. */
const scalars: Readonly<Record<string, readonly [string, string]>> = {
  s: ['string', 'string'],
  n: ['number', 'int32'],
  b: ['boolean', 'bool'],
};

function jsonName(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}
