import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { closeCodes, deadAfterMs, decodeClientFrame } from '../protocol/index.js';
import type { DialClaim } from './dial-types.js';
import type { Hub } from './hub.js';

/** Joins a `tsess.v1` socket to a session; `socket` is what carries it. */
export function serveViewer(ws: WebSocket, socket: Duplex, hub: Hub, claim: DialClaim): void {
  let isHeld = false;
  // What is said in one turn goes in one piece: each piece costs every hop on the way a read and a write.
  const hold = (): void => {
    if (isHeld) return;
    isHeld = true;
    socket.cork();
    process.nextTick(() => {
      isHeld = false;
      socket.uncork();
    });
  };
  const viewer = hub.join({
    viewer: claim.viewer,
    role: claim.role,
    link: {
      send: (bytes) => {
        hold();
        ws.send(bytes);
      },
      close: (code, why) => ws.close(code, why),
    },
  });
  let alive = true;
  const pulse = setInterval(() => {
    if (!alive) ws.terminate();
    alive = false;
  }, deadAfterMs);
  ws.on('message', (data: Buffer) => {
    alive = true;
    try {
      const held = viewer.receive(decodeClientFrame(data));
      if (!held) return;
      ws.pause();
      void held.catch(() => viewer.dismiss(1011, 'the log cannot be read')).finally(() => ws.resume());
    } catch {
      viewer.dismiss(closeCodes.policy, 'that is no frame of tsess.v1');
    }
  });
  ws.on('error', () => ws.terminate());
  ws.on('close', () => {
    clearInterval(pulse);
    viewer.closed();
  });
}
