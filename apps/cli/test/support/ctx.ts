import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { HawserEnd } from '@hawser/cli-kit/testing';
import type { Hawser } from './hawser.js';

/** EKS with one cluster, `staging`, and a Prefect server, at one address. */
async function startServices(): Promise<Server> {
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    const found = path === '/clusters/staging' || path === '/api/ready';
    const cluster = {
      name: 'staging',
      arn: 'arn:aws:eks:eu-west-1:123456789012:cluster/staging',
      status: 'ACTIVE',
      endpoint: 'https://ABC.gr7.eu-west-1.eks.amazonaws.com',
      certificateAuthority: { data: Buffer.from('a CA').toString('base64') },
      resourcesVpcConfig: { endpointPublicAccess: true },
    };
    response.writeHead(found ? 200 : 404, {
      'content-type': 'application/json',
      ...(found ? {} : { 'x-amzn-errortype': 'ResourceNotFoundException' }),
    });
    response.end(
      JSON.stringify(path.startsWith('/clusters') && found ? { cluster } : { message: 'none of that name' }),
    );
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

/** A home and a project of their own, with the services a context leads to. */
export class CtxProject implements AsyncDisposable {
  readonly home: string;
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  /** Address of the Prefect API. */
  readonly prefectUrl: string;
  readonly #hawser: Hawser;
  readonly #server: Server;

  private constructor(hawser: Hawser, server: Server) {
    this.#hawser = hawser;
    this.#server = server;
    this.home = mkdtempSync(join(hawser.home, 'h-'));
    this.folder = join(this.home, 'project');
    mkdirSync(join(this.folder, '.git'), { recursive: true });
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    this.prefectUrl = `${origin}/api`;
    this.env = {
      HOME: this.home,
      AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'example',
      HAWSER_ENDPOINT_URL: origin,
    };
  }

  static async open(hawser: Hawser): Promise<CtxProject> {
    return new CtxProject(hawser, await startServices());
  }

  run(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<HawserEnd> {
    return this.#hawser.run(['ctx', ...args], { cwd: this.folder, env: { ...this.env, ...env } });
  }

  /** A file below the home folder. */
  read(name: string): string {
    return readFileSync(join(this.home, name), 'utf8');
  }

  write(name: string, text: string): void {
    mkdirSync(join(this.home, name, '..'), { recursive: true });
    writeFileSync(join(this.home, name), text);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
