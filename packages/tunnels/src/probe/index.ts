import { performance } from 'node:perf_hooks';
import type { Duplex } from 'node:stream';
import { LinkError } from '../link/failure.js';
import type { ProbeSpec } from '../spec.js';
import { type AskHttp, askHttp, expectMarquez, expectPrefect, expectStatus } from './http.js';
import { askPostgres } from './postgres.js';
import { DEFAULT_SETTLE_MS, type ProbeResult, type RunProbe, type Verdict } from './probe.js';
import { askTcp, closedAtOnce } from './tcp.js';

/** Asks the application behind a tunnel whether it is there; see {@link RunProbe}. Reads at most 256 KiB of an answer. */
export const runProbe: RunProbe = async ({ probe, target, dial, timeoutMs, signal, settleMs = DEFAULT_SETTLE_MS }) => {
  const started = performance.now();
  const bounds = boundsOf(timeoutMs, signal);
  const ask = async (connection: Duplex): Promise<Verdict> => {
    if (connection.destroyed || connection.readableEnded) return closedAtOnce;
    if (probe.kind === 'tcp') return await askTcp(connection, settleMs);
    if (probe.kind === 'postgres') return await askPostgres(connection);
    return await askHttp(connection, target, httpQuestion(probe));
  };
  let connection: Duplex | undefined;
  let heard = 0;
  try {
    const dialling = dial(bounds.signal);
    dialling.then((late) => bounds.signal.aborted && discard(late), ignore);
    connection = await Promise.race([dialling, bounds.crossed]);
    connection.on('error', ignore);
    const asked = ask(connection);
    connection.on('data', (chunk: Buffer) => (heard += chunk.length));
    const verdict = await Promise.race([asked, bounds.crossed]);
    return verdict.ok ? { ...verdict, latencyMs: performance.now() - started } : verdict;
  } catch (error) {
    if (signal.aborted) return failed('link', 'The probe was called off before it had an answer.', 'Ask again.');
    if (bounds.signal.aborted) return lateness(timeoutMs, connection !== undefined, heard);
    return undiallable(error);
  } finally {
    bounds.release();
    if (connection) discard(connection);
  }
};

function httpQuestion(probe: ProbeSpec & { readonly kind: 'http' | 'prefect' | 'marquez' }): AskHttp {
  if (probe.kind === 'prefect') return { path: '/api/ready', reads: true, judge: expectPrefect };
  if (probe.kind === 'marquez') return { path: '/api/v1/namespaces', reads: true, judge: expectMarquez };
  return { path: probe.path, host: probe.host, reads: probe.body !== undefined, judge: expectStatus(probe) };
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

interface Bounds {
  readonly signal: AbortSignal;
  /** Rejects when time is up or the caller has called it off. */
  readonly crossed: Promise<never>;
  release(): void;
}

/** Not `AbortSignal.any`: on Node 20 each call leaves something behind on a signal that lives long. */
function boundsOf(timeoutMs: number, signal: AbortSignal): Bounds {
  const controller = new AbortController();
  const stop = (): void => controller.abort();
  const timer = setTimeout(stop, timeoutMs);
  if (signal.aborted) stop();
  else signal.addEventListener('abort', stop, { once: true });
  const crossed = new Promise<never>((_resolve, reject) => {
    const cross = (): void => reject(new Error('the probe is over'));
    if (controller.signal.aborted) cross();
    else controller.signal.addEventListener('abort', cross, { once: true });
  });
  crossed.catch(ignore);
  return {
    signal: controller.signal,
    crossed,
    release: () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
    },
  };
}

function discard(connection: Duplex): void {
  connection.on('error', ignore);
  connection.destroy();
}

function ignore(): void {}
