import { connect, type Socket } from 'node:net';
import type { WebSocket } from 'ws';
import type { World } from '../api/world.js';
import { refusal } from './refusal.js';
import type { ForwardedPod } from './forwarded-pod.js';

/** A message on this channel says that the channel named by its second byte sends no more (v5). */
const CLOSE_CHANNEL = 255;

/**
 * Ports over binary channels: for the n-th port channel 2n carries its bytes and 2n+1 errors as text; the first message
 * of each is the port, two bytes, little-endian (kubelet, `portforward/websocket.go`).
 */
export function serveChannels(
  world: World,
  websocket: WebSocket,
  pod: ForwardedPod,
  ports: readonly number[],
  hasHalfClose: boolean,
): void {
  const connections = ports.map((port, index) => {
    const send = (channel: number, data: Buffer, sent?: () => void): void => {
      if (websocket.readyState !== websocket.OPEN) return sent?.();
      websocket.send(Buffer.concat([Buffer.from([channel]), data]), () => sent?.());
    };
    const [data, error] = [index * 2, index * 2 + 1];
    const name = Buffer.from([port & 0xff, port >> 8]);
    send(data, name);
    send(error, name);
    const fail = (why: string): void => {
      send(error, Buffer.from(refusal(pod, port, why)));
      // kubelets end the whole websocket when a port's connection is over
      websocket.close();
    };
    const local = world.placeOf(pod.namespace, pod.name, port);
    if (local === undefined) {
      fail('connection refused');
      return undefined;
    }
    const connection = connect({ ...local, allowHalfOpen: true });
    connection.on('data', (bytes) => {
      connection.pause();
      send(data, bytes, () => connection.resume());
    });
    connection.on('error', (cause) => fail(cause.message));
    connection.on('end', () => {
      if (!hasHalfClose) return websocket.close();
      send(CLOSE_CHANNEL, Buffer.from([data]));
      if (connection.writableEnded) websocket.close();
    });
    return connection;
  });
  websocket.on('message', (message: Buffer) => {
    const [channel = 0, second = 0] = message;
    if (channel === CLOSE_CHANNEL && hasHalfClose) return endWriting(websocket, connections[second / 2]);
    const connection = channel % 2 === 0 ? connections[channel / 2] : undefined;
    if (!connection || connection.write(message.subarray(1))) return;
    websocket.pause();
    connection.once('drain', () => websocket.resume());
  });
  websocket.on('close', () => {
    for (const connection of connections) connection?.destroy();
  });
}

function endWriting(websocket: WebSocket, connection: Socket | undefined): void {
  connection?.end();
  if (connection?.readableEnded) websocket.close();
}
