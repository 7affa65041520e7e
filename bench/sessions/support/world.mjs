// A service of sessions on this machine, and ways to look at its sessions: by local mode, by a gateway of its own, by a
// splice, and straight from the runner.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { WebSocket } from 'ws';
import { attach } from '../../../packages/k8s-sessions/dist/client/index.js';
import { nodeSockets } from '../../../packages/k8s-sessions/dist/client/node.js';
import { signDial } from '../../../packages/k8s-sessions/dist/runner/index.js';
import { openStore } from '../../../packages/k8s-sessions/dist/store/index.js';

export const option = (name) => process.argv.find((word) => word.startsWith(`--${name}=`))?.split('=')[1];

export function quantile(values, part) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
}

/** Marks a figure that is not what was promised. */
export function kept(condition) {
  if (!condition) process.exitCode = 1;
  return condition ? '' : ' MISSED';
}

const script = (name) => fileURLToPath(new URL(name, import.meta.url));

async function start(name, words, flags = []) {
  const child = spawn(process.execPath, [...flags, script(name), ...words], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const read = async () => JSON.parse((await lines.next()).value);
  const stop = async () => {
    const ended = once(child, 'exit');
    child.stdin.end();
    await ended;
  };
  const ask = () => {
    child.stdin.write('\n');
    return read();
  };
  return { ...(await read()), stop, ask };
}

export async function startWorld() {
  const folder = mkdtempSync(join(tmpdir(), 'hawser-bench-sessions-'));
  const service = await start('service.mjs', [folder]);
  const store = await openStore({ file: join(folder, 'sessions.db') });
  const parts = [service];
  const call = async (method, path, body) => {
    const response = await fetch(service.url + path, {
      method,
      headers: { authorization: `Bearer ${service.apiKey}`, 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return response.status === 204 ? undefined : await response.json();
  };
  return {
    url: service.url,
    folder,
    store,
    create: (command, more) => call('POST', '/api/sessions', { command, ...more }),
    ticket: async (id) => (await call('POST', `/api/sessions/${id}/tickets`, { role: 'control' })).token,
    end: (id) => call('DELETE', `/api/sessions/${id}?grace=0`).catch(() => {}),
    async startGateway() {
      const gateway = await start('gateway.mjs', [folder], ['--expose-gc']);
      parts.unshift(gateway);
      return gateway;
    },
    async startSplice(port) {
      const splice = await start('splice.mjs', [`${port}`]);
      parts.unshift(splice);
      return splice;
    },
    async stop() {
      const all = await store.listSessions({ limit: 1_000 });
      for (const { id } of all) await this.end(id);
      // A runner whose service is gone would wait for it with the end of its session.
      for (const { id } of all) await until(async () => (await store.session(id)).exit !== null);
      await store.close();
      for (const part of parts) await part.stop();
      rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
    },
  };
}

/** Looks at a session by a gateway or local mode; `counted` hears how many bytes each message has. */
export function lookBy(url, session, ticket, handlers, counted) {
  return attach({ url, session, ticket, openSocket: counting(nodeSockets(), counted), ...handlers });
}

/** Looks at a session straight from its runner, or through what listens on `port`. */
export function lookDirect(row, handlers, { port = row.port, counted } = {}) {
  const openSocket = (_target, { onOpen, onMessage, onClose }) => {
    const claim = { session: row.id, viewer: randomBytes(8).toString('hex'), role: 'control' };
    const times = { nonce: randomBytes(16).toString('hex'), expiresAtMs: Date.now() + 60_000 };
    const token = signDial(Buffer.from(row.dialKey, 'base64url'), { ...claim, ...times });
    const socket = new WebSocket(`ws://127.0.0.1:${port}/session`, ['tsess.v1'], {
      headers: { authorization: `Dial ${token}` },
      perMessageDeflate: false,
      maxPayload: 33_554_432,
    });
    socket.on('open', onOpen);
    socket.on('message', (data) => onMessage(data));
    socket.on('error', () => {});
    socket.on('close', (code, why) => onClose(code, String(why)));
    return { send: (bytes) => socket.send(bytes), close: () => socket.close(1000) };
  };
  return attach({
    url: 'http://127.0.0.1',
    session: row.id,
    openSocket: counting(openSocket, counted),
    ...handlers,
  });
}

function counting(openSocket, counted) {
  if (!counted) return openSocket;
  return (target, handlers) =>
    openSocket(target, {
      ...handlers,
      onMessage(bytes) {
        counted(bytes.byteLength);
        handlers.onMessage(bytes);
      },
    });
}

/** Resolves when something that is asked for again and again is there. */
export async function until(look) {
  for (;;) {
    const found = await look();
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
