import { once } from 'node:events';
import { chmod } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { TunnelsError } from '../errors.js';
import type { TunnelEvent } from '../status.js';
import { checkSpecs } from './check-spec.js';
import { createLineCutter } from './lines.js';
import { type Greeting, type Operation, type Operations, type Reply } from './protocol.js';
import type { TunnelSelector, WaitFor } from './seam.js';
import type { Supervisor } from './supervisor.js';
import { toWire } from './wire-error.js';

/** A follower that does not read what it follows is cut off when so much waits for it, in bytes. */
const MOST_UNREAD = 4 << 20;

/** How long after a status was asked for somebody is taken to watch, in milliseconds. */
const WATCHED_MS = 20_000;
/** How long somebody who does not read may keep us from leaving, in milliseconds. */
const LAST_WORDS_MS = 1_000;

export interface ControlServerOptions {
  readonly supervisor: Supervisor;
  readonly greeting: Greeting;
  /** Whether nothing is left to do but the request being answered; from then on nothing more is opened. */
  readonly willLeave: () => boolean;
  /** A request ended, or somebody hung up. */
  readonly onQuiet: () => void;
}

interface Conversation {
  readonly socket: Socket;
  /** Requests in progress, by id. */
  readonly requests: Map<number, AbortController>;
  /** Requests that want events: of all tunnels, or of some. */
  readonly followers: Map<number, ReadonlySet<string> | undefined>;
}

/** Answers on the control socket. Whatever is said there, the tunnels go on. */
export class ControlServer {
  readonly #options: ControlServerOptions;
  readonly #server: Server;
  readonly #conversations = new Set<Conversation>();
  #greeted = 0;
  #isClosing = false;
  #lastStatus = Number.NEGATIVE_INFINITY;

  constructor(options: ControlServerOptions) {
    this.#options = options;
    this.#server = createServer((socket) => this.#converse(socket));
  }

