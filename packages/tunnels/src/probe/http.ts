import { type IncomingMessage, request } from 'node:http';
import type { Duplex } from 'node:stream';
import type { ProbeSpec, Target } from '../spec.js';
import type { Verdict } from './probe.js';

/** More of an answer is not read. */
const BODY_LIMIT = 256 * 1024;

/** Headers beyond this are not an answer; Node's own default. */
const HEADER_LIMIT = 16 * 1024;

/** What to ask for, and what to make of the answer. */
export interface AskHttp {
  readonly path: string;
  readonly host?: string | undefined;
  /** The judge looks at the body too. */
  readonly reads: boolean;
  readonly judge: (answer: HttpAnswer) => Verdict;
}

/** What came back. */
export interface HttpAnswer {
  readonly path: string;
  readonly status: number;
  readonly contentType: string;
  /** As far as it was read. */
  readonly body: string;
  /** It goes on beyond what was read. */
  readonly isCut: boolean;
}

/** One GET over a connection. */
export async function askHttp(connection: Duplex, target: Target, ask: AskHttp): Promise<Verdict> {
  return await new Promise((resolve) => {
    let heard = false;
    const asked = request({
      createConnection: () => connection,
      path: ask.path,
      headers: { host: ask.host ?? hostHeader(target), 'user-agent': 'hawser-probe', accept: '*/*' },
      maxHeaderSize: HEADER_LIMIT,
      setHost: false,
    });
    connection.once('data', () => (heard = true));
    asked.on('error', (error) => resolve(unintelligible(error, heard)));
    asked.on('upgrade', () => resolve(foreign('The answer switches to another protocol.')));
    asked.on('response', (response) => {
      const answer = { path: ask.path, status: response.statusCode ?? 0, contentType: contentTypeOf(response) };
      if (!ask.reads) {
        response.on('error', () => undefined);
        return resolve(ask.judge({ ...answer, body: '', isCut: false }));
      }
      readBody(response).then(
        ({ body, isCut }) => resolve(ask.judge({ ...answer, body, isCut })),
        () =>
          resolve({
            ok: false,
            at: 'application',
            message: `The connection broke in the middle of the answer to GET ${ask.path}.`,
            hint: 'Read the log of the application.',
          }),
      );
    });
    asked.end();
  });
}

/** Statuses and text that the person named. */
export function expectStatus(probe: ProbeSpec & { readonly kind: 'http' }): AskHttp['judge'] {
  return (answer) => {
    const isWell = probe.status ? probe.status.includes(answer.status) : answer.status >= 200 && answer.status < 400;
    if (!isWell) {
      return notWell(answer, probe.status ? `${probe.status.join(' or ')} was expected` : '200 to 399 were expected');
    }
    if (probe.body === undefined || answer.body.includes(probe.body)) return fine(answer);
    const where = answer.isCut ? `the first ${BODY_LIMIT / 1024} KiB of the answer` : 'the answer';
    return {
      ok: false,
      at: 'application',
      message: `GET ${answer.path} answered ${answer.status}, but ${where} does not contain ${JSON.stringify(probe.body)}.`,
      hint: 'Check that this port belongs to the application, and the text the probe looks for.',
    };
  };
}

/** 200 when the database can be reached, 503 when not (Prefect server, `/api/ready`). */
export function expectPrefect(answer: HttpAnswer): Verdict {
  if (answer.status === 503) {
    return {
      ok: false,
      at: 'application',
      message: 'Prefect answers, but is not ready (503): its database cannot be reached.',
      hint: 'Look at the database of the Prefect server.',
    };
  }
  if (answer.status !== 200) return notWell(answer, 'a ready Prefect server answers 200');
  return isHtml(answer)
    ? foreign(`GET ${answer.path} answered with a web page, which Prefect does not do.`)
    : fine(answer);
}

/** A list of namespaces (Marquez API, `GET /api/v1/namespaces`). */
export function expectMarquez(answer: HttpAnswer): Verdict {
  if (answer.status !== 200) return notWell(answer, 'Marquez answers 200');
  if (/^\s*\{[^]*"namespaces"/.test(answer.body)) return fine(answer);
  return foreign(`GET ${answer.path} answered 200, but without a list of namespaces, so this is not Marquez.`);
}

function fine(answer: HttpAnswer): Verdict {
  return { ok: true, detail: `GET ${answer.path} answered ${answer.status}` };
}

function notWell(answer: HttpAnswer, expected: string): Verdict {
  return {
    ok: false,
    at: 'application',
    message: `GET ${answer.path} answered ${answer.status}; ${expected}.`,
    hint: hintOfStatus(answer.status),
  };
}

function hintOfStatus(status: number): string {
  if (status === 400) return 'Check the Host header the application wants, and that this port speaks HTTP, not HTTPS.';
  if (status === 401 || status === 403) return 'Probe a path that needs no login, or take this status as well.';
  if (status === 404) return 'Check the path of the probe, and that this port belongs to the application.';
  if (status === 502 || status === 503 || status === 504) {
    return 'A proxy or the application itself says it cannot serve now: look at what stands behind it.';
  }
  return 'Read the log of the application.';
}

function foreign(message: string): Verdict {
  return { ok: false, at: 'application', message, hint: 'Check that the target is the port of the application.' };
}

/** What the parser stumbled over, in words. */
function unintelligible(
  error: Error & { readonly code?: string; readonly rawPacket?: Buffer },
  heard: boolean,
): Verdict {
  const first = error.rawPacket;
  if (first?.[0] === 0x15) return foreign('What answers speaks TLS, not plain HTTP.');
  if (first?.toString('latin1', 0, 4) === 'SSH-') return foreign('What answers is an SSH server, not HTTP.');
  if (error.code === 'HPE_HEADER_OVERFLOW') {
    return foreign(`The headers of the answer are longer than ${HEADER_LIMIT / 1024} KiB.`);
  }
  if (error.code?.startsWith('HPE_') || heard) return foreign('What answers does not speak HTTP, or not to the end.');
  return {
    ok: false,
    at: 'target',
    message: 'The connection was closed without an answer.',
    hint: 'Check that something listens on this port, and that the far end may forward to it.',
  };
}

async function readBody(response: IncomingMessage): Promise<{ body: string; isCut: boolean }> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of response as AsyncIterable<Buffer>) {
    parts.push(part);
    bytes += part.length;
    if (bytes > BODY_LIMIT) break;
  }
  return { body: Buffer.concat(parts).toString('utf8', 0, Math.min(bytes, BODY_LIMIT)), isCut: bytes > BODY_LIMIT };
}

function isHtml(answer: HttpAnswer): boolean {
  return answer.contentType.startsWith('text/html') || /^\s*<(!doctype|html)/i.test(answer.body);
}

function contentTypeOf(response: IncomingMessage): string {
  return response.headers['content-type']?.toLowerCase() ?? '';
}

/** The name the application is known by; a selector of pods has none. */
function hostHeader(target: Target): string {
  if ('path' in target) return 'localhost';
  const name = target.host.slice(target.host.indexOf('/') + 1);
  const host = target.host.includes('=') ? 'localhost' : name.includes(':') ? `[${name}]` : name;
  return target.port === 80 ? host : `${host}:${target.port}`;
}
