import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { examineContext, type ContextCheck, type TunnelLookup } from '@hawser/contexts';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { cluster, CtxPlace } from '../support/ctx-place.js';

let server: Server;
let origin = '';
let answer = { status: 200, type: 'application/json' };

beforeAll(async () => {
  server = createServer((_request, response) => {
    response.writeHead(answer.status, { 'content-type': answer.type }).end('{}');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

/** A context that is right in every way. */
async function made(): Promise<{ at: CtxPlace; look: (changes?: object) => Promise<Record<string, string>> }> {
  const at = new CtxPlace();
  const script = at.write(join(at.folder, 'eks-token.cjs'), '');
  const { record } = await at.init({
    prefect: { profile: 'p', apiUrl: `${origin}/api`, tunnel: 'prefect' },
    kubernetes: { cluster: cluster(), token: { command: process.execPath, args: [script] }, namespace: 'web' },
  });
  const port = Number(new URL(origin).port);
  const tunnel = { name: 'prefect', set: 'staging', host: '127.0.0.1', port, healthy: true, env: {} };
  const tunnels: TunnelLookup = () => Promise.resolve({ live: [tunnel], dead: [] });
  const look = async (changes: object = {}): Promise<Record<string, string>> => {
    const checks = await examineContext({
      name: 'staging',
      record: record!,
      env: {},
      directory: at.project,
      home: at.home,
      tunnels,
      ...changes,
    });
    return Object.fromEntries(
      checks.map(({ check, verdict, detail }: ContextCheck) => [check, `${verdict}: ${detail}`]),
    );
  };
  return { at, look };
}

describe('ctx doctor', () => {
  test('passes a context that is as it was written, chosen, and leads somewhere', async () => {
    const { look } = await made();
    const found = await look();
    expect(Object.keys(found).toSorted()).toEqual([
      'current-context',
      'kubeconfig',
      'prefect-active',
      'prefect-profile',
      'prefect-server',
      'prefect-tunnel',
      'token-program',
    ]);
    expect(Object.values(found).filter((text) => !text.startsWith('pass: '))).toEqual([]);
  });

  test('says what is not what was written', async () => {
    const { at, look } = await made();
    at.write(at.profiles, at.read(at.profiles).replace(origin, 'http://elsewhere').replace('"p"', '"local"'));
    at.write(
      at.kubeconfig,
      at
        .read(at.kubeconfig)
        .replace('namespace: web', 'namespace: jobs')
        .replace('current-context: staging', 'current-context: other'),
    );
    expect(await look()).toMatchObject({
      'prefect-profile': `fail: p points to http://elsewhere/api, not to ${origin}/api`,
      'prefect-active': 'warn: local is active',
      kubeconfig: 'fail: its namespace is jobs, not web',
      'current-context': 'warn: other is current',
    });
    at.write(at.kubeconfig, 'apiVersion: v1\n');
    at.write(at.profiles, 'active = \n');
    expect(await look()).toMatchObject({
      kubeconfig: 'fail: the context staging is missing',
      'prefect-profile': expect.stringContaining('cannot be read as TOML'),
    });
  });

  test('says what beats the profile, which tunnel has moved or is down, and that the token program is gone', async () => {
    const { at, look } = await made();
    const moved: TunnelLookup = () =>
      Promise.resolve({
        live: [{ name: 'prefect', set: 's', host: '127.0.0.1', port: 1, healthy: true, env: {} }],
        dead: [],
      });
    at.write(at.kubeconfig, at.read(at.kubeconfig).replace('eks-token.cjs', 'gone.cjs'));
    const env = { PREFECT_API_URL: 'http://there/api' };
    expect(await look({ env, tunnels: moved })).toMatchObject({
      'prefect-override': expect.stringMatching(/^warn: PREFECT_API_URL is http:\/\/there\/api in the environment/),
      'prefect-tunnel': `fail: the tunnel prefect is on port 1, not on ${new URL(origin).port}`,
      'token-program': expect.stringMatching(/^fail: .*gone\.cjs is not there/),
    });
    const down: TunnelLookup = () => Promise.resolve({ live: [], dead: [] });
    expect(await look({ tunnels: down })).toMatchObject({ 'prefect-tunnel': 'fail: the tunnel prefect is not up' });
  });

  test('looks into a kubeconfig that kubectl does not read by itself, and says so', async () => {
    const { look } = await made();
    expect(await look({ env: { KUBECONFIG: '/elsewhere' } })).toMatchObject({
      kubeconfig: expect.stringMatching(/^warn: kubectl does not read .*\.kube\/config by itself$/),
      'current-context': 'pass: staging is the current context',
    });
  });

  test.each([
    [{ status: 503, type: 'application/json' }, 'fail', 'its database is down'],
    [{ status: 404, type: 'text/html' }, 'fail', "404 with text/html, which is not Prefect's API"],
    [{ status: 401, type: 'application/json' }, 'pass', 'wants a login'],
    [{ status: 500, type: 'application/json' }, 'fail', 'answers 500'],
  ])('a server that answers %j', async (given, verdict, words) => {
    const { look } = await made();
    answer = given;
    try {
      expect((await look())['prefect-server']).toMatch(new RegExp(`^${verdict}: .*${words}`));
    } finally {
      answer = { status: 200, type: 'application/json' };
    }
  });

  test('a server that is not there, and contexts of which the files are not known', async () => {
    const at = new CtxPlace();
    const place = { name: 'old', env: {}, directory: at.project, home: at.home };
    const base = { createdAt: 'x', updatedAt: 'x', written: [], history: [] };
    const gone = createServer().listen(0, '127.0.0.1');
    await once(gone, 'listening');
    const { port } = gone.address() as AddressInfo;
    await new Promise((resolve) => gone.close(resolve));
    const prefect = { profile: 'p', apiUrl: `http://127.0.0.1:${port}/api`, file: at.profiles };
    expect(await examineContext({ ...place, record: { ...base, prefect } })).toContainEqual({
      check: 'prefect-server',
      verdict: 'fail',
      detail: `http://127.0.0.1:${port}/api cannot be reached: ECONNREFUSED`,
      next: expect.stringContaining('hawser net up'),
    });
    const old = {
      ...base,
      prefect: { profile: 'p', apiUrl: 'http://h/api' },
      kubernetes: { context: 'k', cluster: 'c' },
    };
    expect((await examineContext({ ...place, record: old })).map(({ verdict, next }) => [verdict, next])).toEqual([
      ['fail', 'hawser ctx init old'],
      ['fail', 'hawser ctx init old --eks-cluster c'],
    ]);
  });
});
