import { randomUUID } from 'node:crypto';
import type { Change, DescribeChangeSetCommandOutput, Parameter } from '@aws-sdk/client-cloudformation';
import { ExecBackendError } from '../../errors.js';
import { stackNames } from '../names.js';
import { parameters as known, type ParameterName } from '../template/parameters.js';
import { makeTemplate } from '../template/template.js';
import type { FoundStack, StackChange, StackOptions } from '../types.js';
import type { Account } from './account.js';
import { call, pace } from './call.js';
import { findStack } from './find.js';
import { isBusy } from './events.js';
import { logGroupExists } from './logs.js';

/** What will be done to a stack, and the change set that would do it. */
export interface StackPlan {
  readonly name: string;
  readonly region: string;
  /** `remake`: a stack that failed to be made is deleted first, and CloudFormation tells no changes before that. */
  readonly action: 'create' | 'update' | 'remake' | 'none';
  readonly changes: readonly StackChange[];
  /** As it was found. */
  readonly found?: FoundStack;
  readonly changeSetId?: string;
  readonly stackId?: string;
}

/** Everything that a plan needs. */
export interface PlanOptions extends Pick<StackOptions, 'name' | 'parameters'> {
  /** Of the package: an output of the stack. */
  readonly version: string;
  readonly signal?: AbortSignal | undefined;
}

/** Ends of stacks that cannot be updated, only deleted. */
const DEAD = /^(?:ROLLBACK_COMPLETE|ROLLBACK_FAILED|CREATE_FAILED|DELETE_FAILED)$/;

/** CloudFormation fails a change set that would do nothing, with these words. */
const NO_CHANGES = /didn't contain changes|No updates are to be performed/;

/** The longest that a change set may take, in questions: some ten minutes. */
const CHANGE_SET_ROUNDS = 160;

/** Role names end in `-REGION-execution`, and have 64 characters at most. */
const NAME = /^[A-Za-z][A-Za-z0-9-]{0,31}$/;

/**
 * Refuses a name that no stack can have, before anything is made.
 *
 * @throws ExecBackendError `HAWSER_EXEC_BACKEND_BAD_INPUT`
 */
export function checkStackName(name: string): void {
  const hint = 'Choose another with --stack-name.';
  if (!NAME.test(name)) {
    throw new ExecBackendError(
      'HAWSER_EXEC_BACKEND_BAD_INPUT',
      `A stack cannot be called '${name}': a letter, then letters, digits and hyphens, 32 characters at most`,
      { hint },
    );
  }
  // PutParameter in SSM's API reference: "can't be prefixed with aws or ssm".
  if (/^(?:aws|ssm)/i.test(name)) {
    throw new ExecBackendError(
      'HAWSER_EXEC_BACKEND_BAD_INPUT',
      `A stack cannot be called '${name}': its parameters would begin with aws or ssm, which SSM keeps for itself`,
      { hint },
    );
  }
}

/**
 * Says what would be made, changed and removed, by a change set. Nothing is touched; give the plan to `applyStack`, or to
 * `dropPlan`, which leaves nothing behind.
 *
 * @throws ExecBackendError `HAWSER_EXEC_BACKEND_BAD_INPUT` for a name or parameter that cannot be,
 * `HAWSER_EXEC_BACKEND_STACK_FAILED` when CloudFormation is at work on the stack or refuses the change set,
 * `HAWSER_EXEC_BACKEND_AWS_FAILED`
 */
export async function planStack(account: Account, options: PlanOptions): Promise<StackPlan> {
  const { name, signal } = options;
  checkStackName(name);
  const region = await call('cloudformation:DescribeStacks', () => account.region(), { signal });
  const found = await findStack(account, name, signal);
  const status = found?.status;
  if (status !== undefined && (isBusy(status) || status === 'UPDATE_ROLLBACK_FAILED')) {
    throw new ExecBackendError('HAWSER_EXEC_BACKEND_STACK_FAILED', `The stack ${name} is ${status}`, {
      hint: isBusy(status)
        ? 'Wait until CloudFormation is done, and try again.'
        : `aws cloudformation continue-update-rollback --stack-name ${name}, then try again.`,
      details: { stack: name, status },
    });
  }
  if (found && DEAD.test(found.status)) return { name, region, action: 'remake', changes: [], found };
  return changeSet(account, options, region, found);
}

