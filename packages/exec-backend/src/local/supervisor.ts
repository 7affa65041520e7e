import { supervise } from './supervise.js';
import type { FindProgram } from './types.js';
import { openParts } from './open.js';
import { placesIn } from './places.js';
import { watchQueues } from './watch-queues.js';

/** What the program of supervisors is given. */
export interface LocalSupervisorOptions {
  /** The arguments that the backend appended: the folder, and what to do. */
  readonly argv: readonly string[];
  /** How to start another of its kind: for the next in a queue. */
  readonly supervisor: readonly string[];
  readonly version: string;
  /** As of the backend. */
  readonly programs?: FindProgram;
  /** The environment that the supervisor was started with; `process.env` when missing. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/**
 * The whole work of a supervisor process: one attempt of one execution (`FOLDER run ID ATTEMPT`), or waiting for locks
 * where nobody else does (`FOLDER watch`). Resolves when there is nothing more to do.
 */
export async function runLocalSupervisor(options: LocalSupervisorOptions): Promise<void> {
  const { argv, supervisor, version, programs, env = process.env } = options;
  const [folder = '', verb, executionId = '', attempt = '1'] = argv;
  const places = placesIn(folder);
  const open = (): ReturnType<typeof openParts> =>
    openParts({ folder, supervisor, version, env, ...(programs && { programs }) });
  if (verb === 'watch') return watchQueues(await open());
  await supervise({ places, executionId, attempt: Number(attempt), open, env });
}
