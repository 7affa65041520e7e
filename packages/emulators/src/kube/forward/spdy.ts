import { connect } from 'node:net';
import { createSpdySession, type SpdyStream } from '@hawser/kube-client/spdy';
import type { WebSocket } from 'ws';
import type { World } from '../api/world.js';
import { refusal } from './refusal.js';
import type { ForwardedPod } from './forwarded-pod.js';

/**
 * Ports over SPDY/3.1 in binary messages. Each connection is two streams with one `requestid`: the client opens `error`,
 * on which a refusal is told as text, then `data` (client-go `tools/portforward`, kubelet `portforward/httpstream.go`).
 */
export function serveSpdy(world: World, websocket: WebSocket, pod: ForwardedPod): void {
  const errors = new Map<string, SpdyStream>();
  const session = createSpdySession({
    role: 'server',
    carrier: {
      send: (bytes, sent) => websocket.send(bytes, (error) => sent(error)),
      pause: () => websocket.pause(),
      resume: () => websocket.resume(),
    },
    onStream: (stream) => {
      stream.on('error', () => undefined);
      const { streamtype, requestid = '', port } = stream.headers;
      const error = errors.get(requestid);
      if (streamtype === 'error') errors.set(requestid, stream);
      else if (!error) stream.destroy();
      else {
        errors.delete(requestid);
        connectStreams(world, pod, Number(port), stream, error);
      }
    },
  });
  websocket.on('message', (message: Buffer) => {
    try {
      session.receive(message);
    } catch {
      websocket.close(1002);
    }
  });
  websocket.on('close', () => session.destroy(new Error('The websocket is closed.')));
}

function connectStreams(world: World, pod: ForwardedPod, port: number, data: SpdyStream, error: SpdyStream): void {
  error.resume();
  const fail = (why: string): void => {
    error.end(refusal(pod, port, why));
    data.end();
    data.resume();
  };
  const local = world.placeOf(pod.namespace, pod.name, port);
  if (local === undefined) return fail('connection refused');
  const connection = connect({ ...local, allowHalfOpen: true });
  connection.on('error', (cause) => fail(cause.message));
  connection.pipe(data).pipe(connection);
  connection.on('close', () => error.end());
  data.on('close', () => connection.destroy());
}
