import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { livenessOf } from '@hawser/state-store/process';
import { TunnelsError } from '../errors.js';
import type { TunnelEvent } from '../status.js';
import { createLineCutter } from './lines.js';
import { type OwnedFolder, socketIn } from './owner.js';
import { type Greeting, type Operation, type Operations, PROTOCOL, type Reply, type Request } from './protocol.js';
import { fromWire } from './wire-error.js';

/** How long a supervisor may take to greet, in milliseconds. */
const GREETING_MS = 5_000;
/** When it has not by then, it is looked whether it can, in milliseconds. */
const DOUBT_MS = 250;

interface Pending {
  readonly resolve: (value: never) => void;
  readonly reject: (error: unknown) => void;
  readonly onEvent: ((event: TunnelEvent) => void) | undefined;
}

interface AskOptions {
  /** How long the answer may take, in milliseconds; without end unless given. */
  readonly withinMs?: number;
  readonly onEvent?: ((event: TunnelEvent) => void) | undefined;
  /** Calls the request off; it still settles only when the supervisor has undone it. */
  readonly signal?: AbortSignal | undefined;
}

/** Requests to a supervisor, and its answers. */
export class Conversation {
  readonly folder: OwnedFolder;
  /** Settles when the supervisor has hung up. */
  readonly over: Promise<void>;
  readonly #socket: Socket;
  readonly #pending = new Map<number, Pending>();
  readonly #cutter = createLineCutter();
  #ids = 0;
  #hasLeft = false;

