import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Manifest {
  readonly name: string;
  readonly version: string;
}

/** What a registry tells about a package, and what a client sends to publish a version of it. */
interface Packument {
  readonly name: string;
  readonly 'dist-tags': Record<string, string>;
  readonly versions: Record<
    string,
    Manifest & { readonly dist: { readonly integrity: string; readonly tarball: string } }
  >;
  readonly _attachments?: Record<string, { readonly data: string }>;
}

/** A registry of packages on loopback that knows what was published to it, and nothing else. */
export interface Registry extends AsyncDisposable {
  readonly url: string;
  /**
   * Lines for a `.npmrc` by which one scope is taken from here, and everything else from wherever the client takes it:
   * the address of that is the client's own affair.
   */
  readonly npmrc: string;
  /** For clients that are configured by their environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Takes in a tarball with its manifest, as if it had been published. */
  accept(manifest: string, tarball: Buffer): void;
  /** `name@version`, in the order in which they were published. */
  readonly published: readonly string[];
}

const token = 'of-a-test';

/** Starts a registry for the packages of `scope` (`@hawser`). Publishing wants the token that is in `npmrc`. */
export async function startRegistry(scope: string): Promise<Registry> {
  const packages = new Map<string, Packument>();
  const tarballs = new Map<string, Buffer>();
  const published: string[] = [];
  let url = '';

  const keep = (manifest: Manifest, tarball: Buffer): void => {
    const { name, version } = manifest;
    const id = `${name}@${version}`;
    const known = packages.get(name) ?? { name, 'dist-tags': {}, versions: {} };
    if (version in known.versions) throw new Refusal(403, `${id} is there already`);
    const dist = { integrity: integrityOf(tarball), tarball: `${url}-/tarballs/${encodeURIComponent(id)}` };
    known.versions[version] = { ...manifest, dist };
    known['dist-tags']['latest'] = version;
    packages.set(name, known);
    tarballs.set(id, tarball);
    published.push(id);
  };
  const publish = (sent: Packument): void => {
    // The registry's own name for it.
    const { _attachments: attachments = {} } = sent;
    const [attachment] = Object.values(attachments);
    const tarball = Buffer.from(attachment?.data ?? '', 'base64');
    for (const { dist, ...manifest } of Object.values(sent.versions)) {
      if (dist.integrity !== integrityOf(tarball)) throw new Refusal(400, `${manifest.name} arrived changed`);
      keep(manifest, tarball);
    }
  };

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = decodeURIComponent(new URL(request.url ?? '/', url).pathname.slice(1));
    const body = await readAll(request);
    if (request.method === 'PUT') {
      if (request.headers.authorization !== `Bearer ${token}`) throw new Refusal(401, 'Who are you?');
      publish(JSON.parse(body.toString()) as Packument);
      return send(response, 201, { ok: true });
    }
    if (path.startsWith('-/tarballs/')) {
      const id = path.slice('-/tarballs/'.length);
      response.setHeader('content-type', 'application/octet-stream');
      response.end(tarballs.get(id));
      return undefined;
    }
    const found = packages.get(path);
    if (!found) throw new Refusal(404, `No package ${path} was published`);
    return send(response, 200, found);
  };

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      if (!(error instanceof Refusal)) throw error;
      send(response, error.status, { error: error.message });
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const place = `127.0.0.1:${(server.address() as AddressInfo).port}/`;
  url = `http://${place}`;
  return {
    url,
    npmrc: `${scope}:registry=${url}\n//${place}:_authToken=${token}\n`,
    env: { [`npm_config_${scope}:registry`]: url },
    accept: (manifest, tarball) => keep(JSON.parse(manifest) as Manifest, tarball),
    published,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function integrityOf(tarball: Buffer): string {
  return `sha512-${createHash('sha512').update(tarball).digest('base64')}`;
}

class Refusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

async function readAll(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
