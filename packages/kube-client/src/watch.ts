import type { IncomingMessage } from 'node:http';
import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { KubeClientError } from './errors.js';
import { answerFailure } from './http/failure.js';
import type { Requests } from './http/requests.js';
import { parseJson } from './json.js';
import { isExpired, listFrom, selectors, withQuery } from './list.js';
import type { WatchEvent, WatchOptions } from './types.js';

interface Known {
  readonly metadata: {
    readonly uid?: string;
    readonly namespace?: string;
    readonly name: string;
    readonly resourceVersion?: string;
  };
}

interface Line {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: Known & { readonly code?: number };
}

/** Load balancers cut silent connections; a watch is asked to end before, and begun again. */
const TIMEOUT_SECONDS = 290;

/** A server that has not ended it by this much later is out of reach. */
const OVERDUE_MS = 20_000;

/** One object with its status may be as large as etcd takes. */
const LINE_LIMIT = 16 << 20;

/** A watch that ends sooner was not ended by its time. */
const SHORT_MS = 1_000;

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 30_000;

/**
 * Lists, then watches from there, over and over: what changed while there was no connection is told as if there had
 * been one, also when the server has forgotten it (410) and everything must be listed again.
 */
export async function* watchAll<T>(
  requests: Requests,
  path: string,
  options: WatchOptions,
): AsyncGenerator<WatchEvent<T>> {
  const known = new Map<string, Known>();
  const { resyncMs = Number.POSITIVE_INFINITY, onHeard } = options;
  let version: string | undefined;
  let listedAt = 0;
  let failures = 0;
  while (!options.signal.aborted) {
    try {
      if (version === undefined || performance.now() - listedAt >= resyncMs) {
        const seen = new Set<string>();
        let listed = '';
        for await (const object of listFrom<Known>(requests, path, options, (at) => (listed = at))) {
          seen.add(keyOf(object));
          const event = take(known, { type: 'ADDED', object });
          if (event) yield event as WatchEvent<T>;
        }
        for (const [key, object] of known) {
          if (seen.has(key)) continue;
          known.delete(key);
          yield { type: 'DELETED', object: object as T };
        }
        version = listed;
        listedAt = performance.now();
        failures = 0;
        onHeard?.();
      }
      const begun = performance.now();
      const leftMs = Math.min(TIMEOUT_SECONDS * 1_000, listedAt + resyncMs - begun);
      for await (const line of follow(requests, path, options, version, Math.max(1, Math.ceil(leftMs / 1_000)))) {
        failures = 0;
        onHeard?.();
        version = line.object.metadata?.resourceVersion ?? version;
        const event = line.type === 'BOOKMARK' ? undefined : take(known, line);
        if (event) yield event as WatchEvent<T>;
      }
      if (performance.now() - begun < SHORT_MS) await pause(failures++, options.signal);
    } catch (error) {
      if (options.signal.aborted) return;
      if (isExpired(error)) version = undefined;
      else if (!mayPass(error)) throw error;
      else await pause(failures++, options.signal);
    }
  }
}

/** What an event comes to, given what is known already; undefined when it says nothing new. */
function take(known: Map<string, Known>, { type, object }: Line): WatchEvent<Known> | undefined {
  const key = keyOf(object);
  const before = known.get(key);
  if (type === 'DELETED') return known.delete(key) ? { type, object } : undefined;
  known.set(key, object);
  if (!before) return { type: 'ADDED', object };
  return before.metadata.resourceVersion === object.metadata.resourceVersion ? undefined : { type: 'MODIFIED', object };
}

/** One connection's worth of events. */
async function* follow(
  requests: Requests,
  path: string,
  options: WatchOptions,
  version: string,
  seconds: number,
): AsyncGenerator<Line> {
  const query = {
    ...selectors(options),
    watch: 'true',
    allowWatchBookmarks: 'true',
    resourceVersion: version,
    timeoutSeconds: String(seconds),
  };
  const watched = withQuery(path, query);
  const response = await requests.send({ method: 'GET', path: watched, signal: options.signal });
  const overdueMs = seconds * 1_000 + OVERDUE_MS;
  const silence = setTimeout(
    () => response.destroy(new Error('The server says nothing more.')),
    Math.min(options.silenceMs ?? overdueMs, overdueMs),
  );
  silence.unref();
  try {
    for await (const text of lines(response)) {
      const line = parseJson(text, path) as Line;
      if (options.silenceMs !== undefined) silence.refresh();
      if (line.type === 'ERROR')
        throw answerFailure(`GET ${path}`, line.object.code ?? 500, JSON.stringify(line.object));
      yield line;
    }
  } finally {
    clearTimeout(silence);
    response.destroy();
  }
}

async function* lines(response: IncomingMessage): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let held = '';
  for await (const part of response as AsyncIterable<Buffer>) {
    held += decoder.decode(part, { stream: true });
    const complete = held.split('\n');
    held = complete.pop() ?? '';
    if (held.length > LINE_LIMIT) throw new Error('An event of the watch is too long.');
    yield* complete.filter((line) => line !== '');
  }
}

/** A restarted server, a lost network: not what asking again cannot change. */
function mayPass(error: unknown): boolean {
  if (!(error instanceof KubeClientError)) return true;
  if (error.code === 'HAWSER_KUBE_UNREACHABLE') return true;
  const { status } = error.details ?? {};
  return error.code === 'HAWSER_KUBE_API_FAILED' && (status === 429 || (typeof status === 'number' && status >= 500));
}

async function pause(failures: number, signal: AbortSignal): Promise<void> {
  const wait = Math.min(FIRST_WAIT_MS * 2 ** failures, LONGEST_WAIT_MS);
  await delay(wait * (0.5 + Math.random() / 2), undefined, { signal }).catch(() => undefined);
}

function keyOf({ metadata }: Known): string {
  return metadata.uid ?? `${metadata.namespace ?? ''}/${metadata.name}`;
}
