import { once } from 'node:events';
import { type AddressInfo, type Server, type Socket, createServer } from 'node:net';
import { type SsmEmulator, type SsmEmulatorOptions, type TargetSpec, startSsmEmulator } from '@hawser/emulators/ssm';
import type { Duplex } from 'node:stream';
import type { Link, OpenLinkOptions, Provider } from '../../src/providers/provider.js';
import { type SsmProviderOptions, createSsmProvider } from '../../src/providers/ssm.js';
import type { SsmVia, Target } from '../../src/spec.js';

/** `readonly` is about us: the emulator reads these when it is asked. */
export type LiveTarget = { -readonly [Key in keyof TargetSpec]: TargetSpec[Key] };

/** An emulated Session Manager whose operations can be refused while it runs, and servers to reach through it. */
export interface SsmWorld {
  readonly emulator: SsmEmulator;
  /** Error names by operation; changes count from the next call on. */
  readonly refuse: Record<string, string>;
  readonly provider: Provider<SsmVia>;
  readonly debug: string[];
  via(target?: string, more?: Partial<SsmVia>): SsmVia;
  open(via: SsmVia, targets?: readonly Target[], options?: Partial<OpenLinkOptions>): Promise<Link>;
  /** Listens on a free port of 127.0.0.1. */
  serve(onConnection: (socket: Socket) => void): Promise<number>;
  close(): Promise<void>;
}

export async function openSsmWorld(
  options: SsmEmulatorOptions = {},
  providerOptions: SsmProviderOptions = {},
): Promise<SsmWorld> {
  const refuse: Record<string, string> = {};
  const emulator = await startSsmEmulator({ refuse, ...options });
  const provider = createSsmProvider({ env: emulator.env, ...providerOptions });
  const debug: string[] = [];
  const links: Link[] = [];
  const servers: Server[] = [];
  const sockets: Socket[] = [];
  return {
    emulator,
    refuse,
    provider,
    debug,
    via: (target = 'i-0123456789abcdef0', more = {}) => ({ kind: 'ssm', target, ...more }),
    async open(via, targets = [], more = {}) {
      const link = await provider.open(via, {
        targets,
        runtimeDirectory: '/nonexistent',
        signal: new AbortController().signal,
        onChild: () => Promise.resolve(),
        onDebug: (text) => debug.push(text),
        ...more,
      });
      links.push(link);
      return link;
    },
    async serve(onConnection) {
      const server = createServer({ allowHalfOpen: true }, (socket) => {
        socket.on('error', () => {});
        sockets.push(socket);
        onConnection(socket);
      }).listen(0, '127.0.0.1');
      servers.push(server);
      await once(server, 'listening');
      return (server.address() as AddressInfo).port;
    },
    async close() {
      await Promise.all(links.map((link) => link.close()));
      await emulator.close();
      for (const socket of sockets) socket.destroy();
      for (const server of servers) server.close();
    },
  };
}

export const echo = (socket: Socket): void => void socket.pipe(socket);

/** Sends everything, and gives as much of what comes back. */
export async function roundTrip(stream: Duplex, sent: Buffer): Promise<Buffer> {
  stream.write(sent);
  const back: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream) {
    back.push(chunk as Buffer);
    bytes += (chunk as Buffer).length;
    if (bytes >= sent.length) break;
  }
  return Buffer.concat(back);
}
