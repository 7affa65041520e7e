import type { IncomingMessage } from 'node:http';
import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { demand } from '../api/access.js';
import { parsePath, type ResourcePath } from '../api/path.js';
import { authenticate } from '../api/serve.js';
import { ApiStatus, badRequest, noSuchResource, notFound } from '../api/status.js';
import type { World } from '../api/world.js';
import { serveChannels } from './channels.js';
import type { ForwardedPod } from './forwarded-pod.js';
import { serveSpdy } from './spdy.js';

const chosen = new WeakMap<IncomingMessage, string>();

const sockets = new WebSocketServer({ noServer: true });
sockets.on('headers', (headers, raw) => headers.push(`Sec-WebSocket-Protocol: ${chosen.get(raw) ?? ''}`));

/** Answers a request to speak another protocol: port-forward of a pod by websocket. */
export function serveUpgrade(world: World, raw: IncomingMessage, socket: Duplex, head: Buffer): void {
  socket.on('error', () => undefined);
  const method = raw.method ?? 'GET';
  try {
    const url = new URL(raw.url ?? '/', 'https://kubernetes');
    const who = authenticate(world, raw, url.pathname);
    const path = parsePath(url.pathname);
    if (path?.resource !== 'pods' || path.subresource !== 'portforward' || path.group !== '') throw noSuchResource();
    demand(world, who, 'get', path);
    const pod = runningPod(world, path);
    const protocol = choose(world, raw);
    const ports = protocol.startsWith('SPDY') ? [] : portsOf(url.searchParams);
    chosen.set(raw, protocol);
    // The slash in SPDY's name is not allowed in a subprotocol, so the choice is made here, not by the library.
    delete raw.headers['sec-websocket-protocol'];
    sockets.handleUpgrade(raw, socket, head, (websocket) => {
      world.record(method, raw.url ?? '/', 101);
      track(world, websocket);
      if (protocol === 'SPDY/3.1+portforward.k8s.io') serveSpdy(world, websocket, pod);
      else serveChannels(world, websocket, pod, ports, protocol === 'v5.channel.k8s.io');
    });
  } catch (error) {
    const status = error instanceof ApiStatus ? error : new ApiStatus(500, 'InternalError', String(error));
    world.record(method, raw.url ?? '/', status.code);
    refuse(socket, status);
  }
}

function runningPod(world: World, path: ResourcePath): ForwardedPod {
  const { namespace = '', name = '' } = path;
  const kind = world.kinds.byResource('', 'v1', 'pods');
  const pod = kind && world.store.get(kind, namespace, name);
  if (!pod) throw notFound('pods', name);
  const phase = (pod['status'] as { readonly phase?: string } | undefined)?.phase;
  if (phase !== 'Running') throw badRequest(`pod ${name} is not running: its phase is ${phase ?? 'Pending'}`);
  return { namespace, name };
}

/** The first that the client offers and this server speaks. */
function choose(world: World, raw: IncomingMessage): string {
  const offered = (raw.headers['sec-websocket-protocol'] ?? '').split(',').map((protocol) => protocol.trim());
  const found = world.forwardProtocols.find((protocol) => offered.includes(protocol));
  if (!found) throw badRequest(`unable to upgrade: none of the protocols is known: ${offered.join(', ')}`);
  return found;
}

function portsOf(query: URLSearchParams): readonly number[] {
  const ports = query
    .getAll('ports')
    .flatMap((list) => list.split(','))
    .map(Number);
  const isPort = (port: number): boolean => Number.isInteger(port) && port > 0 && port < 65_536;
  if (ports.length === 0 || !ports.every(isPort)) throw badRequest('query parameter "ports" is required');
  return ports;
}

/** Those that are open can be cut. */
function track(world: World, websocket: WebSocket): void {
  const open = { destroy: () => websocket.terminate() };
  world.open.add(open);
  websocket.on('error', () => undefined);
  websocket.on('close', () => world.open.delete(open));
}

function refuse(socket: Duplex, status: ApiStatus): void {
  const body = JSON.stringify(status);
  socket.end(
    `HTTP/1.1 ${status.code} ${STATUS_CODES[status.code] ?? ''}\r\nContent-Type: application/json\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}
