import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createProviders, type Foreground, type Providers, runForeground } from '@hawser/tunnels/supervisor';
import type { Provider, TunnelEvent, TunnelStatus } from '@hawser/tunnels';
import { patient } from '../../../../test/support/patience.js';
import { childProvider } from './child-provider.mjs';
import type { Project } from './project.js';

/** A supervisor in this process; links of kind ssh-bastion have a child that carries them. */
export async function inForeground(project: Project, providers: Partial<Providers> = {}): Promise<Foreground> {
  const all: Providers = { ...createProviders(), 'ssh-bastion': async () => childProvider as Provider, ...providers };
  return runForeground({ ...project.where, providers: all, drainMs: 200 });
}

/** Follows events from now on. */
export class Follower implements AsyncDisposable {
  readonly seen: TunnelEvent[] = [];
  readonly #abort = new AbortController();
  readonly #waiting = new Set<() => void>();
  readonly #done: Promise<void>;

  constructor(events: (signal: AbortSignal) => AsyncIterable<TunnelEvent>) {
    this.#done = (async () => {
      for await (const event of events(this.#abort.signal)) {
        this.seen.push(event);
        for (const look of this.#waiting) look();
      }
    })();
  }

  /** Settles with the first event that is meant, of those seen already too. */
  async until(isMeant: (event: TunnelEvent) => boolean): Promise<TunnelEvent> {
    const found = new Promise<TunnelEvent>((resolve) => {
      const look = (): void => {
        const event = this.seen.find(isMeant);
        if (event) resolve(event);
      };
      this.#waiting.add(look);
      look();
    });
    return patient(found, () => `Not seen, but: ${JSON.stringify(this.seen, undefined, 1)}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#abort.abort();
    await this.#done;
  }
}

/** A client of a tunnel, and how its connection fares. */
export class Client {
  readonly socket: Socket;
  heard = '';
  /** How it ended: `end`, or the error's code. */
  readonly over: Promise<string>;

  constructor(tunnel: Pick<TunnelStatus, 'local'>) {
    const { path, port } = tunnel.local;
    this.socket = connect(path === undefined ? { host: '127.0.0.1', port } : { path });
    this.socket.on('data', (chunk) => (this.heard += String(chunk)));
    this.over = new Promise((resolve) => {
      this.socket.once('end', () => resolve('end'));
      this.socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    });
  }

  async connected(): Promise<void> {
    if (this.socket.connecting) await once(this.socket, 'connect');
  }

  /** Settles once as much has been heard. */
  async hears(text: string): Promise<void> {
    const heard = new Promise<void>((resolve, reject) => {
      const look = (): void => (this.heard === text ? resolve() : undefined);
      this.socket.on('data', look);
      void this.over.then((how) =>
        this.heard === text ? resolve() : reject(new Error(`${how}, having heard ${this.heard}`)),
      );
      look();
    });
    await patient(heard, () => `heard only ${this.heard}`);
  }
}
