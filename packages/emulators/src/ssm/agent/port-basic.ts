import { FlagPayload, parseFlag, PayloadType, agentTakesTerminateFlag } from '@hawser/ssm-channel/codec';
import type { Socket } from 'node:net';
import { createDeferred } from './deferred.js';
import { describeDialFailure, destroySocket, dial, resolveDestination, type Destination } from './destination.js';
import type { Verdict } from './link.js';
import { createByteQueue, createOutlet } from './outlet.js';
import type { Plugin, PluginContext, PluginResult } from './plugin.js';

const pacedPayloadBytes = 1024;
const queueHighWaterBytes = 1024 * 1024;
const done: PluginResult = { output: '', announces: false };

/**
 * A port session without multiplexing: one connection at a time. It is dialled before input is taken. Of type
 * LocalPortForwarding, a connection that ended is dialled again with the next input, and the client never learns of
 * its end; of any other type (SSH) its end ends the session.
 *
 * @see amazon-ssm-agent agent/session/plugins/port/port_basic.go
 */
export function createBasicPortPlugin(context: PluginContext): Plugin {
  const { behaviour, link, request } = context;
  const redials = request.properties['type'] === 'LocalPortForwarding';
  let destination: Destination;
  let connection: Socket | undefined;
  let mustRedial = false;
  const { promise: ended, settle } = createDeferred<PluginResult>();
  const queue = createByteQueue(queueHighWaterBytes, () => connection?.resume());
  const outlet = createOutlet({
    link,
    payloadType: PayloadType.Output,
    payloadBytes: behaviour.paced ? pacedPayloadBytes : behaviour.payloadBytes,
    paced: behaviour.paced,
    source: queue,
  });

  /** The connection is over, by the far side or by us. */
  const finish = async (): Promise<void> => {
    connection = undefined;
    mustRedial = redials;
    link.unblock();
    if (redials) return;
    await outlet.emptied();
    settle(done);
  };

  const serve = (socket: Socket): void => {
    connection = socket;
    mustRedial = false;
    socket.on('data', (bytes: Buffer) => {
      queue.push(bytes);
      if (queue.bytes > queueHighWaterBytes) socket.pause();
      outlet.kick();
    });
    socket.on('drain', () => link.unblock());
    socket.on('error', () => {});
    socket.once('close', () => {
      if (connection === socket) void finish();
    });
  };

  const connectTo = (): Promise<Socket> =>
    new Promise((resolve, reject) => {
      const socket = dial(destination);
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.off('error', reject);
        resolve(socket);
      });
    });

  const redial = async (payload: Buffer): Promise<void> => {
    try {
      serve(await connectTo());
      connection?.write(payload);
      link.unblock();
    } catch {
      settle(done);
    }
  };

  const write = (payload: Buffer): Verdict => {
    if (mustRedial) {
      context.received(payload);
      mustRedial = false;
      void redial(payload);
      return 'blocked';
    }
    if (connection === undefined) return 'refused';
    context.received(payload);
    return connection.write(payload) ? 'taken' : 'blocked';
  };

  return {
    run: async () => {
      try {
        destination = await resolveDestination(context);
      } catch (error) {
        return { output: (error as Error).message, announces: false };
      }
      try {
        serve(await connectTo());
      } catch (error) {
        return { output: describeDialFailure(destination, error as NodeJS.ErrnoException), announces: false };
      }
      link.unblock();
      return ended;
    },
    input: (payloadType, payload) => {
      if (payloadType === PayloadType.Output) return write(payload);
      if (payloadType !== PayloadType.Flag || payload.length < 4) return 'taken';
      const flag = parseFlag(payload);
      if (flag === FlagPayload.TerminateSession && agentTakesTerminateFlag(behaviour.version)) settle(done);
      else if (flag === FlagPayload.DisconnectToPort) connection?.destroy();
      return 'taken';
    },
    writable: () => outlet.kick(),
    stop: async () => {
      outlet.stop();
      settle(done);
      const socket = connection;
      connection = undefined;
      if (socket !== undefined) await destroySocket(socket);
    },
  };
}
