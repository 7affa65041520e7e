import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { createSpdySession } from '../spdy/session.js';
import { lost, refused } from './refusal.js';

/**
 * One port by SPDY in binary messages: a stream for errors, which we end at once, and one for bytes, both with the port
 * (client-go `tools/portforward`).
 */
export function openSpdyConnection(websocket: WebSocket, port: number): Duplex {
  const session = createSpdySession({
    role: 'client',
    carrier: {
      send: (bytes, sent) => websocket.send(bytes, (error) => sent(error ?? null)),
      pause: () => websocket.pause(),
      resume: () => websocket.resume(),
    },
  });
  const headers = { port: String(port), requestid: '0' };
  const errors = session.open({ streamtype: 'error', ...headers });
  const data = session.open({ streamtype: 'data', ...headers });
  errors.end();
  errors.on('error', () => undefined);
  errors.on('data', (text: Buffer) => data.destroy(refused(text.toString('utf8'))));
  data.on('close', () => {
    // A paused websocket would never see the other side agree to close.
    websocket.resume();
    websocket.close(1000);
  });
  websocket.on('message', (message: Buffer) => {
    try {
      session.receive(message);
    } catch {
      session.destroy(lost());
    }
  });
  websocket.on('error', () => undefined);
  websocket.on('close', () => session.destroy(lost()));
  return data;
}
