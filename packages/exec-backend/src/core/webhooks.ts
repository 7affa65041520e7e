import { createHmac } from 'node:crypto';
import type { ExecutionRecord, NotifyTarget } from '@hawser/exec-client/contract';
import type { BackendPorts } from '../ports.js';
import type { FollowUps } from './execution.js';

type Hook = NonNullable<FollowUps['hooks']>[number];

/** How long to wait before each new try, in milliseconds; after the last one there is none. */
const delaysMs = [30_000, 2 * 60_000, 10 * 60_000, 30 * 60_000, 2 * 3_600_000];

/** Tries to tell everybody who wants to hear of an end and was not told yet. What became of each. */
export async function tryHooks(
  ports: Pick<BackendPorts, 'notifier' | 'secrets' | 'clock'>,
  record: ExecutionRecord,
  targets: readonly NotifyTarget[],
  before: readonly Hook[] | undefined,
): Promise<readonly Hook[]> {
  return Promise.all(
    targets.map(async (target, index) => {
      const hook = before?.[index] ?? { tries: 0, nextAtMs: 0, done: false };
      const nowMs = ports.clock.nowMs();
      if (hook.done || hook.nextAtMs > nowMs) return hook;
      if (target.on && !target.on.some((end) => end === record.phase)) return { ...hook, done: true };
      const tries = hook.tries + 1;
      try {
        await post(ports, record, target);
        return { tries, nextAtMs: 0, done: true };
      } catch {
        const delay = delaysMs[tries - 1];
        return { tries, nextAtMs: nowMs + (delay ?? 0), done: delay === undefined };
      }
    }),
  );
}

async function post(
  { notifier, secrets }: Pick<BackendPorts, 'notifier' | 'secrets'>,
  record: ExecutionRecord,
  { url, secret }: NotifyTarget,
): Promise<void> {
  const body = JSON.stringify({ event: `execution.${record.phase}`, execution: withoutEnvironment(record) });
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    'x-hawser-event': `execution.${record.phase}`,
    'x-hawser-delivery': `${record.execution_id}.${record.attempt}`,
  };
  if (secret !== undefined) {
    const key = (await secrets.resolve([secret])).get(secret);
    if (key === undefined) throw new Error(`There is no secret named ${secret}.`);
    headers['x-hawser-signature-256'] = `sha256=${createHmac('sha256', key).update(body).digest('hex')}`;
  }
  await notifier.post(url, body, headers);
}

/** Values of variables are nobody's business but the command's. */
function withoutEnvironment({ env: _env, ...record }: ExecutionRecord): Omit<ExecutionRecord, 'env'> {
  return record;
}
