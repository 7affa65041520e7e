import type { Duplex } from 'node:stream';
import type { FrameFollower } from './frame-follower.js';

/** How two sockets are joined. */
export interface SpliceOptions {
  readonly client: Duplex;
  readonly runner: Duplex;
  /** Bytes the client sent already, for the runner. */
  readonly fromClient: readonly Uint8Array[];
  /** Bytes that came with the runner's answer, for the client. */
  readonly fromRunner: Uint8Array;
  /** Follows what goes to the client, from its first byte. */
  readonly follower: FrameFollower;
  /** Counts bytes on their way: `in` to the runner, `out` to the client. */
  readonly onBytes: (direction: 'in' | 'out', bytes: number) => void;
}

/** Two sockets that are one. */
export interface Splice {
  /** Which side ended it. Both sockets are closed by then, or closing. */
  readonly ended: Promise<'client' | 'runner' | 'interrupted'>;
  /** Puts bytes between two messages to the client, and ends both sides behind them. */
  readonly interrupt: (frames: Uint8Array) => void;
}

/** Milliseconds for what was written to reach a socket that is being closed. */
const lingerMs = 10_000;

/**
 * Joins two sockets: what one sends, the other gets, as fast as it takes it and no faster. Where one is gone, the other
 * is ended behind what was still on its way.
 */
export function splice(options: SpliceOptions): Splice {
  const { client, runner, follower, onBytes } = options;
  let inserting: Uint8Array | undefined;
  let over = false;
  const { promise: ended, resolve } = withResolvers<'client' | 'runner' | 'interrupted'>();

  const end = (by: 'client' | 'runner' | 'interrupted'): void => {
    if (over) return;
    over = true;
    client.removeListener('data', toRunner);
    runner.removeListener('data', toClient);
    finish(client);
    finish(runner);
    resolve(by);
  };
  const toClient = (chunk: Uint8Array): void => {
    const boundary = follower.follow(chunk);
    const cut = inserting === undefined ? -1 : boundary;
    const passed = cut < 0 ? chunk : chunk.subarray(0, cut);
    if (passed.length > 0) onBytes('out', passed.length);
    if (passed.length > 0 && !client.write(passed)) runner.pause();
    if (cut >= 0) insert();
  };
  const toRunner = (chunk: Uint8Array): void => {
    onBytes('in', chunk.length);
    if (!runner.write(chunk)) client.pause();
  };
  const insert = (): void => {
    client.write(inserting!);
    end('interrupted');
  };

  for (const [socket, who] of [
    [client, 'client'],
    [runner, 'runner'],
  ] as const) {
    // An error is followed by 'close'; what it was is nobody's concern here.
    socket.on('error', () => undefined);
    socket.once('end', () => end(who));
    socket.once('close', () => end(who));
  }
  runner.on('drain', () => client.resume());
  client.on('drain', () => runner.resume());
  for (const chunk of options.fromClient) toRunner(chunk);
  if (options.fromRunner.length > 0) toClient(options.fromRunner);
  client.on('data', toRunner);
  runner.on('data', toClient);
  client.resume();
  runner.resume();
  if (client.destroyed || client.readableEnded) end('client');
  if (runner.destroyed || runner.readableEnded) end('runner');

  return {
    ended,
    interrupt: (frames) => {
      if (over || inserting !== undefined) return;
      inserting = frames;
      if (follower.atBoundary) insert();
      // The rest of a message that does not come must not hold up whoever wants to end.
      else setTimeout(() => end('interrupted'), lingerMs).unref();
    },
  };
}

/**
 * Ends a socket behind what was written to it, and whatever its peer does about that. It is read until its peer ends it
 * too: closed with something unread it would be reset, and take from the peer what that has not read yet.
 */
export function finish(socket: Duplex): void {
  if (socket.destroyed) return;
  socket.on('error', () => undefined);
  const gone = setTimeout(() => socket.destroy(), lingerMs);
  gone.unref();
  socket.once('close', () => clearTimeout(gone));
  socket.end();
  socket.resume();
}

function withResolvers<Value>(): { readonly promise: Promise<Value>; readonly resolve: (value: Value) => void } {
  let resolve!: (value: Value) => void;
  const promise = new Promise<Value>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
