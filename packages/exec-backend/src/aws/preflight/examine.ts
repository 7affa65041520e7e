import { stackNames } from '../names.js';
import type { FoundStack } from '../types.js';
import type { Account } from '../stack/account.js';
import { call } from '../stack/call.js';
import { awsCode } from '../sdk-failure.js';
import { findStack } from '../stack/find.js';
import { findLogGroup } from '../stack/logs.js';

/** A layer between a command and its execution on AWS. */
export type AwsLayer = 'credentials' | 'stack' | 'function' | 'cluster' | 'roles' | 'network' | 'images' | 'log-group';

/** What was found of one layer. */
export interface LayerFinding {
  readonly layer: AwsLayer;
  readonly state: 'pass' | 'warn' | 'fail';
  readonly detail: string;
  /** What to do about it. */
  readonly next?: string;
}

/** Who AWS takes the caller for. */
export interface Identity {
  readonly account: string;
  readonly arn: string;
}

/** Asks STS, which takes no permission: what fails here is wrong with the credentials or the way there. */
export async function whoAmI(account: Account, signal?: AbortSignal): Promise<Identity> {
  const [client, { GetCallerIdentityCommand }] = await Promise.all([account.sts(), import('@aws-sdk/client-sts')]);
  const { Account = '', Arn = '' } = await call(
    'sts:GetCallerIdentity',
    (cancel) => client.send(new GetCallerIdentityCommand({}), cancel),
    { signal },
  );
  return { account: Account, arn: Arn };
}

/** Types of resources that make up a layer. */
const LAYERS: readonly { readonly layer: AwsLayer; readonly types: RegExp; readonly what: string }[] = [
  { layer: 'cluster', types: /^AWS::ECS::Cluster$/, what: 'cluster' },
  { layer: 'roles', types: /^AWS::IAM::Role$/, what: 'roles' },
  { layer: 'network', types: /^AWS::EC2::/, what: 'network' },
];

/**
 * Looks at each layer of a stack from outside, and says what is there and what is missing. A layer below one that fails
 * is not looked at. It never throws for what it finds; only for an aborted signal.
 */
export async function* examineStack(
  account: Account,
  name: string,
  signal?: AbortSignal,
): AsyncGenerator<LayerFinding, void> {
  const who = await attempt('credentials', () => whoAmI(account, signal), signal);
  if ('layer' in who) {
    yield who;
    return;
  }
  yield { layer: 'credentials', state: 'pass', detail: who.arn };
  const found = await attempt('stack', async () => ({ stack: await findStack(account, name, signal) }), signal);
  if ('layer' in found) {
    yield found;
    return;
  }
  const finding = ofStack(name, found.stack);
  yield finding;
  if (finding.state === 'fail' || found.stack === undefined) return;
  const { stack } = found;
  yield await ofFunction(account, name, signal);
  const resources = await attempt('cluster', () => resourcesOf(account, stack.stackId, signal), signal);
  if ('layer' in resources) {
    yield resources;
    return;
  }
  for (const { layer, types, what } of LAYERS) {
    const own = resources.filter(({ type }) => types.test(type));
    const broken = own.filter(({ status }) => !/^(?:CREATE|UPDATE|IMPORT)_COMPLETE$/.test(status));
    yield broken.length === 0
      ? { layer, state: 'pass', detail: `${own.length} ${what === 'roles' ? 'roles' : `of the ${what}`} in place` }
      : {
          layer,
          state: 'fail',
          detail: broken.map(({ id, status }) => `${id} is ${status}`).join(', '),
          next: 'hawser exec init makes it whole.',
        };
  }
  yield ofImages(stack);
  yield await ofLogs(account, name, signal);
}

function ofStack(name: string, stack: FoundStack | undefined): LayerFinding {
  const layer = 'stack';
  if (stack === undefined) {
    return { layer, state: 'fail', detail: `there is no stack ${name} here`, next: 'hawser exec init makes it.' };
  }
  if (stack.outputs === undefined || /FAILED|^ROLLBACK|^DELETE/.test(stack.status)) {
    return {
      layer,
      state: 'fail',
      detail: `${name} is ${stack.status}`,
      next: 'hawser exec init makes it anew, hawser exec destroy removes it.',
    };
  }
  const settled = stack.status.endsWith('_COMPLETE');
  return {
    layer,
    state: settled ? 'pass' : 'warn',
    detail: `${name} is ${stack.status}, version ${stack.outputs.stackVersion}`,
    ...(!settled && { next: 'Wait until CloudFormation is done.' }),
  };
}

