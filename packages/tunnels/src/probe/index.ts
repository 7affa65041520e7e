import { performance } from 'node:perf_hooks';
import type { Duplex } from 'node:stream';
import { LinkError } from '../link/failure.js';
import { deadlineOf } from '../providers/deadline.js';
import type { ProbeSpec } from '../spec.js';
import { type AskHttp, askHttp, expectMarquez, expectPrefect, expectStatus } from './http.js';
import { askPostgres } from './postgres.js';
import { DEFAULT_SETTLE_MS, type ProbeResult, type RunProbe, type Verdict } from './probe.js';
import { askTcp, closedAtOnce } from './tcp.js';

/** A link that had to be made first took longer to dial than any answer takes. */
const LONGEST_SETTLE_MS = 1_000;

/** Asks the application behind a tunnel whether it is there; see {@link RunProbe}. Reads at most 256 KiB of an answer. */
export const runProbe: RunProbe = async ({ probe, target, dial, timeoutMs, signal, settleMs = DEFAULT_SETTLE_MS }) => {
  const started = performance.now();
  using bounds = deadlineOf(signal, timeoutMs);
  const ask = async (connection: Duplex): Promise<Verdict> => {
    // What it took to come here is the best guess at what a refusal takes to come back.
    const patienceMs = Math.max(settleMs, Math.min(performance.now() - started, LONGEST_SETTLE_MS));
    if (connection.destroyed || connection.readableEnded) return closedAtOnce;
    if (probe.kind === 'tcp') return await askTcp(connection, patienceMs);
    if (probe.kind === 'postgres') return await askPostgres(connection);
    return await askHttp(connection, target, httpQuestion(probe));
  };
  let connection: Duplex | undefined;
  let heard = 0;
  let broken: unknown;
  try {
    const dialling = dial(bounds.signal);
    dialling.then((late) => bounds.signal.aborted && discard(late), ignore);
    connection = await Promise.race([dialling, bounds.crossed]);
    connection.on('error', (error) => (broken = error));
    const asked = ask(connection);
    connection.on('data', (chunk: Buffer) => (heard += chunk.length));
    const verdict = await Promise.race([asked, bounds.crossed]);
    if (verdict.ok) return { ...verdict, latencyMs: performance.now() - started };
    return verdict.at === 'target' ? (reasonOf(broken) ?? verdict) : verdict;
  } catch (error) {
    if (signal.aborted) return failed('link', 'The probe was called off before it had an answer.', 'Ask again.');
    if (bounds.signal.aborted) return lateness(timeoutMs, connection !== undefined, heard);
    return undiallable(error);
  } finally {
    if (connection) discard(connection);
  }
};

function httpQuestion(probe: ProbeSpec & { readonly kind: 'http' | 'prefect' | 'marquez' }): AskHttp {
  if (probe.kind === 'prefect') return { path: '/api/ready', reads: true, judge: expectPrefect };
  if (probe.kind === 'marquez') return { path: '/api/v1/namespaces', reads: true, judge: expectMarquez };
  return { path: probe.path, host: probe.host, reads: probe.body !== undefined, judge: expectStatus(probe) };
}

/** What a link that finds out late says of the target; better than what can be told from a closed connection. */
function reasonOf(broken: unknown): ProbeResult | undefined {
  if (!(broken instanceof Error) || !('hint' in broken) || typeof broken.hint !== 'string') return undefined;
  return failed('target', broken.message, broken.hint);
}

/** Why nobody was reached: the link says whether it or the target is to blame. */
function undiallable(error: unknown): ProbeResult {
  if (!(error instanceof LinkError)) {
    const message = error instanceof Error ? error.message : String(error);
    return failed('link', `No connection could be made: ${message}`, 'Look at the link, with hawser net status.');
  }
  const { cause, message, hint } = error.failure;
  return failed(cause === 'target-refused' || cause === 'no-pod' ? 'target' : 'link', message, hint);
}

function lateness(timeoutMs: number, connected: boolean, heard: number): ProbeResult {
  const within = `within ${timeoutMs} ms`;
  if (!connected) {
    return failed('link', `No connection could be made ${within}.`, 'Look at the link, with hawser net doctor.');
  }
  if (heard === 0) {
    return failed(
      'target',
      `A connection was made, but nothing answered ${within}.`,
      'Check that the application runs and is not overloaded, and that the target is the port it listens on.',
    );
  }
  return failed(
    'application',
    `An answer began but was not complete ${within} (${heard} bytes came).`,
    'Check that the application is not overloaded, and that this port speaks what the probe expects.',
  );
}

function failed(at: 'link' | 'target' | 'application', message: string, hint: string): ProbeResult {
  return { ok: false, at, message, hint };
}

function discard(connection: Duplex): void {
  connection.on('error', ignore);
  connection.destroy();
}

function ignore(): void {}