  constructor(folder: OwnedFolder, socket: Socket) {
    this.folder = folder;
    this.#socket = socket;
    this.over = new Promise((resolve) => socket.once('close', () => resolve()));
    socket.on('close', () => this.#hungUp());
  }

  get isOver(): boolean {
    return this.#socket.destroyed;
  }

  /** Takes bytes that came; the first line has been taken already. */
  hear(bytes: Buffer): void {
    const lines = this.#cutter.push(bytes);
    if (!lines) this.#socket.destroy();
    for (const line of lines ?? []) this.#take(line);
  }

  /** @throws TunnelsError what the supervisor answers, or HAWSER_NET_NOT_RUNNING when it hangs up instead */
  async ask<Op extends Operation>(
    op: Op,
    ask: Operations[Op]['ask'],
    { withinMs, onEvent, signal }: AskOptions = {},
  ): Promise<Operations[Op]['answer']> {
    signal?.throwIfAborted();
    this.#ids += 1;
    const id = this.#ids;
    const cancel = (): void => void this.#socket.write(`${JSON.stringify({ cancel: id } satisfies Request)}\n`);
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise<Operations[Op]['answer']>((resolve, reject) => {
        if (this.isOver) return reject(hungUp(this.#hasLeft));
        this.#pending.set(id, { resolve, reject, onEvent });
        if (withinMs !== undefined) timer = setTimeout(() => void stuck(this.folder).then(reject), withinMs);
        signal?.addEventListener('abort', cancel, { once: true });
        // What could not be written was not heard. The socket is closed then, with a farewell perhaps unread.
        this.#socket.write(`${JSON.stringify({ id, op, ...ask })}\n`, (error) => error && reject(hungUp(true)));
      });
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    } finally {
      clearTimeout(timer);
      this.#pending.delete(id);
      signal?.removeEventListener('abort', cancel);
    }
  }

  close(): void {
    this.#socket.end();
    this.#socket.destroy();
  }

  #take(line: string): void {
    const reply = JSON.parse(line) as Reply;
    if ('bye' in reply) {
      this.#hasLeft = true;
      return;
    }
    const pending = this.#pending.get(reply.id);
    if (!pending) return;
    if ('event' in reply) pending.onEvent?.(reply.event);
    else if ('ok' in reply) pending.resolve(reply.ok as never);
    else void fromWire(reply.error).then((error) => pending.reject(error));
  }

  #hungUp(): void {
    for (const pending of this.#pending.values()) pending.reject(hungUp(this.#hasLeft));
  }
}

/**
 * Begins to talk to the supervisor whose folder this is; undefined when it does not listen (yet, or any more).
 *
 * @throws TunnelsError HAWSER_NET_PROTOCOL when it is of another version, HAWSER_NET_SUPERVISOR_FAILED when it is mute
 */
export async function converse(folder: OwnedFolder): Promise<Conversation | undefined> {
  const socket = connect(socketIn(folder.path));
  try {
    await once(socket, 'connect');
  } catch {
    return undefined;
  }
  socket.on('error', () => undefined);
  const conversation = new Conversation(folder, socket);
  const greeting = await greetingOf(socket, conversation, folder);
  if (greeting === undefined) return undefined;
  if (greeting === 'mute') {
    socket.destroy();
    throw await stuck(folder);
  }
  if (greeting.hawser === 'net' && greeting.protocol === PROTOCOL) return conversation;
  socket.destroy();
  throw new TunnelsError(
    'HAWSER_NET_PROTOCOL',
    `The supervisor (process ${folder.owner.identity.pid}) is of another version of hawser: it speaks ${String(greeting.protocol)}, this one ${PROTOCOL}.`,
    { details: { pid: folder.owner.identity.pid, theirs: greeting.protocol, ours: PROTOCOL } },
  );
}

/** Its first line; what comes behind it goes to the conversation. */
async function greetingOf(
  socket: Socket,
  conversation: Conversation,
  { owner }: OwnedFolder,
): Promise<Partial<Greeting> | 'mute' | undefined> {
  const timers: NodeJS.Timeout[] = [];
  try {
    return await new Promise((resolve) => {
      let before = Buffer.alloc(0);
      const giveUpIfSuspended = async (): Promise<void> => {
        const liveness = await livenessOf(owner.identity);
        if (liveness.state === 'alive' && liveness.suspended) resolve('mute');
      };
      timers.push(setTimeout(() => void giveUpIfSuspended(), DOUBT_MS));
      timers.push(setTimeout(() => resolve('mute'), GREETING_MS));
      socket.once('close', () => resolve(undefined));
      const listen = (bytes: Buffer): void => {
        before = Buffer.concat([before, bytes]);
        const end = before.indexOf(10);
        if (end === -1) return;
        socket.off('data', listen);
        socket.on('data', (more: Buffer) => conversation.hear(more));
        conversation.hear(before.subarray(end + 1));
        resolve(greetingIn(before.subarray(0, end).toString()));
      };
      socket.on('data', listen);
    });
  } finally {
    for (const timer of timers) clearTimeout(timer);
  }
}

function greetingIn(line: string): Partial<Greeting> {
  try {
    return JSON.parse(line) as Partial<Greeting>;
  } catch {
    return {};
  }
}

function hungUp(left: boolean): TunnelsError {
  return new TunnelsError('HAWSER_NET_NOT_RUNNING', left ? 'The supervisor has left.' : 'The supervisor was ended.', {
    hint: 'hawser net logs shows its last words; open the tunnels again with hawser net up.',
    details: { left },
  });
}

async function stuck({ owner }: OwnedFolder): Promise<TunnelsError> {
  const { pid } = owner.identity;
  const liveness = await livenessOf(owner.identity);
  const isSuspended = liveness.state === 'alive' && liveness.suspended;
  return new TunnelsError(
    'HAWSER_NET_SUPERVISOR_FAILED',
    isSuspended
      ? `The supervisor (process ${pid}) is suspended, so it does not answer.`
      : `The supervisor (process ${pid}) does not answer.`,
    {
      hint: isSuspended
        ? `Let it go on with kill -CONT ${pid}, or end it with hawser net down --all.`
        : `Give it a moment; hawser net down --all ends it.`,
      details: { pid, suspended: isSuspended },
    },
  );
}
