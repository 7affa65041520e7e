import { randomBytes } from 'node:crypto';
import { request, type IncomingMessage, type RequestOptions } from 'node:http';
import { Readable, type Duplex } from 'node:stream';
import { SessionsError } from '../errors.js';
import type { ViewerRole } from '../protocol/types.js';
import { dialProof, dialTokenLifeMs, sameText, signDial } from './dial-token.js';
import type { RunnerAddress } from './dial-types.js';

/** Who dials which runner, as whom. */
export interface DialOptions {
  readonly address: RunnerAddress;
  readonly session: string;
  /** Epoch of the runner that is meant. */
  readonly epoch: string;
  /** See {@link dialKey}. */
  readonly key: Uint8Array;
  readonly viewer: string;
  readonly role: ViewerRole;
  readonly nowMs: () => number;
  /** Milliseconds until a runner that does not answer is given up. Default 5,000. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** Opens the connection where it is no plain one, such as a port-forward. */
  readonly connect?: (address: RunnerAddress) => Promise<Duplex>;
}

/** A WebSocket to a runner whose handshake is done: frames as they are on the wire, masked towards the runner. */
export interface DialledSocket {
  readonly socket: Duplex;
  /** What came behind the handshake. */
  readonly head: Buffer;
}

/**
 * Opens a `tsess.v1` WebSocket to a runner, and looks whether it is the one that is meant before anything is sent.
 *
 * @throws SessionsError `HAWSER_SESSIONS_RUNNER_UNREACHABLE` when nothing answers, or not with a WebSocket.
 * @throws SessionsError `HAWSER_SESSIONS_RUNNER_FOREIGN` when what answers cannot prove itself: the address is another's now.
 */
export async function dialRunner(
  options: DialOptions & { readonly path?: string; readonly protocol?: string },
): Promise<DialledSocket> {
  const nonce = randomBytes(16).toString('hex');
  const asked = await requestOf(options, nonce, {
    path: options.path ?? '/session',
    headers: {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': randomBytes(16).toString('base64'),
      'sec-websocket-protocol': options.protocol ?? 'tsess.v1',
    },
  });
  return await new Promise<DialledSocket>((resolve, reject) => {
    asked.once('upgrade', (response, socket, head) => {
      try {
        prove(options, nonce, response);
        socket.setTimeout(0);
        resolve({ socket, head });
      } catch (error) {
        socket.destroy();
        reject(error);
      }
    });
    asked.once('response', (response) => {
      response.resume();
      try {
        prove(options, nonce, response);
        reject(unreachable(options, new Error(`it answered ${response.statusCode}`)));
      } catch (error) {
        reject(error);
      }
    });
    asked.once('error', (cause) => reject(unreachable(options, cause)));
    asked.end();
  });
}

/**
 * Asks a runner something over HTTP; see the paths of {@link RunnerAddress}.
 *
 * @throws SessionsError as {@link dialRunner}.
 */
export async function fetchRunner(options: DialOptions, path: string, init: RequestInit = {}): Promise<Response> {
  const nonce = randomBytes(16).toString('hex');
  const asked = await requestOf(options, nonce, {
    path,
    method: init.method ?? 'GET',
    headers: Object.fromEntries(new Headers(init.headers)),
    ...(init.signal ? { signal: init.signal } : {}),
  });
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    asked.once('response', resolve);
    asked.once('error', (cause) => reject(unreachable(options, cause)));
  });
  // The answer to a body that is still being sent: whoever gets it looks after the body no more.
  const body = init.body === undefined || init.body === null ? null : new Response(init.body).body;
  if (body === null) asked.end();
  else
    Readable.fromWeb(body)
      .on('error', (error) => asked.destroy(error))
      .pipe(asked);
  const response = await answered;
  try {
    prove(options, nonce, response);
  } catch (error) {
    response.destroy();
    throw error;
  }
  asked.setTimeout(0);
  const headers = new Headers();
  for (const [name, value] of Object.entries(response.headers))
    if (typeof value === 'string' && !hopByHop.has(name)) headers.set(name, value);
  const status = response.statusCode ?? 502;
  const empty = status === 204 || status === 304 || init.method === 'HEAD';
  if (empty) response.resume();
  return new Response(empty ? null : (Readable.toWeb(response) as ConstructorParameters<typeof Response>[0]), {
    status,
    headers,
  });
}

const hopByHop: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'transfer-encoding',
  'x-hawser-runner-proof',
]);

async function requestOf(
  options: DialOptions,
  nonce: string,
  what: RequestOptions,
): Promise<ReturnType<typeof request>> {
  const { address, session, viewer, role, key, nowMs, timeoutMs = 5000, signal } = options;
  const token = signDial(key, { session, viewer, role, nonce, expiresAtMs: nowMs() + dialTokenLifeMs });
  let socket: Duplex | undefined;
  try {
    socket = await options.connect?.(address);
  } catch (cause) {
    throw unreachable(options, cause);
  }
  const asked = request({
    host: address.host,
    port: address.port,
    agent: false,
    ...what,
    ...(what.signal || !signal ? {} : { signal }),
    ...(socket ? { createConnection: () => socket } : {}),
  });
  asked.setHeader('host', 'runner');
  asked.setHeader('authorization', `Dial ${token}`);
  asked.setTimeout(timeoutMs, () => asked.destroy(new Error(`it says nothing for ${timeoutMs} ms`)));
  asked.setNoDelay(true);
  return asked;
}

function prove(options: DialOptions, nonce: string, response: IncomingMessage): void {
  const proof = response.headers['x-hawser-runner-proof'];
  if (typeof proof === 'string' && sameText(proof, dialProof(options.key, nonce, options.epoch))) return;
  throw new SessionsError(
    'HAWSER_SESSIONS_RUNNER_FOREIGN',
    `What answers at ${where(options)} is not the runner of session ${options.session}.`,
  );
}

function unreachable(options: DialOptions, cause: unknown): SessionsError {
  return new SessionsError(
    'HAWSER_SESSIONS_RUNNER_UNREACHABLE',
    `The runner of session ${options.session} at ${where(options)} cannot be reached.`,
    { cause },
  );
}

function where({ address }: DialOptions): string {
  return `${address.host}:${address.port}`;
}
