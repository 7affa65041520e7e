import type { RunnerAccess } from '../controller/ports.js';
import { SessionsError } from '../errors.js';
import type { ViewerRole } from '../protocol/types.js';
import { fetchRunner, type DialOptions } from '../runner/dial.js';
import type { SessionRow } from '../store/types.js';
import type { RunnerConnector } from './types.js';

/** Milliseconds for which a runner may say nothing: what waits for a pattern is silent for up to a minute. */
const patienceMs = 75_000;

/** By what way runners are reached. */
export interface HopOptions {
  readonly connect?: RunnerConnector;
  readonly nowMs: () => number;
}

/**
 * How the runner of a session is dialled for somebody.
 *
 * @throws SessionsError `HAWSER_SESSIONS_RUNNER_UNREACHABLE` while the session has none
 */
export function dialOf(
  { connect, nowMs }: HopOptions,
  session: SessionRow,
  who: { readonly viewer: string; readonly role: ViewerRole },
): DialOptions {
  const { address, port, dialKey, runnerEpoch } = session;
  if (address === null || port === null || dialKey === null || runnerEpoch === null) {
    throw new SessionsError('HAWSER_SESSIONS_RUNNER_UNREACHABLE', `Session ${session.id} has no runner yet.`);
  }
  return {
    address: { host: address, port },
    session: session.id,
    epoch: runnerEpoch,
    key: Buffer.from(dialKey, 'base64url'),
    ...who,
    nowMs,
    ...(connect && { connect }),
  };
}

/** Asks runners over HTTP, for whoever the headers of a request name. */
export function createRunnerAccess(options: HopOptions): RunnerAccess {
  return {
    async fetch(session, path, init) {
      const headers = new Headers(init.headers);
      const viewer = headers.get('x-hawser-viewer') ?? 'service';
      const role = headers.get('x-hawser-role') === 'control' ? 'control' : 'view';
      for (const name of ['x-hawser-viewer', 'x-hawser-role', 'authorization', 'cookie', 'host']) headers.delete(name);
      return await fetchRunner({ ...dialOf(options, session, { viewer, role }), timeoutMs: patienceMs }, path, {
        ...init,
        headers,
      });
    },
  };
}
