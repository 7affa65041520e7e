import type { ExecutionRecord, LockRecord } from '@hawser/exec-client/contract';

/** What an execution is at before its command runs, as a line of talk; nothing once it runs. */
export function renderProgress(record: ExecutionRecord, lock: LockRecord | undefined): string | undefined {
  switch (record.phase) {
    case 'queued': {
      const { name = '', position } = record.lock ?? {};
      const place = position === undefined ? '' : `, number ${position} in its queue`;
      return `… Waiting for the lock ${name}${place}${heldBy(lock)}`;
    }
    case 'provisioning':
      return '… Starting a machine';
    case 'preparing':
      return record.repo && '… Cloning the repository';
    case 'running':
      return record.lock?.fence === undefined
        ? undefined
        : `→ Lock: ${record.lock.name} is held, fence ${record.lock.fence}`;
    default:
      return undefined;
  }
}

function heldBy(lock: LockRecord | undefined): string {
  if (lock?.holder === undefined) return '';
  const { execution_id, command, who, since } = lock.holder;
  return `: held by ${execution_id} of ${who} since ${since}, '${command}'`;
}
