import type { StackEvent as SdkEvent } from '@aws-sdk/client-cloudformation';
import { ExecBackendError } from '../../errors.js';
import type { StackEvent } from '../types.js';
import type { Account } from './account.js';
import { call, pace } from './call.js';
import { findStack } from './find.js';

/** How an operation on a stack ended. */
export interface StackEnd {
  readonly status: string;
  /** What failed first, with its reason; others that were only cancelled for it are not in here. */
  readonly failures: readonly StackEvent[];
}

/** Rounds without an event after which the stack itself is asked: soon after a start it may still show its old status. */
const QUIET_ROUNDS = 5;

/** Whether CloudFormation is at work. A stack in review has only a change set, and nobody is doing anything. */
export function isBusy(status: string): boolean {
  return status.endsWith('_IN_PROGRESS') && status !== 'REVIEW_IN_PROGRESS';
}

/** Ids of the events that a stack has had up to now. */
export async function pastEvents(account: Account, stackId: string, signal?: AbortSignal): Promise<Set<string>> {
  return new Set((await newEvents(account, stackId, new Set(), signal)).map(({ EventId = '' }) => EventId));
}

/**
 * Follows an operation from its first event to its last, oldest first. `token` is the operation's ClientRequestToken;
 * what other operations do meanwhile is left out. Without a token every new event counts.
 *
 * The events tell when it is over; where they stay silent, the stack itself is asked.
 */
export async function* followStack(
  account: Account,
  options: {
    readonly stackId: string;
    readonly token?: string | undefined;
    readonly seen: Set<string>;
    readonly signal?: AbortSignal | undefined;
  },
): AsyncGenerator<StackEvent, StackEnd> {
  const { stackId, token, seen, signal } = options;
  const failures: StackEvent[] = [];
  const rhythm = pace({ signal });
  let quiet = 0;
  for (let ended: string | undefined; ;) {
    const events = await newEvents(account, stackId, seen, signal);
    for (const event of events) {
      seen.add(event.EventId ?? '');
      if (token !== undefined && event.ClientRequestToken !== undefined && event.ClientRequestToken !== token) continue;
      const told = eventOf(event);
      if (isFailure(told)) failures.push(told);
      yield told;
      if (event.PhysicalResourceId === stackId && !isBusy(told.status)) ended = told.status;
    }
    if (ended !== undefined) return { status: ended, failures };
    if (events.length > 0) {
      rhythm.reset();
      quiet = 0;
    } else if ((quiet += 1) >= QUIET_ROUNDS) {
      const status = (await findStack(account, stackId, signal))?.status ?? 'DELETE_COMPLETE';
      // One more look: the events may have come between the two questions.
      if (!isBusy(status) && (await newEvents(account, stackId, seen, signal)).length === 0) {
        return { status, failures };
      }
    }
    await rhythm.next();
  }
}

/**
 * Why an operation failed.
 *
 * @param what - what was being done, e.g. `The stack hawser could not be made`
 */
export function stackFailed(what: string, end: StackEnd): ExecBackendError {
  const [first] = end.failures;
  return new ExecBackendError(
    'HAWSER_EXEC_BACKEND_STACK_FAILED',
    first === undefined
      ? `${what}: ${end.status}`
      : `${what}: ${first.logicalId} (${first.type}): ${first.reason ?? first.status}`,
    {
      details: {
        status: end.status,
        failures: end.failures.map(({ logicalId, type, reason = '' }) => ({ logicalId, type, reason })),
      },
    },
  );
}

/** Cancelled is what did not fail itself: CloudFormation gives up the rest when one thing fails. */
const isFailure = ({ status, reason = '' }: StackEvent): boolean =>
  status.endsWith('_FAILED') && !/cancelled$/i.test(reason) && !reason.startsWith('The following resource(s) failed');

/** What is not in `seen`, oldest first. CloudFormation tells the newest first. */
async function newEvents(
  account: Account,
  stackId: string,
  seen: ReadonlySet<string>,
  signal?: AbortSignal,
): Promise<readonly SdkEvent[]> {
  const [client, { DescribeStackEventsCommand }] = await Promise.all([
    account.cloudFormation(),
    import('@aws-sdk/client-cloudformation'),
  ]);
  const fresh: SdkEvent[] = [];
  for (let NextToken: string | undefined, more = true; more; more = NextToken !== undefined) {
    const page = await call(
      'cloudformation:DescribeStackEvents',
      (cancel) =>
        client
          .send(
            new DescribeStackEventsCommand({ StackName: stackId, ...(NextToken !== undefined && { NextToken }) }),
            cancel,
          )
          // A deleted stack, where its events are not kept.
          .catch((error: Error) => {
            if (/does not exist/.test(error.message)) return { StackEvents: [], NextToken: undefined };
            throw error;
          }),
      { signal },
    );
    const events = page.StackEvents ?? [];
    const known = events.findIndex(({ EventId = '' }) => seen.has(EventId));
    fresh.push(...(known === -1 ? events : events.slice(0, known)));
    NextToken = known === -1 ? page.NextToken : undefined;
  }
  return fresh.toReversed();
}

function eventOf(event: SdkEvent): StackEvent {
  return {
    at: (event.Timestamp ?? new Date(0)).toISOString(),
    logicalId: event.LogicalResourceId ?? '',
    type: event.ResourceType ?? '',
    status: event.ResourceStatus ?? '',
    ...(event.ResourceStatusReason !== undefined && { reason: event.ResourceStatusReason }),
  };
}
