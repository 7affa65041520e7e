import { existsSync } from 'node:fs';
import type { SourceFetcher } from '../fetch/index.js';
import { httpControl } from '../runner/http-control.js';
import { runRunner } from '../runner/run.js';
import { readDocument, readText, writePrivate } from './files.js';
import { runPlaces, type RunDocument, type ServiceDocument } from './places.js';

/** What the program of a local runner is given. */
export interface LocalRunnerOptions {
  /** Folder of the run: the program's only argument. */
  readonly folder: string;
  /** What commands begin with: `PATH`, language and the like. */
  readonly env: Readonly<Record<string, string>>;
  /** Finds who fetches sources of a scheme that the service allows besides http. */
  readonly fetchers?: (scheme: string) => Promise<SourceFetcher>;
  /** SIGTERM to the program. */
  readonly terminate?: AbortSignal;
  /** Milliseconds that a service that is away is waited for while no command runs. Default 600,000. */
  readonly patienceMs?: number;
}

/** Between two looks whether a run is still wanted. */
const lookEveryMs = 1_000;

/**
 * Runs one session of local mode, as a process of its own that lives on when the service is killed, and finds it again
 * wherever it comes back. Resolves with the status to exit with. A command that runs goes on until its deadline, whatever
 * became of the service; while none runs, a run whose folder was removed ends, and so does one that no service asked for.
 *
 * @throws Error when the folder is none that a local service made
 */
export async function runLocalRunner(options: LocalRunnerOptions): Promise<number> {
  const places = runPlaces(options.folder);
  const job = readDocument(places.job) as RunDocument | undefined;
  const secret = readText(places.secret)?.trim();
  if (job === undefined || !secret) throw new Error(`${options.folder} is no folder of a run.`);
  const { patienceMs = 600_000 } = options;
  const isRemoved = (): boolean => !existsSync(places.job);
  let url = '';
  let heardMs = performance.now();
  const code = await runRunner({
    control: httpControl({
      // While the service is away the file may be too: the last address is as good as any.
      url: () => (url = (readDocument(job.service) as ServiceDocument | undefined)?.url ?? url),
      session: job.session,
      attempt: job.attempt,
      secret,
      onAnswer: () => (heardMs = performance.now()),
    }),
    session: job.session,
    secret,
    host: '127.0.0.1',
    port: 0,
    folder: places.work,
    env: options.env,
    podName: job.jobName,
    lingerMs: 2_000,
    keepTryingMs: patienceMs,
    watchAbandoned: (onAbandoned) => {
      const sinceMs = performance.now();
      const look = (): void => {
        if (isRemoved() || performance.now() - Math.max(sinceMs, heardMs) >= patienceMs) onAbandoned();
      };
      const looking = setInterval(look, Math.min(lookEveryMs, patienceMs));
      return () => clearInterval(looking);
    },
    ...(options.fetchers && { fetchers: options.fetchers }),
    ...(options.terminate && { terminate: options.terminate }),
  });
  if (!isRemoved()) writePrivate(places.end, JSON.stringify({ code }));
  return code;
}
