import type { Account } from './account.js';
import { call } from './call.js';

/** A log group, and how much is in it. */
export interface FoundLogs {
  readonly name: string;
  readonly bytes: number;
}

/** Looks for a log group by its whole name. */
export async function findLogGroup(
  account: Account,
  name: string,
  signal?: AbortSignal,
): Promise<FoundLogs | undefined> {
  const [client, { DescribeLogGroupsCommand }] = await Promise.all([
    account.logs(),
    import('@aws-sdk/client-cloudwatch-logs'),
  ]);
  // The name itself comes first among those that it begins.
  const { logGroups = [] } = await call(
    'logs:DescribeLogGroups',
    (cancel) => client.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: name }), cancel),
    { signal },
  );
  const group = logGroups.find(({ logGroupName }) => logGroupName === name);
  return group && { name, bytes: group.storedBytes ?? 0 };
}

/** Whether there is a log group of this name. */
export async function logGroupExists(account: Account, name: string, signal?: AbortSignal): Promise<boolean> {
  return (await findLogGroup(account, name, signal)) !== undefined;
}

/** Removes a log group and all that is in it; one that is gone already is fine. */
export async function deleteLogGroup(account: Account, name: string, signal?: AbortSignal): Promise<void> {
  const [client, { DeleteLogGroupCommand }] = await Promise.all([
    account.logs(),
    import('@aws-sdk/client-cloudwatch-logs'),
  ]);
  await call(
    'logs:DeleteLogGroup',
    (cancel) =>
      client.send(new DeleteLogGroupCommand({ logGroupName: name }), cancel).catch((error: Error) => {
        if (error.name !== 'ResourceNotFoundException') throw error;
      }),
    { signal },
  );
}
