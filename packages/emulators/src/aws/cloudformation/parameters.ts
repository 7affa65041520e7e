import { isTrue, type Scope } from './intrinsics.js';
import { invalid, type Template, type TemplateParameter, type Value } from './template.js';
import { textOf } from '../text.js';

/** Values of a stack's parameters, as text. */
export type ParameterValues = Readonly<Record<string, string>>;

/** Values by what was given, what the stack had before, and defaults. @throws AwsError ValidationError */
export function chooseParameters(
  template: Template,
  given: readonly Readonly<Record<string, unknown>>[],
  previous: ParameterValues,
): ParameterValues {
  const asked = new Map(given.map((one) => [String(one['ParameterKey']), one]));
  const strangers = [...asked.keys()].filter((name) => !(name in template.Parameters));
  if (strangers.length > 0) throw invalid(`Parameters: [${strangers.join(', ')}] do not exist in the template`);
  const values: Record<string, string> = {};
  const missing: string[] = [];
  for (const [name, parameter] of Object.entries(template.Parameters)) {
    const one = asked.get(name);
    const usesPrevious = one?.['UsePreviousValue'] === true || one?.['UsePreviousValue'] === 'true';
    const value = usesPrevious
      ? previous[name]
      : ((one?.['ParameterValue'] as string | undefined) ?? defaultOf(parameter));
    if (value === undefined) missing.push(name);
    else {
      check(name, parameter, value);
      values[name] = value;
    }
  }
  if (missing.length > 0) throw invalid(`Parameters: [${missing.join(', ')}] must have values`);
  return values;
}

function defaultOf(parameter: TemplateParameter): string | undefined {
  return parameter.Default === undefined ? undefined : String(parameter.Default);
}

/** Values as functions see them: lists are lists. */
export function parametersInScope(template: Template, values: ParameterValues): Scope['parameters'] {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      isList(template.Parameters[name]!.Type) ? value.split(',').map((one) => one.trim()) : value,
    ]),
  );
}

/** Holds the rules of a template. @throws AwsError ValidationError */
export function checkRules(scope: Scope): void {
  for (const rule of Object.values(scope.template.Rules) as readonly Readonly<Record<string, Value>>[]) {
    if (rule['RuleCondition'] !== undefined && !isTrue(rule['RuleCondition'], scope)) continue;
    for (const assertion of (rule['Assertions'] ?? []) as readonly Readonly<Record<string, Value>>[]) {
      if (!isTrue(assertion['Assert'] ?? false, scope)) {
        throw invalid(`Template error: ${textOf(assertion['AssertDescription'] ?? 'a rule does not hold')}`);
      }
    }
  }
}

function isList(type: string): boolean {
  return type === 'CommaDelimitedList' || type.startsWith('List<');
}

function check(name: string, parameter: TemplateParameter, value: string): void {
  const wrong = (why: string): never => {
    throw invalid(`Parameter '${name}' ${parameter.ConstraintDescription ?? why}`);
  };
  const each = isList(parameter.Type) ? value.split(',').map((one) => one.trim()) : [value];
  if (parameter.Type === 'Number' && (value.trim() === '' || !Number.isFinite(Number(value))))
    wrong('must be a number');
  if (parameter.AllowedValues && !each.every((one) => parameter.AllowedValues!.map(String).includes(one))) {
    wrong('must be one of AllowedValues');
  }
  const pattern = parameter.AllowedPattern;
  if (pattern !== undefined && !each.every((one) => new RegExp(`^(?:${pattern})$`, 'u').test(one))) {
    wrong(`must match pattern ${pattern}`);
  }
  if (parameter.MinLength !== undefined && value.length < Number(parameter.MinLength)) {
    wrong(`must contain at least ${parameter.MinLength} characters`);
  }
  if (parameter.MaxLength !== undefined && value.length > Number(parameter.MaxLength)) {
    wrong(`must contain at most ${parameter.MaxLength} characters`);
  }
  if (parameter.MinValue !== undefined && Number(value) < Number(parameter.MinValue)) {
    wrong(`must be a number not less than ${parameter.MinValue}`);
  }
  if (parameter.MaxValue !== undefined && Number(value) > Number(parameter.MaxValue)) {
    wrong(`must be a number not greater than ${parameter.MaxValue}`);
  }
}
