import { createRouter } from '../router/handle.js';
import type { Backend } from '../backend.js';
import type { BackendPorts } from '../ports.js';
import { Executions } from './executions.js';
import { Finisher } from './finish.js';
import { Jobs } from './jobs.js';
import { createKeyBook } from './keys.js';
import { Lifecycle } from './lifecycle.js';
import { Locks } from './locks.js';
import { Records } from './records.js';
import { SecretMasks } from './secret-masks.js';
import { sweep } from './sweep.js';

/**
 * Makes an execution service out of its ports. Nothing is opened and nothing runs by itself: whoever holds it calls
 * {@link Backend.sweep} now and then, and passes events of tasks on.
 */
export function createBackend(ports: BackendPorts): Backend {
  const records = new Records(ports.store);
  const locks = new Locks(ports.store);
  const finisher = new Finisher(ports, records);
  const lifecycle = new Lifecycle(ports, records, locks, (held) => finisher.finish(held));
  const executions = new Executions(ports, records, lifecycle);
  const jobs = new Jobs(ports, records, locks);

  const job: Backend['job'] = {
    claim: (id, token) => jobs.claim(id, token),
    report: async (id, report) => {
      await jobs.report(id, report);
      await lifecycle.advance(id);
    },
  };

  return {
    handle: createRouter({
      ports,
      records,
      locks,
      lifecycle,
      executions,
      masks: new SecretMasks(ports),
      keys: createKeyBook(ports),
      job,
    }),
    job,
    taskChanged: async ({ executionId, taskArn }) => {
      const id = executionId ?? (taskArn === undefined ? undefined : await idOfTask(records, taskArn));
      if (id !== undefined) await lifecycle.advance(id);
    },
    sweep: () => sweep(ports, records, lifecycle),
    close: async () => ports.store.close?.(),
  };
}

/** The execution of a task: among those that are not finished with, of which there are few. */
async function idOfTask(records: Records, arn: string): Promise<string | undefined> {
  for await (const { key } of records.open()) {
    if ((await records.load(key))?.execution.task?.arn === arn) return key;
  }
  return undefined;
}
