import type { Envelope } from '@hawser/receipts';
import { SessionsError } from '../errors.js';
import { historyLines } from './history.js';
import { readLog } from './read.js';
import { mediaTypes, renderLog, type LogFormat } from './render.js';
import { screenAt } from './screen-at.js';
import { searchLog, waitForPattern } from './search.js';
import { transcriptType, writeTranscript } from './transcript.js';
import type { LogInfo, LogSource } from './types.js';

/** Seconds that a call may be held open to wait for a pattern. */
const maxWaitSeconds = 60;

/** What the routes of a log know beside it. */
export interface LogRoutesOptions {
  /** What stands as a title above a log written out. */
  readonly title?: string;
  /** Exit status once the command is over, for recordings. */
  readonly exitCode?: () => number | null;
  /** The receipt once there is one, for `format=transcript`. */
  readonly receipt?: () => Promise<Envelope | null>;
}

/**
 * Answers what can be asked about a log; only the last part of the path counts, so that a runner and the service answer
 * alike:
 *
 * - `GET /log?format=raw|text|html|cast|transcript&from=&to=&follow=1`, with `Range` for `raw`. `from` is an offset, for `text` and
 *   `html` a line. `x-hawser-log-head`, `-first`, `-epoch` and `-gap` say what there is.
 * - `GET /screen?at=` the screen as rows of text; `&format=ansi` as escape text.
 * - `GET /search?q=&case=1&from=&limit=` lines that hold a text.
 * - `GET /history?from=&to=` lines with their colours.
 * - `GET /wait?pattern=&from=&timeout=` waits up to 60 s for a line that matches; `{ "found": false }` when none did.
 *
 * Errors are problem documents (RFC 9457) with a `code`: 400 `invalid_request`, 404 `not_found`, 410 `log_expired`, 416
 * `range_not_satisfiable`.
 */
export function logRoutes(source: LogSource, options: LogRoutesOptions = {}): (request: Request) => Promise<Response> {
  return async (request) => {
    const url = new URL(request.url);
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return problem(405, 'method_not_allowed', 'Ask with GET.');
    try {
      switch (url.pathname.slice(url.pathname.lastIndexOf('/') + 1)) {
        case 'log':
          return await answerLog(source, options, request, url.searchParams);
        case 'screen':
          return await answerScreen(source, url.searchParams);
        case 'search':
          return await answerSearch(source, request, url.searchParams);
        case 'history':
          return await answerHistory(source, url.searchParams);
        case 'wait':
          return await answerWait(source, request, url.searchParams);
        default:
          return problem(404, 'not_found', `There is nothing at ${url.pathname}.`);
      }
    } catch (error) {
      if (error instanceof SessionsError && error.code === 'HAWSER_SESSIONS_BAD_INPUT') {
        return problem(400, 'invalid_request', error.message);
      }
      throw error;
    }
  };
}

