import { randomUUID } from 'node:crypto';
import type { FoundStack, StackEvent } from '../types.js';
import type { Account } from './account.js';
import { call } from './call.js';
import { followStack, isBusy, pastEvents, type StackEnd, stackFailed } from './events.js';
import { findStack } from './find.js';
import { changeSet, type PlanOptions, type StackPlan } from './plan.js';

/**
 * Carries a plan out, and tells what CloudFormation does as it does it. Ends when the stack is whole; the stack itself is
 * the value of the generator.
 *
 * An aborted signal stops the watching: CloudFormation goes on, and the next `planStack` finds where it came to.
 *
 * @throws ExecBackendError `HAWSER_EXEC_BACKEND_STACK_FAILED` with the first thing that failed and why. What was begun is
 * rolled back by CloudFormation before that.
 */
export async function* applyStack(
  account: Account,
  plan: StackPlan,
  options: PlanOptions,
): AsyncGenerator<StackEvent, FoundStack> {
  const { signal } = options;
  if (plan.action === 'none' && plan.found) return plan.found;
  let ready = plan;
  if (plan.action === 'remake' && plan.found) {
    yield* deleteStack(account, plan.found, { signal });
    ready = await changeSet(account, options, plan.region, undefined);
  }
  const { changeSetId = '', stackId = '' } = ready;
  const seen = await pastEvents(account, stackId, signal);
  const token = `hawser-${randomUUID()}`;
  const [client, { ExecuteChangeSetCommand }] = await Promise.all([
    account.cloudFormation(),
    import('@aws-sdk/client-cloudformation'),
  ]);
  await call(
    'cloudformation:ExecuteChangeSet',
    () => client.send(new ExecuteChangeSetCommand({ ChangeSetName: changeSetId, ClientRequestToken: token })),
    { signal },
  );
  const end = yield* followStack(account, { stackId, token, seen, signal });
  if (end.status !== 'CREATE_COMPLETE' && end.status !== 'UPDATE_COMPLETE') {
    throw stackFailed(
      ready.action === 'update'
        ? `The stack ${plan.name} could not be changed, and is as it was`
        : `The stack ${plan.name} could not be made`,
      end,
    );
  }
  const made = await findStack(account, stackId, signal);
  if (made === undefined) throw stackFailed(`The stack ${plan.name} is gone`, end);
  return made;
}

/** Waits for what CloudFormation is doing to a stack already, telling its events. Nothing when it is doing nothing. */
export async function* awaitStack(
  account: Account,
  name: string,
  signal?: AbortSignal,
): AsyncGenerator<StackEvent, void> {
  const found = await findStack(account, name, signal);
  if (found === undefined || !isBusy(found.status)) return;
  const { stackId } = found;
  yield* followStack(account, { stackId, seen: await pastEvents(account, stackId, signal), signal });
}

/**
 * Deletes a stack, and tells what CloudFormation does. What keeps it from being deleted is tried twice: the interface of
 * a task that has just stopped goes minutes after it. With `abandon` it is then left behind, out of any stack.
 *
 * @throws ExecBackendError `HAWSER_EXEC_BACKEND_STACK_FAILED`
 */
export async function* deleteStack(
  account: Account,
  stack: Pick<FoundStack, 'name' | 'stackId'>,
  options: {
    readonly abandon?: boolean | undefined;
    /** Before each try: a task that came after all would keep the cluster. */
    readonly prepare?: () => Promise<void>;
    readonly signal?: AbortSignal | undefined;
  },
): AsyncGenerator<StackEvent, StackEnd> {
  const { abandon = false, signal } = options;
  const [client, { DeleteStackCommand }] = await Promise.all([
    account.cloudFormation(),
    import('@aws-sdk/client-cloudformation'),
  ]);
  const attempts = abandon
    ? (['STANDARD', 'STANDARD', 'FORCE_DELETE_STACK'] as const)
    : (['STANDARD', 'STANDARD'] as const);
  let end: StackEnd = { status: '', failures: [] };
  for (const mode of attempts) {
    await options.prepare?.();
    const seen = await pastEvents(account, stack.stackId, signal);
    const token = `hawser-${randomUUID()}`;
    const failures = end.failures;
    await call(
      'cloudformation:DeleteStack',
      () =>
        client.send(
          new DeleteStackCommand({
            StackName: stack.stackId,
            ClientRequestToken: token,
            ...(mode === 'STANDARD' ? {} : { DeletionMode: mode }),
          }),
        ),
      { signal },
    );
    end = yield* followStack(account, { stackId: stack.stackId, token, seen, signal });
    if (end.status === 'DELETE_COMPLETE') return mode === 'STANDARD' ? { ...end, failures: [] } : { ...end, failures };
  }
  throw stackFailed(`The stack ${stack.name} could not be deleted`, end);
}
