import { EventEmitter } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import type { ChannelStats, SessionFacts } from '../channel/types.js';
import { FlagPayload, PayloadType, encodeFlag, encodeSize } from '../codec/index.js';
import { openDataChannel } from './data-channel.js';
import type { ChannelTuning, DataChannel, DataHandler, SessionType } from './session-type.js';
import { createInput } from './input.js';
import { createOutput } from './output.js';
import type { OpenSessionOptions, Session, SessionEnd, SessionEvents } from './types.js';

/** What {@link createStreamType} needs to know of a session type. */
export interface StreamTypeOptions {
  /**
   * What the end of `stdin` means to the far side. `eot`: it is a terminal, Ctrl-D is typed.
   * `disconnect`: it is a byte stream, everything is flushed and the destination let go. `nothing`: it reads no input.
   */
  readonly inputEnd: 'eot' | 'disconnect' | 'nothing';
}

/** A {@link SessionType} served as a {@link Session} of byte streams: the way to teach `openSession` a type of your own. */
export function createStreamType(name: string, options: StreamTypeOptions): SessionType<Session> {
  return { name, serve: (channel) => serveStreams(channel, options) };
}

/** The session types of the standard documents. `Port` is served as one byte stream, as AWS-StartSSHSession needs it. */
export const standardSessionTypes: readonly SessionType<Session>[] = [
  createStreamType('Standard_Stream', { inputEnd: 'eot' }),
  createStreamType('InteractiveCommands', { inputEnd: 'eot' }),
  createStreamType('NonInteractiveCommands', { inputEnd: 'nothing' }),
  createStreamType('Port', { inputEnd: 'disconnect' }),
];

/**
 * Opens a started session as byte streams: a shell, a command, or the one connection of an SSH document.
 * Resolves when the far side is ready. Ports for many connections are opened by `forwardPort`.
 *
 * `stdout` and `stderr` must both be read (or `resume()`d): what nobody reads fills the window and stops the session.
 *
 * @throws SsmChannelError when the channel cannot be opened, the agent refuses, or the session ends before it began;
 * the signal's reason when aborted meanwhile. Aborting later terminates the session.
 */
export async function openSession(
  options: OpenSessionOptions & ChannelTuning & { readonly types?: readonly SessionType<Session>[] },
): Promise<Session> {
  return await openDataChannel({ ...options, types: options.types ?? standardSessionTypes });
}

function serveStreams(
  channel: DataChannel,
  { inputEnd }: StreamTypeOptions,
): { served: Session; handler: DataHandler } {
  const input = createInput({
    write: (bytes) => channel.write(bytes),
    async end(lastByte) {
      if (inputEnd === 'eot') channel.write(endOfInput(lastByte));
      await channel.flush();
      if (inputEnd === 'disconnect') channel.control(PayloadType.Flag, encodeFlag(FlagPayload.DisconnectToPort));
    },
  });
  const stdout = createOutput((bytes) => channel.delivered(bytes));
  const stderr = createOutput((bytes) => channel.delivered(bytes));
  return {
    served: new StreamSession(channel, input.stream, stdout.stream, stderr.stream),
    handler: {
      deliver(kind, bytes) {
        if (kind === 'output') stdout.push(bytes);
        else if (kind === 'stderr' || kind === 'error') stderr.push(bytes);
      },
      drain: () => input.drain(),
      ended() {
        input.close();
        stdout.end();
        stderr.end();
      },
    },
  };
}

/**
 * A terminal takes Ctrl-D for the end only at the start of a line; elsewhere a shell that edits its lines ignores it,
 * and one that does not runs the line and goes on. So an unfinished line is finished first, by the key for that.
 */
function endOfInput(lastByte: number | undefined): Uint8Array {
  const atLineStart = lastByte === undefined || lastByte === 0x0a || lastByte === 0x0d;
  return Uint8Array.from(atLineStart ? [0x04] : [0x0d, 0x04]);
}

class StreamSession extends EventEmitter<SessionEvents> implements Session {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  readonly #channel: DataChannel;

  constructor(channel: DataChannel, stdin: Writable, stdout: Readable, stderr: Readable) {
    super();
    this.#channel = channel;
    this.stdin = stdin;
    this.stdout = stdout;
    this.stderr = stderr;
    channel.on('state', (state) => this.emit('state', state));
    channel.on('connect-error', () => this.emit('connect-error'));
    channel.on('debug', (line) => this.emit('debug', line));
  }

  get sessionId(): string {
    return this.#channel.sessionId;
  }

  get facts(): SessionFacts {
    return this.#channel.facts;
  }

  get stats(): ChannelStats {
    return this.#channel.stats;
  }

  get ended(): Promise<SessionEnd> {
    return this.#channel.ended;
  }

  resize({ columns, rows }: { readonly columns: number; readonly rows: number }): void {
    this.#channel.control(PayloadType.Size, encodeSize({ columns: clamp(columns), rows: clamp(rows) }));
  }

  terminate(): Promise<SessionEnd> {
    return this.#channel.terminate();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.terminate();
  }
}

function clamp(cells: number): number {
  return Math.min(65_535, Math.max(1, Math.trunc(cells) || 1));
}
