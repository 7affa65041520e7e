/** What a CloudFormation template is made of. */
export type Value = string | number | boolean | readonly Value[] | { readonly [key: string]: Value };

/** One resource of a template. */
export interface Resource {
  readonly Type: string;
  readonly Condition?: string;
  readonly DependsOn?: readonly string[];
  readonly DeletionPolicy?: 'Delete' | 'Retain' | 'RetainExceptOnCreate';
  readonly UpdateReplacePolicy?: 'Delete' | 'Retain';
  readonly Properties?: Readonly<Record<string, Value>>;
}

/** Resources by logical id. */
export type Resources = Readonly<Record<string, Resource>>;

export const ref = (name: string): Value => ({ Ref: name });
export const att = (name: string, attribute: string): Value => ({ 'Fn::GetAtt': [name, attribute] });
export const sub = (text: string): Value => ({ 'Fn::Sub': text });
export const when = (condition: string, yes: Value, no: Value): Value => ({ 'Fn::If': [condition, yes, no] });
export const join = (separator: string, list: Value): Value => ({ 'Fn::Join': [separator, list] });
export const equals = (one: Value, other: Value): Value => ({ 'Fn::Equals': [one, other] });
export const not = (condition: Value): Value => ({ 'Fn::Not': [condition] });
export const both = (one: string, other: string): Value => ({
  'Fn::And': [{ Condition: one }, { Condition: other }],
});

/** Leaves a property out where a condition says so. */
export const nothing: Value = ref('AWS::NoValue');

/** An ARN of this account and region. */
export const arn = (service: string, resource: string): Value =>
  sub(`arn:\${AWS::Partition}:${service}:\${AWS::Region}:\${AWS::AccountId}:${resource}`);
