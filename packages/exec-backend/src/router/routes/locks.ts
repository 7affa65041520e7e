import type { LockRecord } from '@hawser/exec-client/contract';
import { ApiError } from '../../core/api-error.js';
import { audit } from '../../core/audit.js';
import { commandLine } from '../../core/execution.js';
import { leave } from '../../core/lock-queue.js';
import type { Lock } from '../../core/lock-queue.js';
import { invalid, json, requiredText } from '../http.js';
import type { Call, Endpoints, Service } from '../route.js';
import { nameOf } from '../who.js';

/** Looking at locks, and taking one away from a holder that is known to be gone. */
export const lockEndpoints: Endpoints<'locks' | 'releaseLock'> = {
  locks,
  releaseLock,
};

const pageSize = 100;
const longestCommand = 256;

/** Every lock that somebody holds or waits for. */
async function locks({ service }: Call): Promise<Response> {
  const found: LockRecord[] = [];
  let after: string | undefined;
  for (;;) {
    const rows = await service.locks.list({ after, limit: pageSize });
    for (const { key, data } of rows) {
      if (data.holder || data.queue.length > 0) found.push(await lockOf(service, key, data));
    }
    after = rows.at(-1)?.key;
    if (rows.length < pageSize) return json({ locks: found });
  }
}

async function lockOf({ records }: Service, name: string, lock: Lock): Promise<LockRecord> {
  const { holder, queue, fence } = lock;
  const held = holder && (await records.load(holder.id));
  return {
    name,
    fence,
    ...(holder && {
      holder: {
        execution_id: holder.id,
        command: held ? commandLine(held.execution.request).slice(0, longestCommand) : '',
        who: holder.who,
        since: new Date(holder.sinceMs).toISOString(),
        lease_until: new Date(holder.leaseUntilMs).toISOString(),
      },
    }),
    queue: queue.map(({ id, who, sinceMs }) => ({ execution_id: id, who, since: new Date(sinceMs).toISOString() })),
  };
}

/**
 * Takes a lock from its holder, who is not stopped and, where its command has not begun, does not begin. The first in
 * the queue holds it next.
 */
async function releaseLock(call: Call): Promise<Response> {
  const { service, caller, query } = call;
  const name = requiredText(Object.fromEntries(query), 'name', 128);
  if (query.get('force') !== 'true') {
    throw invalid('force', 'must be true: the holder is not asked, and may still be at work');
  }
  const nowMs = service.ports.clock.nowMs();
  const { before, after } = await service.locks.change(name, (lock) =>
    lock.holder ? leave(lock, lock.holder.id, nowMs) : lock,
  );
  if (!before.holder) throw new ApiError('not_found', `Nobody holds a lock named ${name}.`);
  await audit(service.ports, {
    action: 'lock.released_by_force',
    subject: name,
    who: nameOf(caller),
    details: { holder: before.holder.id, fence: before.fence },
  });
  if (after.holder) await service.lifecycle.advance(after.holder.id);
  return json(await lockOf(service, name, after));
}
