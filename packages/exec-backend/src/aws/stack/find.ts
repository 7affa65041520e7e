import type { Stack } from '@aws-sdk/client-cloudformation';
import { ExecBackendError } from '../../errors.js';
import type { FoundStack, StackOutputs } from '../types.js';
import type { Account } from './account.js';
import { call } from './call.js';

/** CloudFormation has no code of its own for a stack that is not there. */
const ABSENT = /does not exist/;

/** Looks for a stack by name or id. A deleted one is found by id only. */
export async function findStack(
  account: Account,
  nameOrId: string,
  signal?: AbortSignal,
): Promise<FoundStack | undefined> {
  const [client, { DescribeStacksCommand }] = await Promise.all([
    account.cloudFormation(),
    import('@aws-sdk/client-cloudformation'),
  ]);
  try {
    const { Stacks = [] } = await call(
      'cloudformation:DescribeStacks',
      (cancel) => client.send(new DescribeStacksCommand({ StackName: nameOrId }), cancel),
      { passes: ABSENT, signal },
    );
    return Stacks[0] && stackOf(Stacks[0]);
  } catch (error) {
    if (error instanceof Error && ABSENT.test(error.message) && !(error instanceof ExecBackendError)) return undefined;
    throw error;
  }
}

/**
 * A stack that was made and can be used.
 *
 * @throws ExecBackendError `HAWSER_EXEC_BACKEND_STACK_MISSING`
 */
export async function requireStack(
  account: Account,
  name: string,
  signal?: AbortSignal,
): Promise<FoundStack & { readonly outputs: StackOutputs }> {
  const found = await findStack(account, name, signal);
  if (found?.outputs) return { ...found, outputs: found.outputs };
  const region = await account.region();
  throw new ExecBackendError(
    'HAWSER_EXEC_BACKEND_STACK_MISSING',
    found === undefined
      ? `There is no stack ${name} in ${region}`
      : `The stack ${name} in ${region} is ${found.status}, and has no outputs`,
    { details: { stack: name, region, ...(found && { status: found.status }) } },
  );
}

function stackOf(stack: Stack): FoundStack {
  const said = Object.fromEntries((stack.Outputs ?? []).map((output) => [output.OutputKey, output.OutputValue]));
  const outputs = Object.fromEntries(
    Object.entries(outputNames).map(([name, key]): [string, string | undefined] => [name, said[key]]),
  ) as Record<keyof StackOutputs, string | undefined>;
  return {
    name: stack.StackName ?? '',
    stackId: stack.StackId ?? '',
    status: stack.StackStatus ?? '',
    ...(stack.StackStatusReason !== undefined && { statusReason: stack.StackStatusReason }),
    parameters: Object.fromEntries(
      (stack.Parameters ?? []).map(({ ParameterKey = '', ParameterValue = '' }) => [ParameterKey, ParameterValue]),
    ),
    ...(isWhole(outputs) && { outputs }),
  };
}

/** Outputs by the names that the template gives them. */
const outputNames: Readonly<Record<keyof StackOutputs, string>> = {
  apiEndpoint: 'ApiEndpoint',
  region: 'Region',
  stackVersion: 'StackVersion',
  clusterName: 'ClusterName',
  logGroup: 'LogGroup',
  tableName: 'TableName',
  functionName: 'FunctionName',
};

const isWhole = (
  outputs: Record<keyof StackOutputs, string | undefined>,
): outputs is Record<keyof StackOutputs, string> => Object.values(outputs).every((value) => value !== undefined);
