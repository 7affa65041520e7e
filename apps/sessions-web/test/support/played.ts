import {
  decodeClientFrame,
  encodeServerFrame,
  type ClientFrame,
  type Hello,
  type ServerFrame,
} from '@hawser/k8s-sessions/protocol';
import type { Page } from 'playwright-core';
import { patient } from '../../../../test/support/patience.js';

/** A service that says what a test wants, in the frames of the real one. */
export interface Played {
  send(...frames: readonly ServerFrame[]): void;
  /** Everything the page sent so far. */
  readonly received: readonly ClientFrame[];
  /** Waits for a frame of the page. */
  next<T extends ClientFrame['type']>(type: T): Promise<Extract<ClientFrame, { readonly type: T }>>;
}

/** What a session says first, but for what a test wants otherwise. */
export function hello(changes: Partial<Hello> = {}): ServerFrame {
  const usual: Hello = {
    protocol: 'tsess.v1',
    session: 'played',
    epoch: 'first',
    state: 'running',
    detail: null,
    role: 'control',
    viewer: 'me',
    size: { cols: 80, rows: 24 },
    head: 0,
    first: 0,
    lines: 0,
    lastInputSeq: 0,
    archived: false,
    command: 'played',
    startedAt: null,
  };
  return { type: 'hello', hello: { ...usual, ...changes } };
}

/** Takes the WebSocket of a page's session over; the page itself comes from the service. */
export async function play(page: Page, address: string): Promise<Played> {
  const received: ClientFrame[] = [];
  const waiting = new Set<() => void>();
  let send: (frame: ServerFrame) => void = () => undefined;
  await page.routeWebSocket(/\/ws\/[0-9a-f-]{36}$/, (socket) => {
    send = (frame) => socket.send(Buffer.from(encodeServerFrame(frame)));
    socket.onMessage((message) => {
      received.push(decodeClientFrame(new Uint8Array(Buffer.from(message))));
      for (const look of waiting) look();
    });
  });
  await page.goto(`${address}/ws/11111111-1111-4111-8111-111111111111`);
  const next: Played['next'] = (type) => {
    const found = new Promise<never>((resolve) => {
      const look = (): void => {
        const index = received.findIndex((frame) => frame.type === type);
        if (index < 0) return;
        waiting.delete(look);
        resolve(received.splice(index, 1)[0] as never);
      };
      waiting.add(look);
      look();
    });
    return patient(found, () => `instead of ${type}: ${JSON.stringify(received)}`);
  };
  return { send: (...frames) => frames.forEach((frame) => send(frame)), received, next };
}
