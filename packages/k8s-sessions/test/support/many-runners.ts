import { randomBytes, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { Keyframe, LogSource, LogWriter } from '../../src/log/index.js';
import { maxClientFrameBytes, subprotocol, type TerminalSize } from '../../src/protocol/index.js';
import { createDoor, type Door } from '../../src/runner/door.js';
import { Hub } from '../../src/runner/hub.js';
import type { RunnerAddress } from '../../src/runner/index.js';
import type { Terminal } from '../../src/runner/terminal.js';
import { serveViewer } from '../../src/runner/viewer-socket.js';

/** One of many sessions behind one port. */
export interface ManyRunner {
  readonly session: string;
  readonly secret: string;
  readonly epoch: string;
  /** Writes as the program would. */
  say(data: Uint8Array): void;
}

/** A stand-in for as many runners as are wanted, in one process. */
export interface ManyRunners extends AsyncDisposable {
  readonly address: RunnerAddress;
  readonly runners: readonly ManyRunner[];
  /** Sockets that are open now. */
  readonly sockets: number;
  /** Cuts every socket, without a word. */
  cut(): void;
}

/**
 * Starts `count` sessions that serve `tsess.v1` as a real runner does: the same door, hub and viewers. Only terminal and log
 * are stand-ins: what is typed comes back, and of the log the last 64 KiB are known.
 */
export async function startManyRunners(count: number): Promise<ManyRunners> {
  const all = new Map<string, { readonly door: Door; readonly hub: Hub }>();
  const runners = Array.from({ length: count }, (): ManyRunner => {
    const [session, secret, epoch] = [
      randomUUID(),
      randomBytes(32).toString('base64url'),
      randomBytes(16).toString('hex'),
    ];
    const hub = new Hub({
      session,
      epoch,
      command: 'echo',
      sizeMode: 'latest',
      log: memoryLog(epoch),
      nowMs: Date.now,
    });
    hub.plug(echo((data) => hub.append(data)));
    hub.phase('running', null);
    all.set(session, { hub, door: createDoor({ session, epoch, secret, nowMs: Date.now }) });
    return { session, secret, epoch, say: (data) => void hub.append(data) };
  });

  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: maxClientFrameBytes,
    perMessageDeflate: false,
    handleProtocols: () => subprotocol,
  });
  sockets.on('headers', (headers, request: IncomingMessage) => {
    const proof = all.get(sessionOf(request))?.door.proof(request) ?? [];
    headers.push(...proof.map(([name, value]) => `${name}: ${value}`));
  });
  const server = createServer((_request, response) => response.writeHead(404).end());
  server.on('upgrade', (request, socket: Duplex, head) => {
    const found = all.get(sessionOf(request));
    const claim = found?.door.caller(request)?.claim;
    if (!found || !claim) return socket.destroy();
    return sockets.handleUpgrade(request, socket, head, (ws) => serveViewer(ws, socket, found.hub, claim));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const cut = (): void => {
    for (const ws of sockets.clients) ws.terminate();
  };
  return {
    address: { host: '127.0.0.1', port },
    runners,
    get sockets() {
      return sockets.clients.size;
    },
    cut,
    async [Symbol.asyncDispose]() {
      cut();
      for (const { hub } of all.values()) hub.close();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The session a dial token names; whether it may is for that session's door. */
function sessionOf({ headers }: IncomingMessage): string {
  const [body = ''] = (headers.authorization ?? '').slice('Dial '.length).split('.');
  try {
    return (JSON.parse(Buffer.from(body, 'base64url').toString()) as { session: string }).session;
  } catch {
    return '';
  }
}

function echo(onOutput: (data: Uint8Array) => void): Terminal {
  return {
    pid: 0,
    ended: new Promise(() => undefined),
    input: { write: onOutput, drained: async () => undefined, close: () => undefined },
    resize: () => undefined,
    pause: () => undefined,
    resume: () => undefined,
    signal: () => undefined,
    signalAll: () => undefined,
  };
}

function memoryLog(epoch: string): LogWriter {
  const keepBytes = 65_536;
  let tail: Buffer = Buffer.alloc(0);
  let head = 0;
  let lines = 0;
  let size: TerminalSize = { cols: 80, rows: 24 };
  const keyframe = async (): Promise<Keyframe> => ({ offset: head, size, atMs: 0, data: tail });
  const nothing = async (): Promise<undefined> => undefined;
  const source: LogSource = {
    info: async () => ({ epoch, first: head - tail.length, head, lines, closed: false, digest: null, gap: null }),
    segments: async () => [],
    segment: nothing,
    keyframe,
    grown: nothing,
  };
  return {
    epoch,
    get head() {
      return head;
    },
    get lines() {
      return lines;
    },
    get size() {
      return size;
    },
    source,
    get screen(): never {
      throw new Error('This stand-in has no screen.');
    },
    write(data) {
      head += data.length;
      for (const byte of data) if (byte === 0x0a) lines += 1;
      tail = Buffer.concat([tail, data]).subarray(-keepBytes);
      return true;
    },
    drained: async () => undefined,
    resize: (wanted) => void (size = wanted),
    mark: () => undefined,
    keyframe,
    cut: () => undefined,
    close: async () => ({ offset: head, lines, digest: null, chain: null, segments: 0 }),
  };
}
