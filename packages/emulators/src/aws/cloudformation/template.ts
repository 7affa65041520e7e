import { parse as parseYaml, type ScalarTag, type Tags } from 'yaml';
import { AwsError } from '../../ssm/api/aws-error.js';
import { textOf } from '../text.js';

/** A value of a template: JSON. */
export type Value = null | string | number | boolean | readonly Value[] | { readonly [name: string]: Value };

/** One resource as the template has it. */
export interface TemplateResource {
  readonly Type: string;
  readonly Condition?: string;
  readonly DependsOn?: string | readonly string[];
  readonly DeletionPolicy?: 'Delete' | 'Retain' | 'RetainExceptOnCreate' | 'Snapshot';
  readonly UpdateReplacePolicy?: string;
  readonly Properties?: Readonly<Record<string, Value>>;
}

/** One parameter as the template has it. */
export interface TemplateParameter {
  readonly Type: string;
  readonly Default?: string | number;
  readonly Description?: string;
  readonly NoEcho?: boolean | string;
  readonly AllowedValues?: readonly (string | number)[];
  readonly AllowedPattern?: string;
  readonly ConstraintDescription?: string;
  readonly MinLength?: number | string;
  readonly MaxLength?: number | string;
  readonly MinValue?: number | string;
  readonly MaxValue?: number | string;
}

/** A template, read. */
export interface Template {
  readonly body: string;
  readonly Description?: string;
  readonly Parameters: Readonly<Record<string, TemplateParameter>>;
  readonly Rules: Readonly<Record<string, Value>>;
  readonly Mappings: Readonly<Record<string, Value>>;
  readonly Conditions: Readonly<Record<string, Value>>;
  readonly Resources: Readonly<Record<string, TemplateResource>>;
  readonly Outputs: Readonly<Record<string, Readonly<Record<string, Value>>>>;
}

/** Bytes that the body of a request may have. @see CreateStack, `TemplateBody` */
const maxBodyBytes = 51_200;
const sections: ReadonlySet<string> = new Set([
  'AWSTemplateFormatVersion',
  'Description',
  'Metadata',
  'Parameters',
  'Rules',
  'Mappings',
  'Conditions',
  'Resources',
  'Outputs',
]);

/** Reads a template, JSON or YAML. @throws AwsError ValidationError */
export function parseTemplate(body: string, isKnownType: (type: string) => boolean): Template {
  if (Buffer.byteLength(body) > maxBodyBytes) {
    throw invalid(
      `1 validation error detected: Value at 'templateBody' failed to satisfy constraint: Member must have length less than or equal to ${maxBodyBytes}`,
    );
  }
  const document = read(body);
  const unknown = Object.keys(document).filter((name) => !sections.has(name));
  if (unknown.length > 0) throw invalid(`Invalid template property or properties [${unknown.join(', ')}]`);
  const resources = (document['Resources'] ?? {}) as Template['Resources'];
  if (Object.keys(resources).length === 0) {
    throw invalid('Template format error: At least one Resources member must be defined.');
  }
  const types = new Set(
    Object.entries(resources).flatMap(([id, { Type }]) => {
      if (!/^[A-Za-z0-9]{1,255}$/u.test(id)) {
        throw invalid(`Template format error: Resource name ${id} is non alphanumeric.`);
      }
      return isKnownType(Type) ? [] : [Type];
    }),
  );
  if (types.size > 0) throw invalid(`Template format error: Unrecognized resource types: [${[...types].join(', ')}]`);
  const template: Template = {
    body,
    ...(document['Description'] === undefined ? {} : { Description: textOf(document['Description']) }),
    Parameters: (document['Parameters'] ?? {}) as Template['Parameters'],
    Rules: (document['Rules'] ?? {}) as Template['Rules'],
    Mappings: (document['Mappings'] ?? {}) as Template['Mappings'],
    Conditions: (document['Conditions'] ?? {}) as Template['Conditions'],
    Resources: resources,
    Outputs: (document['Outputs'] ?? {}) as Template['Outputs'],
  };
  checkReferences(template);
  return template;
}

/** The error for all that is wrong with a request. */
export function invalid(message: string): AwsError {
  return new AwsError('ValidationError', message);
}

function read(body: string): Readonly<Record<string, unknown>> {
  let document: unknown;
  try {
    document = body.trimStart().startsWith('{') ? JSON.parse(body) : parseYaml(body, { customTags: shortForms });
  } catch (error) {
    throw invalid(`Template format error: ${(error as Error).message.split('\n')[0]}`);
  }
  if (typeof document !== 'object' || document === null || Array.isArray(document)) {
    throw invalid('Template format error: unsupported structure.');
  }
  return document as Readonly<Record<string, unknown>>;
}

/** `!Ref x` and its like, which stand for `{ Ref: x }`. */
const shortForms: Tags = [
  'Ref',
  'Condition',
  'GetAtt',
  'Sub',
  'Join',
  'Select',
  'Split',
  'If',
  'Equals',
  'And',
  'Or',
  'Not',
]
  .concat(['GetAZs', 'FindInMap', 'Base64'])
  .flatMap((name) => {
    const key = name === 'Ref' || name === 'Condition' ? name : `Fn::${name}`;
    const tag = `!${name}`;
    return [
      { tag, resolve: (text: string) => ({ [key]: text }) } satisfies ScalarTag,
      {
        tag,
        collection: 'seq' as const,
        resolve: (list: unknown) => ({ [key]: (list as { toJSON(): Value }).toJSON() }),
      },
      {
        tag,
        collection: 'map' as const,
        resolve: (map: unknown) => ({ [key]: (map as { toJSON(): Value }).toJSON() }),
      },
    ] as Tags;
  });

/** What a value refers to by Ref, GetAtt and Sub. */
export function referencesOf(value: Value | undefined): ReadonlySet<string> {
  const found = new Set<string>();
  const look = (at: Value | undefined): void => {
    if (Array.isArray(at)) {
      for (const one of at) look(one as Value);
    } else if (typeof at === 'object' && at !== null) {
      for (const [name, one] of Object.entries(at as Readonly<Record<string, Value>>)) {
        if (name === 'Ref' && typeof one === 'string') found.add(one);
        else if (name === 'Fn::GetAtt') found.add((Array.isArray(one) ? String(one[0]) : textOf(one)).split('.')[0]!);
        else if (name === 'Fn::Sub') {
          const [text, extra] = Array.isArray(one)
            ? [String(one[0]), one[1] as Record<string, Value>]
            : [textOf(one), {}];
          for (const [, variable = ''] of text.matchAll(/\$\{([^!}][^}]*)\}/gu)) {
            if (!(variable in extra)) found.add(variable.split('.')[0]!);
          }
          look(extra);
        } else look(one);
      }
    }
  };
  look(value);
  return found;
}

function checkReferences(template: Template): void {
  const known = (name: string): boolean =>
    name.startsWith('AWS::') || name in template.Parameters || name in template.Resources;
  const missing = new Set<string>();
  for (const { Properties, DependsOn } of Object.values(template.Resources)) {
    for (const name of referencesOf(Properties)) if (!known(name)) missing.add(name);
    for (const name of [DependsOn ?? []].flat()) if (!(name in template.Resources)) missing.add(name);
  }
  for (const output of Object.values(template.Outputs)) {
    for (const name of referencesOf(output)) if (!known(name)) missing.add(name);
  }
  if (missing.size > 0) {
    throw invalid(
      `Template format error: Unresolved resource dependencies [${[...missing].join(', ')}] in the Resources block of the template`,
    );
  }
}
