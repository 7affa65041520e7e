import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { closeCodes, subprotocol } from '../protocol/frames.js';
import { isOver } from '../protocol/states.js';
import type { SessionRow } from '../store/types.js';
import { attend, mayHaveRunner, type AttendPorts, type Attended } from './attend.js';
import { answerHttp, type RoutePorts } from './routes.js';
import { FrontDesk, grantCookie, grantOf, isStoreAway } from './grants.js';
import { createRunnerAccess } from './hop.js';
import { gatewayMetrics } from './metrics.js';
import { isBrowser, isOwnOrigin } from './origins.js';
import { openPage } from './page.js';
import { replay } from './replay.js';
import { finish } from './splice.js';
import type { GatewayLogLine, GatewayOptions, Viewer } from './types.js';
import { acceptOf, closeFrame } from './ws-frames.js';

/** The edge of the service: pages, exchanges and sockets below `/ws/`, and what the controller asks of runners. */
export interface Gateway {
  /** Answers whatever is no WebSocket. `remoteAddress` is the peer's. */
  handle(request: Request, peer: { readonly remoteAddress: string; readonly secure: boolean }): Promise<Response>;
  /** Takes over a socket that asked for a WebSocket; `head` is what came behind the request already. Never rejects. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void>;
  /** Sockets that are open. */
  readonly sockets: number;
  /** Lets nobody in any more, and sends everybody who is away, evenly over that time. Resolves when all are gone. */
  drain(options: { readonly overMs: number }): Promise<void>;
  /** Ends at once. */
  close(): Promise<void>;
}

/** Why a WebSocket is not had: by status, for programs, and by close code, for browsers, which show scripts no status. */
const refusals = {
  bad_request: [400, closeCodes.policy, 'this is no WebSocket of tsess.v1'],
  foreign_origin: [403, closeCodes.policy, 'another page asks'],
  grant_invalid: [401, closeCodes.revoked, 'this viewer may not look on'],
  ticket_invalid: [401, closeCodes.revoked, 'the link is not good'],
  ticket_used: [410, closeCodes.revoked, 'the link was used already'],
  not_found: [404, closeCodes.unknownSession, 'there is no such session'],
  expired: [410, closeCodes.unknownSession, 'the session is past its time'],
  store_unavailable: [503, 1013, 'the service cannot tell just now'],
  busy: [503, 1013, 'too many sockets'],
  draining: [503, 1013, 'this replica is going away'],
} as const;
type RefusalCode = keyof typeof refusals;

/** The path of a session: its id is all there is to it. */
const sessionPath = /^\/ws\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

