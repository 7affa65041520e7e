import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { createServer, get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { startSsmEmulator, type SsmEmulator } from '@hawser/emulators/ssm';
import { connectSupervisor, stopSupervisor } from '@hawser/tunnels/supervisor';
import type { Act, TourGround } from './act.js';
import { sha256, shortened } from './digest.js';

const sizeBytes = 8 << 20;
/**
 * The link is killed when so much has come: half of it, but for what is on its way. An agent sends again what was lost one
 * message after the other, in its own time; a window full of them would take it ten seconds.
 */
const cutAtBytes = sizeBytes / 2 - (256 << 10);
/** A supervisor that nobody stops any more, because the tour was killed, leaves by itself after this long. */
const ttlMs = 120_000;

/** A named tunnel, kept by a process of its own: its link is killed under a download, which must not notice. */
export const tunnel: Act = {
  id: 'tunnel',
  title: 'A tunnel that outlives its link',
  async play(ground) {
    const { after, env, folder } = ground;
    const emulator = await startSsmEmulator({ agent: { environment: { ...env, HISTFILE: '' }, directory: folder } });
    after(() => emulator.close());
    const content = randomBytes(sizeBytes);
    const web = await serveInHalves(content, ground);
    const { url, pid } = await openTunnel(emulator, web.port, ground);
    const { bytes, cutAt } = await downloadThrough(url, () => {
      emulator.gateway.cut(undefined, { reset: true });
      web.goOn();
    });
    const [sent, received] = [sha256(content), sha256(bytes)];
    if (sent !== received) throw new Error(`what came has sha256 ${received}, what was sent ${sent}`);
    const resumed = emulator.sessions.reduce((sum, { reconnects }) => sum + reconnects, 0);
    if (resumed === 0) throw new Error('the link was never made again');
    return [
      `${url} is kept open by process ${pid}, and leads to port ${web.port} of a machine behind Session Manager`,
      `Its link was reset at ${mib(cutAt)} of a download of ${mib(sizeBytes)}, and came back by itself`,
      `The download went on and lost no byte: sha256 ${shortened(received)} at both ends`,
    ];
  },
};

function mib(bytes: number): string {
  return `${(bytes / (1 << 20)).toFixed(1)} MiB`;
}

/** A server that gives the first half of a file, and the rest when it is told to go on. */
async function serveInHalves(
  content: Buffer,
  { after, signal }: TourGround,
): Promise<{ readonly port: number; readonly goOn: () => void }> {
  let goOn = (): void => {};
  const told = new Promise<void>((resolve) => (goOn = resolve));
  const web = createServer((_request, response) => {
    response.writeHead(200, { 'content-length': content.length });
    response.write(content.subarray(0, content.length / 2));
    void told.then(() => response.end(content.subarray(content.length / 2)));
  }).listen(0, '127.0.0.1');
  after(() => {
    web.closeAllConnections();
    web.close();
  });
  await once(web, 'listening', { signal });
  return { port: (web.address() as AddressInfo).port, goOn };
}

async function openTunnel(
  emulator: SsmEmulator,
  port: number,
  { after, env, folder, root, signal }: TourGround,
): Promise<{ readonly url: string; readonly pid: number }> {
  const project = join(folder, 'project');
  await mkdir(project);
  const located = { from: project, env: { ...env, ...emulator.env, HAWSER_STATE_DIR: join(project, '.hawser') } };
  const client = await connectSupervisor({
    ...located,
    spawn: { entry: join(root, 'dist/lib/net-supervisor.js') },
    signal,
  });
  if (!client) throw new Error('no supervisor was started');
  after(async () => {
    await client.close();
    await stopSupervisor(located);
  });
  const via = {
    kind: 'ssm',
    target: emulator.targets[0]?.id ?? '',
    region: emulator.region,
    endpointUrl: emulator.endpoint,
  } as const;
  const spec = { name: 'tour', set: 'tour', via, to: { host: 'localhost', port }, local: { port: 0 }, ttlMs };
  const [opened] = await client.up([spec], { wait: 'healthy', signal });
  if (!opened) throw new Error('no tunnel was opened');
  return { url: `http://127.0.0.1:${opened.local.port}/`, pid: client.pid };
}

/** Downloads a file and kills the link in the middle of it. */
async function downloadThrough(
  url: string,
  kill: () => void,
): Promise<{ readonly bytes: Buffer; readonly cutAt: number }> {
  const request = get(url, { agent: false });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  const parts: Buffer[] = [];
  let size = 0;
  let cutAt = 0;
  for await (const part of response as AsyncIterable<Buffer>) {
    parts.push(part);
    size += part.length;
    if (cutAt > 0 || size < cutAtBytes) continue;
    cutAt = size;
    kill();
  }
  return { bytes: Buffer.concat(parts), cutAt };
}