function ofImages({ parameters }: FoundStack): LayerFinding {
  const { DefaultImage = '', AssignPublicIp = '', VpcId = '' } = parameters;
  const isPrivate = VpcId !== '' && AssignPublicIp === 'DISABLED';
  return {
    layer: 'images',
    state: isPrivate ? 'warn' : 'pass',
    detail: `${DefaultImage} where none is named${VpcId === '' ? '' : `, pulled from ${VpcId}`}`,
    ...(isPrivate && {
      next: 'Tasks have no public address: their subnets need a NAT gateway, or endpoints, to reach the registry.',
    }),
  };
}

async function ofFunction(account: Account, name: string, signal?: AbortSignal): Promise<LayerFinding> {
  const layer = 'function';
  const FunctionName = stackNames(name).function;
  const [client, { GetFunctionConfigurationCommand }] = await Promise.all([
    account.lambda(),
    import('@aws-sdk/client-lambda'),
  ]);
  const state = await attempt(
    layer,
    () =>
      call(
        'lambda:GetFunctionConfiguration',
        (cancel) => client.send(new GetFunctionConfigurationCommand({ FunctionName }), cancel),
        { signal },
      ),
    signal,
  );
  if ('layer' in state) return state;
  const { State = 'Active', LastUpdateStatus = 'Successful', CodeSize = 0 } = state;
  // The placeholder of the template is some hundred bytes; the service is megabytes.
  if (CodeSize < 10_000) {
    return {
      layer,
      state: 'fail',
      detail: `${FunctionName} has no code yet`,
      next: 'hawser exec init sends it.',
    };
  }
  const well = State === 'Active' && LastUpdateStatus === 'Successful';
  return {
    layer,
    state: well ? 'pass' : 'warn',
    detail: `${FunctionName} is ${State}, last update ${LastUpdateStatus}`,
    ...(!well && { next: 'hawser exec init sends its code again.' }),
  };
}

async function ofLogs(account: Account, name: string, signal?: AbortSignal): Promise<LayerFinding> {
  const layer = 'log-group';
  const group = stackNames(name).runLogGroup;
  const found = await attempt(layer, async () => ({ logs: await findLogGroup(account, group, signal) }), signal);
  if ('layer' in found) return found;
  return found.logs === undefined
    ? {
        layer,
        state: 'fail',
        detail: `${group} is gone: no task can start`,
        next: `aws logs create-log-group --log-group-name ${group}`,
      }
    : { layer, state: 'pass', detail: group };
}

async function resourcesOf(
  account: Account,
  stackId: string,
  signal?: AbortSignal,
): Promise<readonly { readonly id: string; readonly type: string; readonly status: string }[]> {
  const [client, { DescribeStackResourcesCommand }] = await Promise.all([
    account.cloudFormation(),
    import('@aws-sdk/client-cloudformation'),
  ]);
  const { StackResources = [] } = await call(
    'cloudformation:DescribeStackResources',
    (cancel) => client.send(new DescribeStackResourcesCommand({ StackName: stackId }), cancel),
    { signal },
  );
  return StackResources.map(({ LogicalResourceId = '', ResourceType = '', ResourceStatus = '' }) => ({
    id: LogicalResourceId,
    type: ResourceType,
    status: ResourceStatus,
  }));
}

/** What could not be asked is a finding too. */
async function attempt<T extends object>(
  layer: AwsLayer,
  ask: () => Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T | LayerFinding> {
  try {
    return await ask();
  } catch (error) {
    signal?.throwIfAborted();
    const { message, hint } = error as { readonly message: string; readonly hint?: string };
    return { layer, state: 'fail', detail: message || awsCode(error), ...(hint !== undefined && { next: hint }) };
  }
}
