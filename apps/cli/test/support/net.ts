import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createTcpServer, type AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import type { HawserEnd, HawserProcess, RunHawserOptions } from '@hawser/cli-kit/testing';
import { identifyProcess, isAlive } from '@hawser/state-store/process';
import { stopSupervisor } from '@hawser/tunnels/supervisor';
import { Terminal } from '../../../../test/support/terminal.js';
import { bin } from './hawser.js';
import { runHawser, startHawser } from './held.js';

type Options = Omit<RunHawserOptions, 'bin' | 'args'>;

/** A project with a home of its own. When it is done with, its tunnels are closed and its processes gone. */
export class NetProject implements AsyncDisposable {
  /** Short, because unix sockets lie below it. */
  readonly home: string = mkdtempSync('/tmp/hn-');
  readonly folder: string = join(this.home, 'p');
  readonly env: Record<string, string>;
  readonly #started: HawserProcess[] = [];

  constructor(env: Readonly<Record<string, string>> = {}) {
    mkdirSync(this.folder);
    mkdirSync(join(this.home, 'r'), { mode: 0o700 });
    this.env = { HOME: this.home, TMPDIR: this.home, XDG_RUNTIME_DIR: join(this.home, 'r'), USER: 'me', ...env };
  }

  run(args: readonly string[], options: Options = {}): Promise<HawserEnd> {
    return runHawser(this.#complete(args, options));
  }

  /** The data of a command that succeeds. */
  async data<Data>(args: readonly string[]): Promise<Data> {
    const { json, exitCode, stderr } = await this.run([...args, '--json']);
    if (exitCode !== 0) throw new Error(`${args.join(' ')} ended with ${exitCode}: ${stderr} ${JSON.stringify(json)}`);
    return (json as { data: Data }).data;
  }

  start(args: readonly string[], options: Options = {}): HawserProcess {
    const one = startHawser(this.#complete(args, options));
    this.#started.push(one);
    return one;
  }

  /** The command in a real terminal. */
  terminal(args: readonly string[], env: Readonly<Record<string, string>> = {}): Terminal {
    return this.#inTerminal(process.execPath, [bin, ...args], env);
  }

  /** A script of the shell in a real terminal; our command is `node "$0"`. */
  shell(script: string): Terminal {
    return this.#inTerminal('sh', ['-c', script, bin], {});
  }

  write(name: string, text: string): string {
    const path = join(this.folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    return path;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const one of this.#started) one.kill('SIGKILL');
    await Promise.all(this.#started.map(({ ended }) => ended));
    // What `hawser net down --all` does, without starting it; rejects when something cannot be closed.
    try {
      await stopSupervisor({ from: this.folder, env: this.env });
    } finally {
      rmSync(this.home, { recursive: true, force: true });
    }
  }

  #inTerminal(file: string, args: readonly string[], env: Readonly<Record<string, string>>): Terminal {
    return new Terminal(file, args, {
      cwd: this.folder,
      env: { PATH: process.env['PATH'], TERM: 'xterm', ...this.env, ...env },
      size: { columns: 140, rows: 40 },
    });
  }

  #complete(args: readonly string[], options: Options): RunHawserOptions {
    return { bin, cwd: this.folder, ...options, args, env: { ...this.env, ...options.env } };
  }
}

/** An application on a port of this machine that answers every path but `/down` with 200. */
export class Site implements AsyncDisposable {
  readonly #server = createServer((request, response) => {
    response.statusCode = request.url === '/down' ? 503 : 200;
    response.end(`hello ${request.url}`);
  });

  static async start(): Promise<Site> {
    const site = new Site();
    site.#server.listen(0, '127.0.0.1');
    await once(site.#server, 'listening');
    return site;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

/** A port of this machine that somebody has. */
export class TakenPort implements AsyncDisposable {
  readonly #server = createTcpServer();

  static async take(): Promise<TakenPort> {
    const taken = new TakenPort();
    taken.#server.listen(0, '127.0.0.1');
    await once(taken.#server, 'listening');
    return taken;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    await once(this.#server, 'close');
  }
}

/** Whether a process is there; one that has ended and waits for its parent is not. */
export async function lives(pid: number): Promise<boolean> {
  const identity = await identifyProcess(pid);
  return identity !== undefined && (await isAlive(identity));
}
