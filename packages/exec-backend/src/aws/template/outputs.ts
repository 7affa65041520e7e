import type { StackNames } from '../names.js';
import { functionUrl, restEndpoint } from './function.js';
import { ref, sub, type Value, when } from './syntax.js';

/** What the stack says of itself, by the names that {@link StackOutputs} has in camel case. */
export const outputs = (names: StackNames, version: string): Readonly<Record<string, { readonly Value: Value }>> => ({
  ApiEndpoint: { Value: when('UseRest', sub(restEndpoint), functionUrl('')) },
  Region: { Value: ref('AWS::Region') },
  StackVersion: { Value: version },
  ClusterName: { Value: ref('Cluster') },
  LogGroup: { Value: sub(names.runLogGroup) },
  TableName: { Value: ref('Table') },
  FunctionName: { Value: ref('Function') },
});
