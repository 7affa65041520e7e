import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import { createGateway, type Gateway } from '../../src/gateway/gateway.js';
import { serveGateway, type ServedGateway } from '../../src/gateway/serve.js';
import type { GatewayLogLine, GatewayOptions } from '../../src/gateway/types.js';
import { systemClock } from '../../src/local/clock.js';
import { decodeServerFrame, encodeClientFrame } from '../../src/protocol/index.js';
import type { ClientFrame, ServerFrame } from '../../src/protocol/index.js';
import { migrate, openStore, storedLog, type SessionRow, type SessionStore } from '../../src/store/index.js';
import { createMemoryKeys, openTickets, type Tickets } from '../../src/tickets/index.js';
import { startFakeRunner, type FakeRunner } from './fake-runner.js';
import { sessionRow } from './session-row.js';

/** A gateway on a port, over a real store and real tickets: SQLite, or what is given. */
export interface GatewayWorld extends AsyncDisposable {
  readonly store: SessionStore;
  readonly tickets: Tickets;
  readonly gateway: Gateway;
  readonly served: ServedGateway;
  readonly url: string;
  readonly log: GatewayLogLine[];
  /** A session as the store has it, with a runner behind it when one is given. */
  session(wanted?: Partial<SessionRow>): Promise<SessionRow>;
  live(wanted?: Partial<SessionRow>): Promise<{ readonly row: SessionRow; readonly runner: FakeRunner }>;
  /** A ticket, exchanged as a program does it. */
  grant(session: string, role?: 'control' | 'view'): Promise<string>;
}

export async function openGatewayWorld({
  store: given,
  ...options
}: Partial<GatewayOptions> & { readonly store?: SessionStore } = {}): Promise<GatewayWorld> {
  const folder = mkdtempSync(join(tmpdir(), 'hawser-gateway-'));
  const pageFolder = join(folder, 'page');
  mkdirSync(pageFolder);
  writeFileSync(join(pageFolder, 'index.html'), '<!doctype html><title>Session</title>');
  writeFileSync(join(pageFolder, 'main-1234.js'), 'console.log("page");'.repeat(100));
  const file = join(folder, 'sessions.db');
  if (given === undefined) await migrate({ file });
  const store = given ?? (await openStore({ file }));
  const tickets = openTickets({ store, keys: createMemoryKeys(), issuer: 'test', nowMs: Date.now });
  const log: GatewayLogLine[] = [];
  const gateway = createGateway({
    store,
    tickets,
    log: (session) => storedLog(store, session),
    pageFolder,
    clock: systemClock,
    mayRelay: (token, session) => tickets.verifyRelay(token, session),
    onLog: (line) => log.push(line),
    ...options,
  });
  const served = await serveGateway({ gateway });
  const runners: FakeRunner[] = [];
  const session = async (wanted: Partial<SessionRow> = {}): Promise<SessionRow> => {
    const row = sessionRow({ createdAt: Date.now(), ...wanted });
    const event = { actor: 'test', kind: 'created' };
    await store.createSession({
      session: row,
      payload: new Uint8Array(1),
      payloadExpiresAt: Date.now() + 60_000,
      event,
    });
    return row;
  };
  return {
    store,
    tickets,
    gateway,
    served,
    url: served.url,
    log,
    session,
    async live(wanted = {}) {
      const row = sessionRow(wanted);
      const runner = await startFakeRunner({ session: row.id });
      runners.push(runner);
      const { port, epoch: runnerEpoch, dialKey } = runner;
      return {
        row: await session({ ...row, state: 'running', address: '127.0.0.1', port, runnerEpoch, dialKey, ...wanted }),
        runner,
      };
    },
    async grant(id, role = 'control') {
      const { token } = await tickets.mint({ session: id, role, principal: 'owner' });
      const answer = await fetch(`${served.url}/ws/${id}/exchange`, {
        method: 'POST',
        body: JSON.stringify({ ticket: token }),
      });
      return ((await answer.json()) as { grant: string }).grant;
    },
    async [Symbol.asyncDispose]() {
      for (const runner of runners) await runner[Symbol.asyncDispose]();
      await served.close();
      if (given === undefined) await store.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A viewer that sees every frame. */
export class FrameViewer {
  readonly socket: WebSocket;
  readonly frames: ServerFrame[] = [];
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  readonly #waiting = new Set<() => void>();

  constructor(
    url: string,
    session: string,
    headers: Readonly<Record<string, string>>,
    protocols: readonly string[] = ['tsess.v1'],
  ) {
    this.socket = new WebSocket(`${url.replace('http', 'ws')}/ws/${session}`, [...protocols], {
      headers,
      perMessageDeflate: false,
    });
    this.socket.on('message', (data: Buffer) => {
      this.frames.push(decodeServerFrame(new Uint8Array(data)));
      for (const check of this.#waiting) check();
    });
    this.socket.on('error', () => undefined);
    this.closed = once(this.socket, 'close').then(([code, reason]) => ({
      code: code as number,
      reason: String(reason),
    }));
  }

  async opened(): Promise<this> {
    if (this.socket.readyState !== WebSocket.OPEN) await once(this.socket, 'open');
    return this;
  }

  send(frame: ClientFrame): void {
    this.socket.send(encodeClientFrame(frame));
  }

  /** The first frame of a kind, as soon as there is one. */
  async frame<Type extends ServerFrame['type']>(type: Type): Promise<Extract<ServerFrame, { type: Type }>> {
    return await new Promise((resolve) => {
      const check = (): void => {
        const found = this.frames.find((frame) => frame.type === type);
        if (!found) return;
        this.#waiting.delete(check);
        resolve(found as Extract<ServerFrame, { type: Type }>);
      };
      this.#waiting.add(check);
      check();
    });
  }
}

/** How a WebSocket was refused: the status a program sees. */
export async function refusalOf(
  url: string,
  session: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<number> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/ws/${session}`, ['tsess.v1'], { headers });
  socket.on('error', () => undefined);
  const [, response] = (await once(socket, 'unexpected-response')) as [unknown, { statusCode: number; resume(): void }];
  response.resume();
  return response.statusCode;
}