async function answerLog(
  source: LogSource,
  options: LogRoutesOptions,
  request: Request,
  query: URLSearchParams,
): Promise<Response> {
  const format = query.get('format') ?? 'raw';
  if (format === 'transcript') {
    const headers = new Headers({ 'content-type': transcriptType, 'cache-control': 'no-store' });
    return body(request, writeTranscript(source, { receipt: (await options.receipt?.()) ?? null }), 200, headers);
  }
  if (!isFormat(format)) throw badInput(`A log is written as raw, text, html, cast or transcript, not as ${format}`);
  const info = await source.info();
  const from = number(query, 'from') ?? 0;
  const to = number(query, 'to');
  const headers = new Headers({ ...facts(info), 'content-type': mediaTypes[format], 'cache-control': 'no-store' });
  if (format === 'html')
    headers.set('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'; sandbox");
  headers.set('x-content-type-options', 'nosniff');
  const range = request.headers.get('range');
  if (format === 'raw') {
    headers.set('accept-ranges', 'bytes');
    if (query.get('follow') === '1') return body(request, followed(source, from, request.signal), 200, headers);
    if (range !== null) return answerRange(source, request, info, range, headers);
    if (info.gap === null)
      headers.set('content-length', String(Math.max(0, Math.min(to ?? info.head, info.head) - from)));
  }
  const exitCode = options.exitCode?.() ?? undefined;
  const pieces = renderLog(source, {
    format,
    from,
    ...(to === undefined ? {} : { to }),
    ...(options.title === undefined ? {} : { title: options.title }),
    ...(exitCode === undefined ? {} : { exitCode }),
  });
  return body(request, pieces, 200, headers);
}

/** One range of bytes, as RFC 9110 §14 has it; several, or another unit, are answered with everything. */
function answerRange(source: LogSource, request: Request, info: LogInfo, range: string, headers: Headers): Response {
  const asked = /^bytes=(\d*)-(\d*)$/u.exec(range.trim());
  if (!asked || (asked[1] === '' && asked[2] === ''))
    return body(request, renderLog(source, { format: 'raw' }), 200, headers);
  const { head, gap } = info;
  const from = asked[1] === '' ? Math.max(0, head - Number(asked[2])) : Number(asked[1]);
  const to = asked[1] === '' || asked[2] === '' ? head : Math.min(head, Number(asked[2]) + 1);
  if (from >= head || to <= from || (gap && from < gap.to && to > gap.from)) {
    const why = gap && from < head ? 'were dropped to stay within the limit of this log' : 'are not in it';
    const refused = problem(416, 'range_not_satisfiable', `Bytes ${from} to ${to} ${why}.`);
    refused.headers.set('content-range', `bytes */${head}`);
    return refused;
  }
  headers.set('content-range', `bytes ${from}-${to - 1}/${head}`);
  headers.set('content-length', String(to - from));
  return body(request, renderLog(source, { format: 'raw', from, to }), 206, headers);
}

async function* followed(source: LogSource, from: number, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  for await (const { data } of readLog(source, { from, follow: true, signal })) yield data;
}

async function answerScreen(source: LogSource, query: URLSearchParams): Promise<Response> {
  const { view, keyframe } = await screenAt(source, number(query, 'at'));
  if (query.get('format') !== 'ansi') return json({ ...view, at: new Date(keyframe.atMs).toISOString() });
  return new Response(Buffer.from(keyframe.data), {
    headers: {
      'content-type': 'application/octet-stream',
      'cache-control': 'no-store',
      'x-hawser-screen': `${keyframe.offset} ${keyframe.size.cols}x${keyframe.size.rows}`,
    },
  });
}

async function answerSearch(source: LogSource, request: Request, query: URLSearchParams): Promise<Response> {
  const text = query.get('q');
  if (text === null || text === '') throw badInput('Name what to look for as q');
  const limit = number(query, 'limit');
  const fromLine = number(query, 'from') ?? 0;
  return json(
    await searchLog(source, {
      text,
      fromLine,
      matchCase: query.get('case') === '1',
      signal: request.signal,
      ...(limit === undefined ? {} : { limit }),
    }),
  );
}

async function answerHistory(source: LogSource, query: URLSearchParams): Promise<Response> {
  const from = number(query, 'from') ?? 0;
  return json(await historyLines(source, from, number(query, 'to') ?? Number.MAX_SAFE_INTEGER));
}

async function answerWait(source: LogSource, request: Request, query: URLSearchParams): Promise<Response> {
  const pattern = query.get('pattern');
  if (pattern === null || pattern === '') throw badInput('Name what to wait for as pattern');
  const seconds = Number(query.get('timeout') ?? 30);
  if (!(seconds >= 0)) throw badInput('timeout is a number of seconds');
  const timeout = AbortSignal.timeout(Math.ceil(Math.min(seconds, maxWaitSeconds) * 1000));
  const signal = AbortSignal.any([request.signal, timeout]);
  return json(await waitForPattern(source, { pattern, from: number(query, 'from') ?? 0, signal }));
}

function facts({ epoch, head, first, lines, closed, digest, gap }: LogInfo): Record<string, string> {
  return {
    'x-hawser-log-epoch': epoch,
    'x-hawser-log-head': String(head),
    'x-hawser-log-first': String(first),
    'x-hawser-log-lines': String(lines),
    'x-hawser-log-closed': String(closed),
    ...(digest === null ? {} : { 'x-hawser-log-sha256': digest }),
    ...(gap === null ? {} : { 'x-hawser-log-gap': `${gap.from}-${gap.to}` }),
  };
}

function body(request: Request, pieces: AsyncGenerator<Uint8Array>, status: number, headers: Headers): Response {
  if (request.method === 'HEAD') return new Response(null, { status, headers });
  const stream = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await pieces.next();
      if (done) controller.close();
      // What the log holds may be changed by whoever transfers it: hand out a copy.
      else controller.enqueue(Uint8Array.from(value));
    },
    async cancel() {
      await pieces.return(undefined);
    },
  });
  return new Response(stream, { status, headers });
}

function json(value: unknown): Response {
  return Response.json(value, { headers: { 'cache-control': 'no-store' } });
}

function problem(status: number, code: string, detail: string): Response {
  return Response.json(
    { type: 'about:blank', title: detail, status, detail, code },
    { status, headers: { 'content-type': 'application/problem+json' } },
  );
}

function badInput(sentence: string): SessionsError {
  return new SessionsError('HAWSER_SESSIONS_BAD_INPUT', `${sentence}.`);
}

function isFormat(format: string): format is LogFormat {
  return Object.hasOwn(mediaTypes, format);
}

function number(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null || text === '') return undefined;
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw badInput(`${name} is a whole number from 0 on, not ${text}`);
}
