import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import type { Agent } from 'node:https';
import { WebSocket } from 'ws';
import { answerFailure, connectionFailure } from '../http/failure.js';
import type { Requests } from '../http/requests.js';

/** A websocket, and what is spoken on it. */
export interface Opened {
  readonly websocket: WebSocket;
  readonly protocol: string;
}

/** What the server said when it refused is worth no more. */
const REFUSAL_LIMIT = 64 * 1024;

const HANDSHAKE_TIMEOUT_MS = 30_000;

/** Servers answer pings by themselves; one that does not for this long is gone. */
const PING_MS = 15_000;

/**
 * Opens a websocket to a path of the API.
 *
 * @throws KubeClientError for every way it can fail; or what the signal was aborted with
 */
export async function openWebsocket(
  requests: Requests,
  options: { readonly path: string; readonly protocols: readonly string[]; readonly signal?: AbortSignal | undefined },
): Promise<Opened> {
  const { server } = requests;
  const url = `wss://${server.host}${server.pathname.replace(/\/$/, '')}${options.path}`;
  return await requests.authorized(
    async (credential, agent) => await shakeHands(server, { ...options, url, agent, headers: credential.headers }),
    options.signal,
  );
}

interface Handshake {
  readonly url: string;
  readonly path: string;
  readonly protocols: readonly string[];
  readonly agent: Agent;
  readonly headers: OutgoingHttpHeaders;
  readonly signal?: AbortSignal | undefined;
}

async function shakeHands(server: URL, { url, path, protocols, agent, headers, signal }: Handshake): Promise<Opened> {
  signal?.throwIfAborted();
  return await new Promise<Opened>((resolve, reject) => {
    const websocket = new WebSocket(url, {
      agent,
      // The slash in SPDY's name is no part of a subprotocol for the library: it is kept out of the choice.
      headers: { ...headers, 'sec-websocket-protocol': protocols.join(', ') },
      perMessageDeflate: false,
      handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
    });
    // Not the library's own: that would go on to end the open connection.
    const abort = (): void => {
      reject(signal?.reason as Error);
      websocket.terminate();
    };
    signal?.addEventListener('abort', abort, { once: true });
    websocket.once('close', () => signal?.removeEventListener('abort', abort));
    let protocol = '';
    websocket.on('upgrade', (response) => {
      protocol = response.headers['sec-websocket-protocol'] ?? '';
      delete response.headers['sec-websocket-protocol'];
    });
    websocket.on('unexpected-response', (_request, response) => {
      readRefusal(response).then((body) => {
        reject(answerFailure(`GET ${path}`, response.statusCode ?? 0, body));
        websocket.terminate();
      }, reject);
    });
    websocket.on('error', (error) => reject(connectionFailure(server, error)));
    websocket.on('open', () => {
      signal?.removeEventListener('abort', abort);
      if (!protocols.includes(protocol)) {
        websocket.terminate();
        return reject(connectionFailure(server, new Error(`it chose the protocol '${protocol}'`)));
      }
      keepAlive(websocket);
      return resolve({ websocket, protocol });
    });
  });
}

/** Bytes that wait to be read count as an answer: a paused websocket hears no pong. */
function keepAlive(websocket: WebSocket): void {
  let isAnswered = true;
  const timer = setInterval(() => {
    if (!isAnswered && !websocket.isPaused) return websocket.terminate();
    isAnswered = false;
    websocket.ping(() => undefined);
  }, PING_MS);
  timer.unref();
  websocket.on('pong', () => (isAnswered = true));
  websocket.on('message', () => (isAnswered = true));
  websocket.on('close', () => clearInterval(timer));
}

async function readRefusal(response: IncomingMessage): Promise<string> {
  let body = '';
  for await (const part of response as AsyncIterable<Buffer>) {
    body += part.toString('utf8');
    if (body.length > REFUSAL_LIMIT) break;
  }
  return body;
}