/** Makes a gateway over its ports. It opens no port of its own; see `serveGateway`. */
export function createGateway(options: GatewayOptions): Gateway {
  const { clock, tickets, origins = [], maxSockets = 10_000, onLog = () => undefined } = options;
  const nowMs = (): number => clock.nowMs();
  const metrics = gatewayMetrics(options.registry);
  const rememberMs = options.grantCacheMs ?? 300_000;
  const desk = new FrontDesk({ store: options.store, tickets, nowMs, rememberMs });
  const hop = { nowMs, ...(options.connect && { connect: options.connect }) };
  const log = (line: GatewayLogLine): void => onLog(line);
  const ports: AttendPorts = { ...hop, store: options.store, clock, desk, metrics, onLog: log };
  const access = createRunnerAccess(hop);
  const routes: RoutePorts = { ...options, desk, metrics, access, page: openPage(options.pageFolder), nowMs, origins };
  const archive = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: 65_536,
    handleProtocols: () => subprotocol,
  });
  const cookies = new WeakMap<IncomingMessage, string>();
  archive.on('headers', (headers, request) => {
    const cookie = cookies.get(request);
    if (cookie !== undefined) headers.push(`Set-Cookie: ${cookie}`);
  });
  const attended = new Set<Attended>();
  let draining = false;

  const track = (one: Attended): void => {
    attended.add(one);
    void one.ended.finally(() => attended.delete(one)).catch(() => undefined);
  };

  async function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    // Whoever is gone already is nobody's error.
    socket.on('error', () => undefined);
    try {
      const found = await admit(request);
      if (typeof found === 'string') return refuse(request, socket, found);
      if (socket.destroyed) return;
      const { viewer, row, cookie } = found;
      if ('setNoDelay' in socket) (socket as unknown as { setNoDelay(on: boolean): void }).setNoDelay(true);
      if (isOver(row.state) && !mayHaveRunner(row)) {
        if (cookie !== undefined) cookies.set(request, cookie);
        archive.handleUpgrade(request, socket, head, (opened) => {
          track(replay({ ...ports, log: options.log }, opened, viewer, row));
        });
        return;
      }
      socket.write(acceptance(request, cookie));
      track(attend(ports, socket, head, viewer, row));
    } catch (error) {
      log({ level: 'error', event: 'upgrade_failed', why: (error as Error).message });
      refuse(request, socket, 'store_unavailable');
    }
  }

  async function admit(
    request: IncomingMessage,
  ): Promise<RefusalCode | { readonly viewer: Viewer; readonly row: SessionRow; readonly cookie?: string }> {
    const { headers } = request;
    const url = new URL(request.url ?? '/', 'http://gateway');
    const [, session] = sessionPath.exec(url.pathname) ?? [];
    if (session === undefined || !isWebSocket(request)) return 'bad_request';
    if (!isOwnOrigin(headers, origins)) return 'foreign_origin';
    if (draining) return 'draining';
    if (attended.size >= maxSockets) return 'busy';
    try {
      const ticket = url.searchParams.get('token');
      const who = ticket === null ? await byGrant(request, session) : await byTicket(request, session, ticket);
      if (typeof who === 'string') return who;
      const row = await desk.session(session);
      if (row === undefined) return 'not_found';
      if (row.state === 'expired') return 'expired';
      return { ...who, row };
    } catch (error) {
      if (isStoreAway(error)) return 'store_unavailable';
      throw error;
    }
  }

  async function byGrant(
    request: IncomingMessage,
    session: string,
  ): Promise<RefusalCode | { readonly viewer: Viewer }> {
    const grant = grantOf(request.headers);
    if (grant === undefined) return 'grant_invalid';
    const standing = await desk.check(grant, session);
    return standing.ok ? { viewer: viewerOf(standing.row) } : 'grant_invalid';
  }

  async function byTicket(
    request: IncomingMessage,
    session: string,
    ticket: string,
  ): Promise<RefusalCode | { readonly viewer: Viewer; readonly cookie: string }> {
    const { headers } = request;
    const done = await tickets.exchange({ ticket, session, userAgent: headers['user-agent'] ?? null });
    metrics.exchanged(done.ok ? 'exchanged' : done.why);
    if (!done.ok) return done.why === 'used' ? 'ticket_used' : 'ticket_invalid';
    desk.admit(done.grant, done.row);
    const secure = options.secureCookies ?? headers['x-forwarded-proto'] === 'https';
    return { viewer: viewerOf(done.row), cookie: grantCookie(done.grant, done.row, { secure, nowMs: nowMs() }) };
  }

  function refuse(request: IncomingMessage, socket: Duplex, code: RefusalCode): void {
    metrics.refused(code);
    if (socket.destroyed) return;
    const [status, closeCode, reason] = refusals[code];
    if (isBrowser(request.headers) && isWebSocket(request)) {
      socket.write(Buffer.concat([Buffer.from(acceptance(request)), closeFrame(closeCode, reason)]));
    } else {
      const body = JSON.stringify({ type: 'about:blank', title: reason, status, code });
      const head = [
        `HTTP/1.1 ${status} Refused`,
        'Content-Type: application/problem+json',
        `Content-Length: ${Buffer.byteLength(body)}`,
        ...(status === 503 ? ['Retry-After: 1'] : []),
        'Connection: close',
      ];
      socket.write(`${head.join('\r\n')}\r\n\r\n${body}`);
    }
    finish(socket);
  }

  return {
    handle: async (request, peer) => await answerHttp({ ...routes, draining }, request, peer),
    upgrade,
    get sockets() {
      return attended.size;
    },
    async drain({ overMs }) {
      draining = true;
      const all = [...attended];
      for (const [index, one] of all.entries()) {
        // What everybody is told is spread as well: all at once, they would all be back at once.
        one.sendAway(Math.round((index / all.length) * 1000));
        await clock.wait(overMs / all.length);
      }
      await Promise.allSettled(all.map((one) => one.ended));
    },
    async close() {
      draining = true;
      const all = [...attended];
      for (const one of all) one.sendAway(0);
      await Promise.allSettled(all.map((one) => one.ended));
    },
  };
}

function viewerOf({ session, viewer, role }: Viewer): Viewer {
  return { session, viewer, role };
}

function isWebSocket({ method, headers }: IncomingMessage): boolean {
  const offered = (headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
  return (
    method === 'GET' &&
    headers.upgrade?.toLowerCase() === 'websocket' &&
    headers['sec-websocket-version'] === '13' &&
    /^[+/\w]{22}==$/.test(headers['sec-websocket-key'] ?? '') &&
    offered.includes(subprotocol)
  );
}

/** Compression is not agreed to: the log is compressed where it lies, and a terminal's latency is worth more. */
function acceptance(request: IncomingMessage, cookie?: string): string {
  return [
    'HTTP/1.1 101 Switching Protocols',
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Accept: ${acceptOf(request.headers['sec-websocket-key'] ?? '')}`,
    `Sec-WebSocket-Protocol: ${subprotocol}`,
    ...(cookie === undefined ? [] : [`Set-Cookie: ${cookie}`]),
    '',
    '',
  ].join('\r\n');
}
