import type { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import type { ExecutionRecord, LogEvent, LogStream } from '@hawser/exec-client/contract';
import { isEnd } from '@hawser/exec-client/contract';
import type { LogFacts, LogReader, LogStretch } from '../../ports.js';
import { containers } from '../names.js';
import { type Pause, pauseByClock } from '../patience.js';
import { type EndMark, readBeginMark, readEndMark, readLine } from './marks.js';
import { createUpstream, type Upstream } from './upstream.js';

/** How logs are read. */
export interface CloudWatchLogsOptions {
  readonly logGroup: string;
  /** Called when the first log is read. */
  readonly client: () => Promise<CloudWatchLogsClient>;
  readonly nowMs: () => number;
  readonly pause?: Pause;
  /** Default: a second while lines flow, up to five while none do. */
  readonly pollMs?: { readonly least: number; readonly most: number };
}

/** Logs of tasks, and the one thing of them that only a log says. */
export interface CloudWatchLogs extends LogReader {
  /** The end mark in the stream of a task's command: what the first line of the stream vouches for. */
  endMark(stream: string): Promise<EndMark | undefined>;
}

/** Where one stream is read: a place that CloudWatch gave, and how many events of what follows it were taken. */
interface Place {
  readonly token?: string;
  readonly taken: number;
}

/** Where a log is read on. */
interface Position {
  readonly init: Place;
  readonly runner: Place;
  readonly seq: number;
  /** Lines of the command so far; one that is not finished is not counted yet. */
  readonly lines: number;
  readonly unfinished: boolean;
  /** All of init was read. */
  readonly ready: boolean;
  readonly ended?: LogFacts;
}

const beginning: Position = {
  init: { taken: 0 },
  runner: { taken: 0 },
  seq: 0,
  lines: 0,
  unfinished: false,
  ready: false,
};

/** What `init.sh` says last. */
const READY = 'hawser: ready';
/** Pages that one read looks through for an event that is asked for: empty pages are legal, and there may be many. */
const MOST_PAGES = 20;

/**
 * Reads the logs of tasks from CloudWatch: first how the clone was made, then what the command wrote. Events are in the
 * order of their stream, never of their times, which are often equal. The marks that run.sh writes are taken out; the
 * end mark with the right nonce ends the log.
 */
export function createCloudWatchLogs(options: CloudWatchLogsOptions): CloudWatchLogs {
  const pause = options.pause ?? pauseByClock;
  const pollMs = options.pollMs ?? { least: 1_000, most: 5_000 };
  const upstream = createUpstream({ ...options, pause, pollMs });

  return {
    read: async (record, query) => {
      const streams = streamsOf(record);
      let at = query.position === undefined ? beginning : (JSON.parse(query.position) as Position);
      if (streams && !at.ended) {
        const deadlineMs = options.nowMs() + query.waitMs;
        for (;;) {
          const found = await readOn(upstream, record, streams, at, query);
          at = found.at;
          if (found.events.length > 0 || at.ended) return stretch(found.events, at);
          const leftMs = deadlineMs - options.nowMs();
          if (leftMs <= 0 || query.signal?.aborted) break;
          await pause(Math.min(leftMs, pollMs.least), query.signal);
        }
      } else if (!streams && query.waitMs > 0) {
        await pause(query.waitMs, query.signal);
      }
      return stretch([], at);
    },

    endMark: async (stream) => {
      const { GetLogEventsCommand } = await import('@aws-sdk/client-cloudwatch-logs');
      const client = await options.client();
      const side = async (startFromHead: boolean): Promise<readonly string[]> => {
        const command = new GetLogEventsCommand({
          logGroupName: options.logGroup,
          logStreamName: stream,
          startFromHead,
          limit: 10,
        });
        const { events = [] } = await client.send(command);
        return events.map(({ message = '' }) => message);
      };
      const nonce = (await side(true)).map((line) => readBeginMark(line)).find((found) => found !== undefined);
      const marks = (await side(false)).map((line) => readEndMark(line));
      return marks.find((mark) => mark !== undefined && mark.nonce === nonce);
    },
  };
}

type Streams = Readonly<Record<LogStream, string>>;

function streamsOf({ task }: ExecutionRecord): Streams | undefined {
  const of = (container: string): string | undefined =>
    task?.logs?.find((name) => name.startsWith(`${containers.logPrefix}/${container}/`));
  const init = of(containers.init);
  const runner = of(containers.runner);
  return init === undefined || runner === undefined ? undefined : { init, runner };
}

interface Found {
  readonly at: Position;
  readonly events: readonly LogEvent[];
}

/** One look at both streams. What the command wrote waits until all of init was read, so that numbers never change. */
async function readOn(
  upstream: Upstream,
  record: ExecutionRecord,
  streams: Streams,
  from: Position,
  query: Parameters<LogReader['read']>[1],
): Promise<Found> {
  const wanted = query.stream ?? 'all';
  const events: LogEvent[] = [];
  let at = from;
  if (!at.ready) {
    // Whoever asks for init first and the command then knows whether init can still grow.
    const began = await hasBegun(upstream, record, streams.runner, query);
    const init = await take(upstream, streams.init, at.init, query.limit, query);
    for (const { ts, message } of init.events) {
      if (wanted !== 'runner') events.push({ seq: at.seq, ts, stream: 'init', message });
      at = { ...at, seq: at.seq + 1, ready: at.ready || message === READY };
    }
    at = { ...at, init: init.place, ready: at.ready || (init.atEnd && began) };
  }
  if (!at.ready || events.length >= query.limit) return { at, events };
  const runner = await take(upstream, streams.runner, at.runner, query.limit - events.length, query);
  at = { ...at, runner: runner.place };
  for (const { ts, message } of runner.events) {
    const mark = readEndMark(message);
    if (mark && mark.nonce === query.nonce) {
      at = { ...at, lines: at.lines + (at.unfinished ? 1 : 0), ended: mark };
      break;
    }
    if (query.nonce !== undefined && readBeginMark(message) === query.nonce) continue;
    const line = readLine(message);
    if (wanted !== 'init') {
      events.push({
        seq: at.seq,
        ts,
        stream: 'runner',
        message: line.message,
        ...(line.partial && { partial: true }),
      });
    }
    at = { ...at, seq: at.seq + 1, lines: at.lines + (line.partial ? 0 : 1), unfinished: line.partial };
  }
  return { at, events };
}

/** Whether init is over: the command's stream has something, or the execution is at its end. */
async function hasBegun(
  upstream: Upstream,
  record: ExecutionRecord,
  stream: string,
  { signal }: { readonly signal?: AbortSignal | undefined },
): Promise<boolean> {
  if (isEnd(record.phase)) return true;
  const page = await upstream.page(stream, undefined, { waitMs: 0, signal });
  return (page?.events.length ?? 0) > 0;
}

interface Taken {
  readonly events: readonly { readonly ts: number; readonly message: string }[];
  readonly place: Place;
  readonly atEnd: boolean;
}

/** At most `limit` events of one page, the first that has any. */
async function take(
  upstream: Upstream,
  stream: string,
  from: Place,
  limit: number,
  { signal }: { readonly signal?: AbortSignal | undefined },
): Promise<Taken> {
  let place = from;
  for (let pages = 0; pages < MOST_PAGES; pages += 1) {
    const page = await upstream.page(stream, place.token, { waitMs: 0, signal });
    if (!page || page.atEnd) return { events: [], place, atEnd: page?.atEnd ?? false };
    const rest = page.events.slice(place.taken);
    if (rest.length > limit) {
      return { events: rest.slice(0, limit), place: { ...place, taken: place.taken + limit }, atEnd: false };
    }
    place = { ...(page.next !== undefined && { token: page.next }), taken: 0 };
    if (rest.length > 0) return { events: rest, place, atEnd: false };
  }
  return { events: [], place, atEnd: false };
}

function stretch(events: readonly LogEvent[], at: Position): LogStretch {
  return {
    events,
    position: JSON.stringify(at),
    ended: at.ended !== undefined,
    complete: at.ended !== undefined && at.ended.lines === at.lines,
    ...(at.ended && { mark: { lines: at.ended.lines, bytes: at.ended.bytes, sha256: at.ended.sha256 } }),
  };
}
