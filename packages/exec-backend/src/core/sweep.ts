import type { SweepReport } from '../backend.js';
import type { BackendPorts, Row } from '../ports.js';
import type { Lifecycle } from './lifecycle.js';
import type { Held, Records } from './records.js';

/** How long a sign may stand without its execution: far longer than between the two writes. */
const orphanMs = 10 * 60_000;
/** How many executions are looked at side by side. */
const width = 8;

/** Looks at everything that is not finished with. One that fails does not keep the others from being looked at. */
export async function sweep(ports: BackendPorts, records: Records, lifecycle: Lifecycle): Promise<SweepReport> {
  const mended: string[] = [];
  let looked = 0;
  let failure: { readonly error: unknown } | undefined;
  const open = records.open();

  const lookAtNext = async (): Promise<void> => {
    for (;;) {
      const { value: row, done } = await open.next();
      if (done) return;
      looked += 1;
      try {
        const before = await records.load(row.key);
        if (!before) await removeOrphan(row);
        else if (await mend(before)) mended.push(row.key);
      } catch (error) {
        failure ??= { error };
      }
    }
  };

  const removeOrphan = async ({ key, version, data }: Row<{ since: string }>): Promise<void> => {
    if (ports.clock.nowMs() - Date.parse(data.since) > orphanMs) await records.settle(key, version);
  };

  const mend = async (before: Held): Promise<boolean> => {
    const { execution } = before;
    if (execution.settled) await records.settle(execution.id);
    return (await lifecycle.advance(execution.id))?.version !== before.version;
  };

  await Promise.all(Array.from({ length: width }, lookAtNext));
  if (failure) throw failure.error;
  return { looked, mended };
}
