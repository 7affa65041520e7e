import { mkdtemp, mkdir, readFile, rm } from 'node:fs/promises';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connectSupervisor, stopSupervisor, type SupervisorClient } from '@hawser/tunnels/supervisor';
import type { TunnelSpec } from '@hawser/tunnels';

export const entry = fileURLToPath(new URL('./supervisor-program.mjs', import.meta.url));

/** A project of its own, with its own runtime, state and home folders. */
export class Project implements AsyncDisposable {
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;

  private constructor(folder: string, env: Readonly<Record<string, string>>) {
    this.folder = folder;
    this.env = env;
  }

  static async make(env: Readonly<Record<string, string>> = {}): Promise<Project> {
    const folder = await mkdtemp('/tmp/hn-');
    await Promise.all(['p', 'r', 'far'].map((name) => mkdir(join(folder, name), { mode: 0o700 })));
    return new Project(folder, {
      PATH: process.env['PATH'] ?? '',
      HOME: folder,
      HAWSER_STATE_DIR: join(folder, 'p', '.hawser'),
      XDG_RUNTIME_DIR: join(folder, 'r'),
      XDG_STATE_HOME: join(folder, 's'),
      ...env,
    });
  }

  get where(): { readonly from: string; readonly env: Readonly<Record<string, string>> } {
    return { from: join(this.folder, 'p'), env: this.env };
  }

  /** Files in here say how links fare: `down`, `denied`, `needs-auth`. */
  get far(): string {
    return join(this.folder, 'far');
  }

  async connect(): Promise<SupervisorClient> {
    return (await connectSupervisor({ ...this.where, spawn: { entry } }))!;
  }

  /** `net.json` as it stands on the disk. */
  async record(): Promise<{ version: number; data: Record<string, unknown> } | undefined> {
    const text = await readFile(join(this.env['HAWSER_STATE_DIR']!, 'net.json'), 'utf8').catch(() => undefined);
    return text === undefined ? undefined : JSON.parse(text);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await stopSupervisor(this.where);
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** An application that says back what it hears. */
export class Echo implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server) {
    this.#server = server;
    server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => this.#sockets.delete(socket));
      socket.pipe(socket);
    });
  }

  static async start(): Promise<Echo> {
    const server = createServer({ allowHalfOpen: true });
    const echo = new Echo(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return echo;
  }

  get target(): { readonly host: string; readonly port: number } {
    return { host: '127.0.0.1', port: (this.#server.address() as AddressInfo).port };
  }

  get connections(): number {
    return this.#sockets.size;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

export function spec(over: Partial<TunnelSpec> & Pick<TunnelSpec, 'to'>): TunnelSpec {
  return { name: 'app', set: 'test', via: { kind: 'direct' }, local: { port: 0 }, ...over };
}

/** What comes back for a text, to the end of the connection. */
export async function ask(
  where: { readonly host?: string; readonly port: number } | { readonly path: string },
  text: string,
): Promise<string> {
  const socket = connect('path' in where ? where : { host: '127.0.0.1', ...where });
  socket.end(text);
  let heard = '';
  for await (const chunk of socket) heard += String(chunk);
  return heard;
}