  /** Listens on a socket that only this user reaches. */
  async listen(path: string): Promise<void> {
    // Its folder is private already.
    this.#server.listen(path);
    await once(this.#server, 'listening');
    await chmod(path, 0o600);
  }

  /** Requests in progress, but for those that only follow. */
  get busy(): number {
    return [...this.#conversations].reduce(
      (sum, { requests, followers }) => sum + requests.size - followersOf(requests, followers),
      0,
    );
  }

  get conversations(): number {
    return this.#conversations.size;
  }

  /** Conversations there have been. */
  get greeted(): number {
    return this.#greeted;
  }

  /** Whether somebody follows what happens, or has just asked for the status, as one who watches does again and again. */
  get isFollowed(): boolean {
    if (performance.now() - this.#lastStatus < WATCHED_MS) return true;
    return [...this.#conversations].some(({ followers }) => followers.size > 0);
  }

  /** Passes an event on to all that follow. */
  tell(event: TunnelEvent): void {
    for (const conversation of this.#conversations) {
      for (const [id, names] of conversation.followers) {
        if (names && !(event.tunnel !== undefined && names.has(event.tunnel))) continue;
        send(conversation.socket, { id, event });
        if (conversation.socket.writableLength > MOST_UNREAD) conversation.socket.destroy();
      }
    }
  }

  /** Takes no more conversations, and opens nothing for those there are. */
  refuseMore(): void {
    this.#isClosing = true;
    this.#server.close();
  }

  /** Ends all conversations; who follows is told that it is over. The last bytes are on their way when it settles. */
  async close(): Promise<void> {
    const ends = [...this.#conversations].map(async ({ socket, followers }) => {
      for (const id of followers.keys()) send(socket, { id, ok: null });
      send(socket, { bye: true });
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, LAST_WORDS_MS);
        socket.once('close', () => {
          clearTimeout(timer);
          resolve();
        });
        socket.destroySoon();
      });
      socket.destroy();
    });
    await Promise.all(ends);
  }

  #converse(socket: Socket): void {
    const conversation: Conversation = { socket, requests: new Map(), followers: new Map() };
    const cutter = createLineCutter();
    this.#conversations.add(conversation);
    this.#greeted += 1;
    socket.on('error', () => undefined);
    socket.on('data', (bytes: Buffer) => {
      const lines = cutter.push(bytes);
      if (!lines) {
        this.#refuse(socket, 'a line is too long');
        return;
      }
      for (const line of lines) this.#hear(conversation, line);
    });
    socket.on('close', () => {
      this.#conversations.delete(conversation);
      for (const request of conversation.requests.values()) request.abort();
      this.#options.onQuiet();
    });
    socket.write(`${JSON.stringify(this.#options.greeting)}\n`);
  }

  #hear(conversation: Conversation, line: string): void {
    if (conversation.socket.destroyed || line === '') return;
    const message = parse(line);
    if (typeof message?.['cancel'] === 'number') {
      conversation.requests.get(message['cancel'])?.abort();
      return;
    }
    const id = message?.['id'];
    if (typeof id !== 'number' || conversation.requests.has(id)) {
      this.#refuse(conversation.socket, 'a line is not a request');
      return;
    }
    void this.#answer(conversation, id, message!);
  }

  #refuse(socket: Socket, why: string): void {
    send(socket, { id: 0, error: { code: 'HAWSER_NET_PROTOCOL', message: `The supervisor hung up: ${why}.` } });
    socket.destroySoon();
  }

  async #answer(conversation: Conversation, id: number, message: Readonly<Record<string, unknown>>): Promise<void> {
    const abort = new AbortController();
    const { socket, requests, followers } = conversation;
    requests.set(id, abort);
    try {
      const ok = await this.#run(message, abort.signal, (names) => followers.set(id, names));
      send(socket, { id, ok });
    } catch (error) {
      send(socket, { id, error: toWire(error) });
    } finally {
      followers.delete(id);
      requests.delete(id);
      this.#options.onQuiet();
    }
  }

  async #run(
    message: Readonly<Record<string, unknown>>,
    signal: AbortSignal,
    follow: (names: ReadonlySet<string> | undefined) => void,
  ): Promise<Operations[Operation]['answer']> {
    const { supervisor } = this.#options;
    const waiting = {
      until: waitOf(message['wait'] ?? message['until']),
      timeoutMs: timeoutOf(message['timeoutMs']),
      signal,
    };
    switch (message['op']) {
      case 'status':
        this.#lastStatus = performance.now();
        return supervisor.status();
      case 'up': {
        if (this.#isClosing)
          throw new TunnelsError('HAWSER_NET_NOT_RUNNING', 'The supervisor is about to leave.', {
            details: { left: true },
          });
        const specs = checkSpecs(message['specs']);
        follow(new Set(specs.map((spec) => spec.name)));
        return supervisor.up(specs, waiting);
      }
      case 'down': {
        const result = await supervisor.down(selectorOf(message['selector']));
        return { ...result, leaves: this.#options.willLeave() };
      }
      case 'restart':
        return supervisor.restart(selectorOf(message['selector']));
      case 'wait':
        return supervisor.wait(selectorOf(message['selector']), waiting);
      case 'events':
        follow(undefined);
        await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
        return null;
      default:
        throw new TunnelsError(
          'HAWSER_NET_PROTOCOL',
          `The supervisor knows no request ${JSON.stringify(message['op'])}.`,
        );
    }
  }
}

/** Requests that do nothing but follow. */
function followersOf(requests: Conversation['requests'], followers: Conversation['followers']): number {
  return [...requests.keys()].filter((id) => followers.has(id) && followers.get(id) === undefined).length;
}

function send(socket: Socket, reply: Reply): void {
  if (!socket.destroyed && !socket.writableEnded) socket.write(`${JSON.stringify(reply)}\n`);
}

function parse(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function waitOf(value: unknown): WaitFor {
  if (value === undefined || value === 'bound' || value === 'link' || value === 'healthy') return value ?? 'healthy';
  throw new TunnelsError('HAWSER_NET_BAD_INPUT', `${JSON.stringify(value)} is not bound, link or healthy.`);
}

function timeoutOf(value: unknown): number {
  if (value === undefined) return 0;
  if (typeof value === 'number' && value >= 0) return Math.min(value, 2 ** 31 - 1);
  throw new TunnelsError('HAWSER_NET_BAD_INPUT', `${JSON.stringify(value)} is not a number of milliseconds.`);
}

function selectorOf(value: unknown): TunnelSelector {
  if (typeof value !== 'object' || value === null) throw new TunnelsError('HAWSER_NET_BAD_INPUT', 'Nobody is named.');
  const { all, names, sets, via, pid } = value as Readonly<Record<string, unknown>>;
  const isText = (item: unknown): boolean => typeof item === 'string';
  const isList = (list: unknown): boolean => list === undefined || (Array.isArray(list) && list.every(isText));
  const isWell =
    (all === undefined || typeof all === 'boolean') &&
    isList(names) &&
    isList(sets) &&
    (via === undefined || isText(via)) &&
    (pid === undefined || typeof pid === 'number');
  if (!isWell) throw new TunnelsError('HAWSER_NET_BAD_INPUT', 'It is not clear which tunnels are meant.');
  return value;
}
