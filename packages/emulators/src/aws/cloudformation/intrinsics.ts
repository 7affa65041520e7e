import { invalid, type Template, type Value } from './template.js';
import { textOf } from '../text.js';

/** What functions of a template are worked out with. */
export interface Scope {
  readonly template: Template;
  /** Parameters, lists as lists. */
  readonly parameters: Readonly<Record<string, string | readonly string[]>>;
  /** `AWS::Region` and its like. */
  readonly pseudo: Readonly<Record<string, string | readonly string[]>>;
  /** What Ref says of a resource. */
  ref(logicalId: string): Value;
  attribute(logicalId: string, name: string): Value;
}

/** Stands for `AWS::NoValue` until it is taken out. */
const nothing = Symbol('AWS::NoValue');
type Worked = Value | typeof nothing;

/** Works a value out. @throws AwsError ValidationError for a function that is wrong or unknown */
export function resolve(value: Value, scope: Scope): Value {
  const worked = work(value, scope);
  return worked === nothing ? null : worked;
}

/** Whether a condition holds. */
export function holds(name: string, scope: Scope): boolean {
  const condition = scope.template.Conditions[name];
  if (condition === undefined) throw invalid(`Template error: unresolved condition dependency ${name}`);
  return isTrue(condition, scope);
}

/** A condition's function, or a condition by name. */
export function isTrue(value: Value, scope: Scope): boolean {
  return work(value, scope) === true;
}

function work(value: Value, scope: Scope): Worked {
  if (Array.isArray(value)) {
    return value.map((one) => work(one as Value, scope)).filter((one) => one !== nothing) as readonly Value[];
  }
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value as Readonly<Record<string, Value>>);
  const [only] = entries;
  if (entries.length === 1 && only !== undefined) {
    const [name, argument] = only;
    if (name === 'Ref') return reference(textOf(argument), scope);
    if (name === 'Condition' && typeof argument === 'string') return holds(argument, scope);
    const run = functions[name];
    if (run !== undefined) return run(argument, scope);
    if (name.startsWith('Fn::')) throw invalid(`Template error: the emulator does not know the function ${name}`);
  }
  return Object.fromEntries(
    entries.map(([name, one]) => [name, work(one, scope)] as const).filter(([, one]) => one !== nothing),
  ) as Value;
}

function reference(name: string, scope: Scope): Worked {
  if (name === 'AWS::NoValue') return nothing;
  const known = scope.pseudo[name] ?? scope.parameters[name];
  if (known !== undefined) return known;
  if (name in scope.template.Resources) return scope.ref(name);
  throw invalid(`Template error: Unresolved reference ${name}`);
}

const functions: Readonly<Record<string, (argument: Value, scope: Scope) => Worked>> = {
  'Fn::GetAtt': (argument, scope) => {
    const [id = '', ...path] = Array.isArray(argument) ? argument.map(String) : textOf(argument).split('.');
    return scope.attribute(id, path.join('.'));
  },
  'Fn::Sub': (argument, scope) => {
    const [text, extra] = Array.isArray(argument)
      ? [String(argument[0]), work(argument[1] as Value, scope) as Readonly<Record<string, Value>>]
      : [textOf(argument), {}];
    return text.replaceAll(/\$\{(!?)([^}]*)\}/gu, (_all, escaped: string, name: string) => {
      if (escaped !== '') return `\${${name}}`;
      if (name in extra) return textOf(extra[name]);
      const [id = '', ...path] = name.split('.');
      return textOf(path.length === 0 ? reference(id, scope) : scope.attribute(id, path.join('.')));
    });
  },
  'Fn::Join': (argument, scope) => {
    const [separator, list] = items(argument, scope, 'Fn::Join', 2);
    return (list as readonly Value[]).map(String).join(textOf(separator));
  },
  'Fn::Select': (argument, scope) => {
    const [index, list] = items(argument, scope, 'Fn::Select', 2);
    const chosen = (list as readonly Value[])[Number(index)];
    if (chosen === undefined) throw invalid('Template error: Fn::Select cannot select nonexistent value at index');
    return chosen;
  },
  'Fn::Split': (argument, scope) => {
    const [separator, text] = items(argument, scope, 'Fn::Split', 2);
    return textOf(text).split(textOf(separator));
  },
  'Fn::If': (argument, scope) => {
    const [condition, yes, no] = argument as readonly Value[];
    return work((holds(textOf(condition), scope) ? yes : no) ?? null, scope);
  },
  'Fn::Equals': (argument, scope) => {
    const [left, right] = items(argument, scope, 'Fn::Equals', 2);
    return textOf(left) === textOf(right);
  },
  'Fn::And': (argument, scope) => (argument as readonly Value[]).every((one) => isTrue(one, scope)),
  'Fn::Or': (argument, scope) => (argument as readonly Value[]).some((one) => isTrue(one, scope)),
  'Fn::Not': (argument, scope) => !isTrue((argument as readonly Value[])[0] ?? null, scope),
  'Fn::Contains': (argument, scope) => {
    const [list, text] = items(argument, scope, 'Fn::Contains', 2);
    return (list as readonly Value[]).map(String).includes(textOf(text));
  },
  'Fn::GetAZs': (_argument, scope) => ['a', 'b', 'c'].map((zone) => `${String(scope.pseudo['AWS::Region'])}${zone}`),
  'Fn::FindInMap': (argument, scope) => {
    const [map, first, second] = items(argument, scope, 'Fn::FindInMap', 3);
    const found = (scope.template.Mappings[textOf(map)] as Record<string, Record<string, Value>> | undefined)?.[
      textOf(first)
    ]?.[textOf(second)];
    if (found === undefined)
      throw invalid(`Template error: Unable to get mapping for ${[map, first, second].map(textOf).join('::')}`);
    return found;
  },
  'Fn::Base64': (argument, scope) => Buffer.from(textOf(work(argument, scope))).toString('base64'),
};

function items(argument: Value, scope: Scope, name: string, count: number): readonly Value[] {
  const worked = work(argument, scope);
  if (!Array.isArray(worked) || worked.length !== count) {
    throw invalid(`Template error: every ${name} object requires ${count} parameters`);
  }
  return worked as readonly Value[];
}