/** Makes the change set of a stack that is not there, or whole. */
export async function changeSet(
  account: Account,
  options: PlanOptions,
  region: string,
  found: FoundStack | undefined,
): Promise<StackPlan> {
  const { name, signal } = options;
  const isNew = found === undefined || found.status === 'REVIEW_IN_PROGRESS';
  const [client, { CreateChangeSetCommand }] = await Promise.all([
    account.cloudFormation(),
    import('@aws-sdk/client-cloudformation'),
  ]);
  // Logs that `destroy --keep-logs` left.
  const keeps = isNew && (await logGroupExists(account, stackNames(name).runLogGroup, signal));
  const given = { ...(keeps && { RunLogGroup: 'existing' }), ...options.parameters };
  const Parameters = parametersOf(given, isNew ? {} : found.parameters);
  const token = randomUUID();
  const made = await call(
    'cloudformation:CreateChangeSet',
    (cancel) =>
      client.send(
        new CreateChangeSetCommand({
          StackName: name,
          ChangeSetName: `hawser-${token}`,
          ChangeSetType: isNew ? 'CREATE' : 'UPDATE',
          ClientToken: token,
          Description: `hawser ${options.version}`,
          TemplateBody: JSON.stringify(makeTemplate(options)),
          Capabilities: ['CAPABILITY_NAMED_IAM'],
          Parameters,
          Tags: [{ Key: 'hawser:stack', Value: name }],
        }),
        cancel,
      ),
    { signal },
  );
  const ids = { changeSetId: made.Id ?? '', stackId: made.StackId ?? '' };
  const plan = { name, region, ...(found && !isNew && { found }), ...ids };
  try {
    const { status, reason, changes } = await settled(account, ids, signal);
    if (status === 'CREATE_COMPLETE') return { ...plan, action: isNew ? 'create' : 'update', changes };
    if (NO_CHANGES.test(reason)) {
      await dropPlan(account, { ...plan, action: 'none', changes: [] });
      return { name, region, action: 'none', changes: [], ...(found && { found }) };
    }
    throw new ExecBackendError(
      'HAWSER_EXEC_BACKEND_STACK_FAILED',
      `CloudFormation refused the changes to ${name}: ${reason || status}`,
      { details: { stack: name, status } },
    );
  } catch (error) {
    // Also after Ctrl-C: a plan that nobody has must not be left behind.
    await dropPlan(account, { ...plan, action: isNew ? 'create' : 'update', changes: [] });
    throw error;
  }
}

/** Takes back a plan that will not be applied: its change set, and the empty stack that came with the first one. */
export async function dropPlan(account: Account, { action, changeSetId, stackId }: StackPlan): Promise<void> {
  if (changeSetId === undefined || stackId === undefined) return;
  const [client, { DeleteChangeSetCommand, DeleteStackCommand, ListChangeSetsCommand }] = await Promise.all([
    account.cloudFormation(),
    import('@aws-sdk/client-cloudformation'),
  ]);
  await call('cloudformation:DeleteChangeSet', () =>
    client.send(new DeleteChangeSetCommand({ ChangeSetName: changeSetId, StackName: stackId })),
  );
  if (action !== 'create') return;
  const rhythm = pace({ mostMs: 1_000 });
  const others = async (): Promise<readonly string[]> => {
    const { Summaries = [] } = await call('cloudformation:ListChangeSets', () =>
      client.send(new ListChangeSetsCommand({ StackName: stackId })),
    );
    return Summaries.map(({ ChangeSetId = '' }) => ChangeSetId);
  };
  // Deleting takes its time; another person's plan for the same name keeps the empty stack.
  for (let left = await others(); left.length > 0; left = await others()) {
    if (!left.includes(changeSetId)) return;
    await rhythm.next();
  }
  if ((await findStack(account, stackId))?.status !== 'REVIEW_IN_PROGRESS') return;
  await call('cloudformation:DeleteStack', () => client.send(new DeleteStackCommand({ StackName: stackId })));
}

/** What the change set holds, once CloudFormation has thought about it. */
async function settled(
  account: Account,
  { changeSetId }: { readonly changeSetId: string },
  signal: AbortSignal | undefined,
): Promise<{ readonly status: string; readonly reason: string; readonly changes: readonly StackChange[] }> {
  const [client, { DescribeChangeSetCommand }] = await Promise.all([
    account.cloudFormation(),
    import('@aws-sdk/client-cloudformation'),
  ]);
  const rhythm = pace({ signal });
  const page = (NextToken?: string): Promise<DescribeChangeSetCommandOutput> =>
    call(
      'cloudformation:DescribeChangeSet',
      (cancel) =>
        client.send(
          new DescribeChangeSetCommand({ ChangeSetName: changeSetId, ...(NextToken !== undefined && { NextToken }) }),
          cancel,
        ),
      { signal },
    );
  for (let round = 0; ; round += 1) {
    let answer = await page();
    const { Status: status = '', StatusReason: reason = '' } = answer;
    if (/_COMPLETE$|FAILED$/.test(status) || round === CHANGE_SET_ROUNDS) {
      const changes: Change[] = [...(answer.Changes ?? [])];
      while (answer.NextToken !== undefined) {
        answer = await page(answer.NextToken);
        changes.push(...(answer.Changes ?? []));
      }
      return { status, reason, changes: changes.map(changeOf) };
    }
    await rhythm.next();
  }
}

function changeOf({ ResourceChange: change }: Change): StackChange {
  return {
    action: (change?.Action ?? 'Dynamic').toLowerCase() as StackChange['action'],
    logicalId: change?.LogicalResourceId ?? '',
    type: change?.ResourceType ?? '',
    ...(change?.Replacement === 'True' && { replaced: true }),
  };
}

/** What is not said keeps the value that the stack has, also where the default has changed since. */
function parametersOf(
  given: Readonly<Partial<Record<ParameterName, string>>>,
  before: Readonly<Record<string, string>>,
): Parameter[] {
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(known, name)) {
      throw new ExecBackendError('HAWSER_EXEC_BACKEND_BAD_INPUT', `The stack has no parameter ${name}`, {
        hint: `It has ${Object.keys(known).join(', ')}.`,
      });
    }
  }
  return (Object.keys(known) as ParameterName[]).flatMap((name): Parameter[] => {
    const value = given[name];
    if (value !== undefined) return [{ ParameterKey: name, ParameterValue: value }];
    return Object.hasOwn(before, name) ? [{ ParameterKey: name, UsePreviousValue: true }] : [];
  });
}
