import { ExecBackendError } from '../../errors.js';
import { stackNames } from '../names.js';
import type { FoundStack, StackEvent } from '../types.js';
import type { Account } from './account.js';
import { deleteStack } from './apply.js';
import { call } from './call.js';
import { findStack } from './find.js';
import { deleteLogGroup, findLogGroup, type FoundLogs } from './logs.js';
import { deleteParameters, listParameters } from './parameters.js';
import { deleteDefinitions, listDefinitions, listTasks, stopTasks } from './tasks.js';

/** All that a stack has in its account, and will lose. */
export interface DestroyPlan {
  readonly name: string;
  readonly region: string;
  /** Missing when only leftovers are there. */
  readonly stack?: FoundStack;
  /** ARNs of tasks that are running. */
  readonly tasks: readonly string[];
  /** ARNs of task definitions that were registered for images. */
  readonly definitions: readonly string[];
  /** Names of parameters; never their values. */
  readonly parameters: readonly string[];
  readonly logs?: FoundLogs;
}

/** What `destroyStack` is at. */
export type DestroyEvent =
  | { readonly step: 'tasks'; readonly left: number }
  | { readonly step: 'stack'; readonly event: StackEvent }
  | { readonly step: 'definitions' | 'parameters'; readonly removed: number }
  | { readonly step: 'logs'; readonly name: string; readonly kept: boolean }
  /** Given up with `abandon`: it is still in the account. */
  | { readonly step: 'left'; readonly event: StackEvent };

/**
 * Lists what `destroyStack` would remove. Changes nothing.
 *
 * @throws ExecBackendError `HAWSER_EXEC_BACKEND_STACK_MISSING` when there is nothing at all of this name
 */
export async function planDestroy(account: Account, name: string, signal?: AbortSignal): Promise<DestroyPlan> {
  const names = stackNames(name);
  const region = await call('cloudformation:DescribeStacks', () => account.region(), { signal });
  const [stack, tasks, definitions, parameters, logs] = await Promise.all([
    findStack(account, name, signal),
    listTasks(account, names.cluster, signal),
    listDefinitions(account, name, signal),
    listParameters(account, name, signal),
    findLogGroup(account, names.runLogGroup, signal),
  ]);
  const plan = { name, region, tasks, definitions, parameters, ...(stack && { stack }), ...(logs && { logs }) };
  if (stack ?? logs ?? [...tasks, ...definitions, ...parameters][0]) return plan;
  throw new ExecBackendError(
    'HAWSER_EXEC_BACKEND_STACK_MISSING',
    `There is no stack ${name} in ${region}, and nothing of one`,
    {
      hint: 'Pass --stack-name and --region of the one you mean.',
      details: { stack: name, region },
    },
  );
}

/**
 * Removes a stack and what was made for it outside: stops its tasks, deletes the stack, then task definitions, parameters
 * and logs. It can be begun again wherever it stopped; what is gone already is no failure.
 *
 * @throws ExecBackendError `HAWSER_EXEC_BACKEND_STACK_FAILED` when a resource cannot be deleted; with `abandon` it is left,
 * and told of in an event `left`.
 */
export async function* destroyStack(
  account: Account,
  plan: DestroyPlan,
  options: {
    readonly keepLogs?: boolean | undefined;
    readonly abandon?: boolean | undefined;
    readonly signal?: AbortSignal | undefined;
  } = {},
): AsyncGenerator<DestroyEvent, void> {
  const { name, stack } = plan;
  const { keepLogs = false, abandon, signal } = options;
  const names = stackNames(name);
  if (stack?.outputs) await silence(account, names.function, signal);
  if (plan.tasks.length > 0) yield { step: 'tasks', left: plan.tasks.length };
  // Also those that were started since.
  const stop = (): Promise<void> =>
    stopTasks(account, { cluster: names.cluster, reason: `hawser exec destroy of ${name}`, signal });
  await stop();
  if (plan.tasks.length > 0) yield { step: 'tasks', left: 0 };
  if (stack) {
    const deletion = deleteStack(account, stack, { abandon, prepare: stop, signal });
    let next = await deletion.next();
    for (; !next.done; next = await deletion.next()) yield { step: 'stack', event: next.value };
    for (const event of next.value.failures) yield { step: 'left', event };
  }
  // Listed anew: more may have been made since the plan, and what the stack held itself is gone with it.
  const definitions = await listDefinitions(account, name, signal);
  await deleteDefinitions(account, definitions, signal);
  if (definitions.length > 0) yield { step: 'definitions', removed: definitions.length };
  const parameters = await listParameters(account, name, signal);
  await deleteParameters(account, parameters, signal);
  if (parameters.length > 0) yield { step: 'parameters', removed: parameters.length };
  if (await findLogGroup(account, names.runLogGroup, signal)) {
    if (!keepLogs) await deleteLogGroup(account, names.runLogGroup, signal);
    yield { step: 'logs', name: names.runLogGroup, kept: keepLogs };
  }
}

/**
 * Lets the function start nothing more: it would, as tasks stop and those that wait for their locks come next. Where that
 * is not allowed it is only less tidy; the tasks that come are stopped too.
 */
async function silence(account: Account, functionName: string, signal?: AbortSignal): Promise<void> {
  const [client, { PutFunctionConcurrencyCommand }] = await Promise.all([
    account.lambda(),
    import('@aws-sdk/client-lambda'),
  ]);
  try {
    await client.send(
      new PutFunctionConcurrencyCommand({ FunctionName: functionName, ReservedConcurrentExecutions: 0 }),
      signal ? { abortSignal: signal } : {},
    );
  } catch {
    signal?.throwIfAborted();
  }
}
