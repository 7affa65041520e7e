import { WebSocket } from 'ws';
import { closeCodes, maxServerFrameBytes } from '../protocol/index.js';
import type { OpenSocket } from './socket.js';

/** How long a handshake may take, in milliseconds. */
const handshakeTimeoutMs = 15_000;

/** What a refusal by status means, in the close codes a browser would be given. */
const refusals: Readonly<Record<number, number>> = {
  400: closeCodes.policy,
  401: closeCodes.revoked,
  403: closeCodes.revoked,
  404: closeCodes.unknownSession,
  410: closeCodes.unknownSession,
};

/** Close code of a connection that broke (RFC 6455 §7.4.1). */
const abnormal = 1006;

/** Opens sockets with `ws`, for Node before 22 and for programs that want to hear why a service refuses. */
export function nodeSockets(): OpenSocket {
  return ({ url, protocols }, { onOpen, onMessage, onClose }) => {
    const socket = new WebSocket(url, [...protocols], {
      handshakeTimeout: handshakeTimeoutMs,
      maxPayload: maxServerFrameBytes,
      perMessageDeflate: false,
    });
    let isLetGo = false;
    let reason = '';
    const over = (code: number, why: string): void => {
      if (isLetGo) return;
      isLetGo = true;
      onClose(code, why);
    };
    socket.on('open', () => (isLetGo ? undefined : onOpen()));
    socket.on('message', (data: Buffer, isBinary) => {
      if (!isLetGo) onMessage(isBinary ? data : new Uint8Array());
    });
    socket.on('unexpected-response', (_request, response) => {
      const status = response.statusCode ?? 0;
      response.resume();
      over(refusals[status] ?? abnormal, `The service answered ${status} ${response.statusMessage ?? ''}`.trim());
      socket.terminate();
    });
    // What goes wrong is told by the close that follows.
    socket.on('error', (error) => (reason ||= error.message));
    socket.on('close', (code, said) => over(code, said.toString() || reason));
    return {
      send: (bytes) => socket.send(bytes),
      close() {
        isLetGo = true;
        if (socket.readyState === WebSocket.CONNECTING) socket.terminate();
        else socket.close(closeCodes.ended);
      },
    };
  };
}
