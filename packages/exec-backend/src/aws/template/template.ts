import { stackNames } from '../names.js';
import { api } from './api.js';
import { cluster } from './cluster.js';
import { lambda } from './function.js';
import { logs } from './logs.js';
import { network } from './network.js';
import { outputs } from './outputs.js';
import { conditions, type Parameter, parameters, rules as checks } from './parameters.js';
import { roles } from './roles.js';
import { rules } from './rules.js';
import type { Resource, Value } from './syntax.js';
import { table } from './table.js';

/** A CloudFormation template. */
export interface Template {
  readonly AWSTemplateFormatVersion: '2010-09-09';
  readonly Description: string;
  readonly Parameters: Readonly<Record<string, Parameter>>;
  readonly Rules: Readonly<Record<string, Value>>;
  readonly Conditions: Readonly<Record<string, Value>>;
  readonly Resources: Readonly<Record<string, Resource>>;
  readonly Outputs: Readonly<Record<string, { readonly Value: Value }>>;
}

/** Bytes that CloudFormation takes in the body of a request; more would need a bucket. */
export const templateLimitBytes = 51_200;

/** The whole stack. `version` is the package's, and comes back as an output. */
export function makeTemplate({ version }: { readonly version: string }): Template {
  // CloudFormation fills the name in: the template is the same for every stack.
  const names = stackNames('${AWS::StackName}');
  return {
    AWSTemplateFormatVersion: '2010-09-09',
    Description: 'Hawser: runs commands in clean clones on ECS Fargate.',
    Parameters: parameters,
    Rules: checks,
    Conditions: conditions,
    Resources: {
      ...network,
      ...cluster(names),
      ...logs(names),
      ...table(names),
      ...roles(names),
      ...lambda(names),
      ...api(names),
      ...rules(names),
    },
    Outputs: outputs(names, version),
  };
}
