import { encodeFlag, FlagPayload, parseFlag, PayloadType, agentTakesTerminateFlag } from '@hawser/ssm-channel/codec';
import { createMux, type MuxWish } from '@hawser/ssm-channel/smux';
import type { Socket } from 'node:net';
import { createDeferred } from './deferred.js';
import { destroySocket, dial, resolveDestination, type Destination } from './destination.js';
import type { Verdict } from './link.js';
import { createByteQueue, createOutlet } from './outlet.js';
import type { Plugin, PluginContext, PluginResult } from './plugin.js';
import { keepsMuxAlive } from './versions.js';

const pacedPayloadBytes = 1024;
const frameBytes = 32_768;
const frameHeaderBytes = 8;
const keepAliveMs = 10_000;
const keepAliveTimeoutMs = 30_000;
const done: PluginResult = { output: '', announces: false };

interface MuxStream {
  readonly socket: Socket;
  /** Handed to the socket and not yet written by it. */
  unconsumed: number;
  connected: boolean;
}

/**
 * A multiplexed port session: the agent is the smux server and dials the destination for every stream. Either end of
 * a connection closes both of its directions: there is no half-close through an agent.
 *
 * @see amazon-ssm-agent agent/session/plugins/port/port_mux.go
 */
export function createMuxPortPlugin(context: PluginContext): Plugin {
  const { behaviour, link } = context;
  const payloadBytes = behaviour.paced ? pacedPayloadBytes : behaviour.payloadBytes;
  const mux = createMux({
    role: 'server',
    maxFrameBytes: behaviour.paced ? frameBytes : alignedFrameBytes(payloadBytes),
    keepAliveMs: keepsMuxAlive(behaviour.version, context.clientVersion) ? keepAliveMs : 0,
    keepAliveTimeoutMs,
  });
  const streams = new Map<number, MuxStream>();
  let destination: Destination | undefined;
  let held = false;
  let fulfilling = false;
  let timer: NodeJS.Timeout | undefined;
  const { promise: ended, settle } = createDeferred<PluginResult>();
  const queue = createByteQueue(Number.POSITIVE_INFINITY, () => {});
  const outlet = createOutlet({
    link,
    payloadType: PayloadType.Output,
    payloadBytes,
    paced: behaviour.paced,
    source: {
      take: (maxBytes) => {
        while (queue.bytes < maxBytes) {
          const frame = mux.next();
          if (frame === undefined) break;
          queue.push(frame);
        }
        fulfil();
        return queue.take(maxBytes);
      },
    },
  });

  /** Granting one wish may make more: they come behind, or bytes would overtake each other. */
  const fulfil = (): void => {
    if (fulfilling) return;
    fulfilling = true;
    const wasHeld = held;
    for (let wishes = mux.take(); wishes.length > 0; wishes = mux.take()) {
      for (const wish of wishes) grant(wish);
    }
    fulfilling = false;
    if (wasHeld && !held) link.unblock();
  };

  const grant = (wish: MuxWish): void => {
    switch (wish.do) {
      case 'open':
        open(wish.id);
        break;
      case 'data':
        write(wish.id, wish.bytes);
        break;
      case 'fin':
        // Closed in both directions as soon as everything was written.
        streams.get(wish.id)?.socket.end(() => streams.get(wish.id)?.socket.destroy());
        break;
      case 'drain':
        streams.get(wish.id)?.socket.resume();
        break;
      case 'hold':
        held = true;
        break;
      case 'release':
        held = false;
        break;
      case 'wake':
        clearTimeout(timer);
        timer = setTimeout(wake, Math.max(0, wish.atMs - performance.now()));
        break;
      case 'end':
        settle(done);
        break;
    }
  };

  const wake = (): void => {
    mux.tick(performance.now());
    fulfil();
    outlet.kick();
  };

  const open = (id: number): void => {
    const socket = dial(destination!);
    const stream: MuxStream = { socket, unconsumed: 0, connected: false };
    streams.set(id, stream);
    socket.once('connect', () => {
      stream.connected = true;
    });
    socket.on('data', (bytes: Buffer) => {
      if (!mux.write(id, bytes)) socket.pause();
      outlet.kick();
    });
    socket.on('error', () => {
      if (!stream.connected) link.sendData(PayloadType.Flag, encodeFlag(FlagPayload.ConnectToPortError));
    });
    socket.once('close', () => {
      streams.delete(id);
      mux.close(id);
      consume(id, stream.unconsumed);
      outlet.kick();
    });
  };

  const write = (id: number, bytes: Buffer): void => {
    const stream = streams.get(id);
    if (stream === undefined || stream.socket.destroyed) {
      mux.consumed(id, bytes.length, performance.now());
      return;
    }
    stream.unconsumed += bytes.length;
    stream.socket.write(bytes, () => {
      if (!streams.has(id)) return;
      stream.unconsumed -= bytes.length;
      consume(id, bytes.length);
    });
  };

  const consume = (id: number, bytes: number): void => {
    mux.consumed(id, bytes, performance.now());
    fulfil();
  };

  const isTerminate = (payload: Buffer): boolean =>
    agentTakesTerminateFlag(behaviour.version) &&
    payload.length >= 4 &&
    parseFlag(payload) === FlagPayload.TerminateSession;

  const receive = (payload: Buffer): Verdict => {
    if (destination === undefined) return 'refused';
    context.received(payload);
    mux.receive(payload, performance.now());
    fulfil();
    outlet.kick();
    return held ? 'blocked' : 'taken';
  };

  return {
    run: async () => {
      try {
        destination = await resolveDestination(context);
      } catch (error) {
        return { output: (error as Error).message, announces: false };
      }
      link.unblock();
      return ended;
    },
    input: (payloadType, payload) => {
      if (payloadType === PayloadType.Output) return receive(payload);
      if (payloadType === PayloadType.Flag && isTerminate(payload)) settle(done);
      return 'taken';
    },
    writable: () => outlet.kick(),
    stop: async () => {
      clearTimeout(timer);
      outlet.stop();
      settle(done);
      await Promise.all([...streams.values()].map(({ socket }) => destroySocket(socket)));
    },
  };
}

/** Frames that fill whole messages, near the original's size: no message has to be put together from two of them. */
function alignedFrameBytes(payloadBytes: number): number {
  const messages = Math.max(1, Math.floor(frameBytes / payloadBytes));
  return Math.min(65_535, Math.max(1, messages * payloadBytes - frameHeaderBytes));
}
