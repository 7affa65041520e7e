import { randomUUID } from 'node:crypto';
import type { WebSocket } from 'ws';
import {
  closeCodes,
  decodeServerFrame,
  decodeTtydClientMessage,
  encodeTtydServerMessage,
  type TerminalSize,
  type TtydClientMessage,
} from '../protocol/index.js';
import { sameText } from './dial-token.js';
import type { Hub } from './hub.js';
import type { ViewerSession } from './viewer.js';

/** Empties a terminal and its history: RIS, as of ECMA-48. */
const reset = Buffer.from('\u001bc');

/**
 * Speaks ttyd's protocol with a stock client (ttyd 1.7.7, `src/protocol.c`): nothing until its opening message, then title,
 * preferences, output. Inside it is a viewer like any other, whose messages are translated.
 */
export function serveTtyd(ws: WebSocket, hub: Hub, password: string): void {
  const token = Buffer.from(`runner:${password}`).toString('base64');
  const tab = randomUUID();
  let viewer: ViewerSession | undefined;
  let seq = 0;
  let paused = false;
  let taken = 0;

  const acknowledge = (): void => {
    if (!paused) void viewer?.receive({ type: 'ack', offset: taken });
  };
  const output = (offset: number, data: Uint8Array): void =>
    ws.send(encodeTtydServerMessage({ type: 'output', data }), () => {
      taken = offset;
      acknowledge();
    });
  const send = (bytes: Uint8Array): void => {
    const frame = decodeServerFrame(bytes);
    if (frame.type === 'out') output(frame.offset + frame.data.length, frame.data);
    else if (frame.type === 'snapshot') output(frame.offset, Buffer.concat([reset, frame.data]));
  };

  const open = (size: TerminalSize | null): void => {
    ws.send(encodeTtydServerMessage({ type: 'title', title: hub.command }));
    ws.send(encodeTtydServerMessage({ type: 'preferences', preferences: {} }));
    viewer = hub.join({
      viewer: 'debug',
      role: 'control',
      link: { send, close: (code, why) => ws.close(code, why) },
    });
    void viewer.receive({ type: 'attach', since: null, size, visible: size !== null, want: 'control', tab });
  };

  const handle = (message: TtydClientMessage): Promise<void> | undefined => {
    // A second opening message says nothing new.
    if (message.type === 'open') return undefined;
    if (message.type === 'input') return viewer?.receive({ type: 'in', seq: (seq += 1), data: message.data });
    if (message.type === 'resize') return viewer?.receive({ type: 'view', size: message.size, visible: true });
    paused = message.type === 'pause';
    acknowledge();
    return undefined;
  };

  ws.on('message', (data: Buffer) => {
    let message: TtydClientMessage;
    try {
      message = decodeTtydClientMessage(data);
    } catch {
      return ws.close(closeCodes.policy);
    }
    if (!viewer) {
      if (message.type !== 'open' || !sameText(message.authToken, token)) return ws.close(closeCodes.policy);
      return open(message.size);
    }
    const held = handle(message);
    if (!held) return;
    ws.pause();
    void held.finally(() => ws.resume());
  });
  ws.on('error', () => ws.terminate());
  ws.on('close', () => viewer?.closed());
}
