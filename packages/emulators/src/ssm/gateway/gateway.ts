import { parseOpenDataChannel, type OpenDataChannel } from '@hawser/ssm-channel/codec';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { WebSocketServer, type WebSocket } from 'ws';
import type { HttpRequest, HttpResponse } from '../../http/server.js';
import type { SigningFault } from '../../http/sigv4.js';
import type { GatewayControls, GatewayOptions } from '../types.js';
import type { Relay } from './relay.js';
import { createWireEnd, type WireEnd } from './wire-end.js';

/** How a gateway is made. */
export interface GatewaySetup {
  readonly options: GatewayOptions;
  find(sessionId: string): Relay | undefined;
  /** Judges a request's signature for service `ssmmessages`; `none` when it has none. */
  judge(request: HttpRequest): 'none' | 'valid' | SigningFault;
  /** Makes an upgrade fail, when the test asked for it. */
  refusal(request: HttpRequest, judged: 'none' | 'valid' | SigningFault): SigningFault | undefined;
}

/** The websocket side of the emulator. */
export interface Gateway {
  upgrade(request: HttpRequest, raw: IncomingMessage, socket: Socket, head: Buffer): void;
  /** `POST /v1/data-channel/<id>`: what an agent over the wire asks first. */
  createDataChannel(request: HttpRequest): HttpResponse;
}

const path = /^\/v1\/data-channel\/([\w-]{1,96})(?:\?|$)/u;
const defaultFrameBytes = 2 * 1024 * 1024;
const openTimeoutMs = 10_000;

/** Makes the gateway; it listens on nothing by itself. */
export function createGateway(setup: GatewaySetup): Gateway {
  const server = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: setup.options.maxFrameBytes ?? defaultFrameBytes,
  });
  return {
    upgrade: (request, raw, socket, head) => {
      const relay = findRelay(setup, request);
      const judged = setup.judge(request);
      const fault = setup.refusal(request, judged);
      if (fault !== undefined) {
        refuse(socket, 403, fault);
      } else if (relay === undefined || !request.url.includes('role=publish_subscribe')) {
        refuse(socket, 404, { type: 'ResourceNotFoundException', message: 'There is no such data channel.' });
      } else {
        server.handleUpgrade(raw, socket, head, (webSocket) => {
          awaitOpen(setup, relay, webSocket, socket, judged === 'valid' ? 'valid' : 'none');
        });
      }
    },
    createDataChannel: (request) => {
      const relay = findRelay(setup, request);
      const judged = setup.judge(request);
      if (typeof judged !== 'string') return xml(403, `<Error><Code>${judged.type}</Code></Error>`);
      if (relay === undefined || relay.endedMs !== undefined) {
        return xml(400, '<Error><Message>Session is already terminated</Message></Error>');
      }
      const body =
        '<CreateDataChannelResponse xmlns="http://ssm.amazonaws.com/doc/2017-07-26/">' +
        `<MessageSchemaVersion>1.0</MessageSchemaVersion><TokenValue>${relay.issueAgentToken()}</TokenValue>` +
        '</CreateDataChannelResponse>';
      return xml(201, body);
    },
  };
}

function findRelay(setup: GatewaySetup, request: HttpRequest): Relay | undefined {
  const sessionId = path.exec(request.url)?.[1];
  return sessionId === undefined ? undefined : setup.find(sessionId);
}

function refuse(socket: Socket, status: 403 | 404, fault: SigningFault): void {
  const body = JSON.stringify({ __type: fault.type, message: fault.message });
  socket.on('error', () => {});
  socket.end(
    `HTTP/1.1 ${status} ${status === 403 ? 'Forbidden' : 'Not Found'}\r\nConnection: close\r\n` +
      `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

/** The first frame says who is there, and by what right. */
function awaitOpen(
  setup: GatewaySetup,
  relay: Relay,
  webSocket: WebSocket,
  socket: Socket,
  signature: 'none' | 'valid',
): void {
  // Broken connections are told by `close`.
  webSocket.on('error', () => {});
  const timer = setTimeout(() => webSocket.close(1008, 'OpenDataChannel is missing'), openTimeoutMs);
  webSocket.once('close', () => clearTimeout(timer));
  webSocket.once('message', (data: Buffer, isBinary) => {
    clearTimeout(timer);
    const open = isBinary ? undefined : readOpen(data);
    const role = open?.clientInstanceId === undefined ? 'client' : 'agent';
    if (open === undefined || !relay.takeToken(role, open.tokenValue)) {
      webSocket.close(1008, 'Invalid token');
      return;
    }
    if (role === 'agent') {
      const end = createWireEnd(webSocket, socket, {
        frame: (frame) => {
          relay.fromAgent(frame);
          if (!relay.clientTakesMore) end.hold();
        },
        drained: () => relay.agentDrained(),
        closed: () => relay.detachAgent(),
      });
      relay.attachAgent(end);
    } else {
      attachClient(setup, relay, webSocket, socket, { clientVersion: open.clientVersion, signature });
    }
  });
}

function attachClient(
  { options }: GatewaySetup,
  relay: Relay,
  webSocket: WebSocket,
  socket: Socket,
  facts: { readonly clientVersion: string | undefined; readonly signature: 'none' | 'valid' },
): void {
  let cutTimer: NodeJS.Timeout | undefined;
  const end: WireEnd = createWireEnd(webSocket, socket, {
    frame: (frame) => relay.fromClient(frame),
    drained: () => relay.clientDrained(),
    closed: () => {
      clearTimeout(cutTimer);
      relay.detachClient(end);
    },
  });
  if (options.cutAfterMs !== undefined) {
    cutTimer = setTimeout(() => {
      end.close(1000, 'Bye');
      relay.detachClient(end);
    }, options.cutAfterMs);
  }
  relay.attachClient(end, facts);
}

function readOpen(data: Buffer): OpenDataChannel | undefined {
  try {
    const open = parseOpenDataChannel(data);
    return open.requestId === '' || open.clientId === '' ? undefined : open;
  } catch {
    return undefined;
  }
}

function xml(status: number, body: string): HttpResponse {
  return { status, headers: { 'content-type': 'application/xml' }, body: `<?xml version="1.0"?>\n${body}` };
}

/** The faults a test causes by hand, on one session or on all. */
export function createControls(
  relays: () => Iterable<Relay>,
  listener: { start(): Promise<void>; stop(): Promise<void> },
): GatewayControls {
  const each = (sessionId: string | undefined, act: (relay: Relay) => void): void => {
    for (const relay of relays()) {
      if (sessionId === undefined || relay.id === sessionId) act(relay);
    }
  };
  return {
    cut: (sessionId, how) => each(sessionId, (relay) => relay.cutClient(how)),
    stall: (sessionId) => each(sessionId, (relay) => relay.stallClient()),
    pause: (sessionId) => each(sessionId, (relay) => relay.publish(false)),
    resume: (sessionId) => each(sessionId, (relay) => relay.publish(true)),
    killAgent: (sessionId) => each(sessionId, (relay) => relay.killAgent()),
    stop: () => listener.stop(),
    start: () => listener.start(),
  };
}
