import { mkdir, readFile } from 'node:fs/promises';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer } from 'node:net';
import { delimiter } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { kubeClientErrors, openCluster, type WatchEvent } from '@hawser/kube-client';
import { stringify } from 'yaml';
import { configMap, createWorld, thrownBy } from '../support/world.js';

interface Named {
  readonly metadata: { readonly name: string };
}

const maps = '/api/v1/namespaces/default/configmaps';

describe('requests', () => {
  test('get objects and texts, and post reviews', async () => {
    await using world = await createWorld({ objects: [configMap('one')] });
    const cluster = await world.open();
    expect(cluster).toMatchObject({
      context: 'emulated',
      namespace: 'default',
      server: world.kube.url,
      usesProxy: false,
    });
    expect(await cluster.get(`${maps}/one`)).toMatchObject({ kind: 'ConfigMap', metadata: { name: 'one' } });
    expect(await cluster.text('/readyz?verbose')).toBe('[+]ping ok\nreadyz check passed\n');
    const review = { spec: { resourceAttributes: { verb: 'get', resource: 'pods' } } };
    expect(await cluster.post('/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', review)).toMatchObject({
      status: { allowed: true },
    });
    expect(await thrownBy(cluster.get(`${maps}/two`))).toMatchObject({
      code: 'HAWSER_KUBE_NOT_FOUND',
      message: 'Configmaps "two" not found.',
      details: { status: 404 },
    });
  });

  test('list page by page, and begin again when a page is too old', async () => {
    const names = Array.from({ length: 1_203 }, (_, index) => `map-${String(index).padStart(4, '0')}`);
    const all = names.map((name, index) => configMap(name, { half: String(index % 2) }));
    await using world = await createWorld({ objects: all });
    const cluster = await world.open();
    const listed: string[] = [];
    for await (const { metadata } of cluster.list<Named>(maps)) {
      listed.push(metadata.name);
      if (listed.length === 600) {
        world.kube.put(configMap('zzz'));
        world.kube.compact();
      }
    }
    expect(listed.toSorted()).toEqual([...names, 'zzz']);
    const half = await collect(cluster.list<Named>(maps, { labelSelector: 'half=1' }));
    expect(half).toHaveLength(601);
    expect(await collect(cluster.list<Named>(maps, { fieldSelector: 'metadata.name=zzz' }))).toHaveLength(1);
  });

  test('create, replace, patch and delete, and are never sent twice', async () => {
    await using world = await createWorld();
    const cluster = await world.open();
    await cluster.post(maps, configMap('one'));
    expect(await thrownBy(cluster.post(maps, configMap('one')))).toMatchObject({
      code: 'HAWSER_KUBE_API_FAILED',
      details: { status: 409, reason: 'AlreadyExists' },
    });
    await cluster.put(`${maps}/one`, { ...configMap('one'), data: { a: '1' } });
    await cluster.patch(`${maps}/one`, { data: { b: '2' } });
    const add = [{ op: 'add', path: '/data/c', value: '3' }];
    expect(await cluster.patch(`${maps}/one`, add, { kind: 'json' })).toMatchObject({
      data: { a: '1', b: '2', c: '3' },
    });
    const strategic = { metadata: { finalizers: ['example.com/hold'] } };
    await cluster.patch(`${maps}/one`, strategic, { kind: 'strategic' });
    const refused = cluster.delete(`${maps}/one`, { preconditions: { uid: 'another' } });
    expect(await thrownBy(refused)).toMatchObject({ details: { status: 409, reason: 'Conflict' } });
    const held = await cluster.delete(`${maps}/one`, { propagationPolicy: 'Background', gracePeriodSeconds: 0 });
    expect(held).toMatchObject({ kind: 'ConfigMap', metadata: { deletionTimestamp: expect.any(String) } });
    await cluster.patch(`${maps}/one`, { metadata: { finalizers: null } });
    expect(await thrownBy(cluster.delete(`${maps}/one`))).toMatchObject({ code: 'HAWSER_KUBE_NOT_FOUND' });
    world.kube.fail({ method: 'POST', path: /configmaps$/, does: { kind: 'drop-after' } });
    expect(await thrownBy(cluster.post(maps, configMap('two')))).toMatchObject({ code: 'HAWSER_KUBE_UNREACHABLE' });
    expect(world.kube.requests.filter(({ method, status }) => method === 'POST' && status === 0)).toHaveLength(1);
    expect(world.kube.list('v1', 'ConfigMap')).toMatchObject([{ metadata: { name: 'two' } }]);
  });

  test('stop when they are called off', async () => {
    await using world = await createWorld();
    await using silent = await listening(createTcpServer((socket) => socket.resume()));
    const cluster = await world.open(
      world.kube.kubeconfig().replace(world.kube.url, `https://127.0.0.1:${silent.port}`),
    );
    const controller = new AbortController();
    const asked = cluster.text('/readyz', { signal: controller.signal });
    const reason = new Error('enough');
    setImmediate(() => controller.abort(reason));
    expect(await thrownBy(asked)).toBe(reason);
  });
});

describe('a watch', () => {
  test('tells what is there and what changes, over cut connections and forgotten versions', async () => {
    await using world = await createWorld({ objects: [configMap('a', { x: '1' }), configMap('b', { x: '1' })] });
    const cluster = await world.open();
    const controller = new AbortController();
    const watched = cluster.watch<Named>(maps, { labelSelector: 'x=1', signal: controller.signal });
    const events = watched[Symbol.asyncIterator]();
    const next = async (): Promise<string> => {
      const { type, object } = (await events.next()).value as WatchEvent<Named>;
      return `${type} ${object.metadata.name}`;
    };
    expect([await next(), await next()]).toEqual(['ADDED a', 'ADDED b']);
    const added = next();
    world.kube.put(configMap('c', { x: '1' }));
    expect(await added).toBe('ADDED c');
    world.kube.put(configMap('b', { x: '1', y: '2' }));
    expect(await next()).toBe('MODIFIED b');
    // No longer selected is as good as gone.
    world.kube.put(configMap('b', { x: '2' }));
    expect(await next()).toBe('DELETED b');
    world.kube.cut();
    world.kube.put(configMap('d', { x: '1' }));
    expect(await next()).toBe('ADDED d');
    world.kube.cut();
    world.kube.remove(configMap('a'));
    world.kube.put(configMap('e', { x: '1' }));
    world.kube.compact();
    expect([await next(), await next()].toSorted()).toEqual(['ADDED e', 'DELETED a']);
    controller.abort();
    expect(await events.next()).toEqual({ done: true, value: undefined });
  });

  test('drops a connection that is silent, lists anew from time to time, and says when it was heard', async () => {
    await using world = await createWorld({ objects: [configMap('a')] });
    const cluster = await world.open();
    const controller = new AbortController();
    let told = (): void => undefined;
    const options = { signal: controller.signal, silenceMs: 100, resyncMs: 300, onHeard: () => told() };
    const events = cluster.watch<Named>(maps, options)[Symbol.asyncIterator]();
    expect((await events.next()).value).toMatchObject({ type: 'ADDED', object: { metadata: { name: 'a' } } });
    const next = events.next();
    world.kube.put(configMap('b'));
    expect((await next).value).toMatchObject({ object: { metadata: { name: 'b' } } });
    world.kube.stallWatches();
    world.kube.put(configMap('c'));
    expect((await events.next()).value).toMatchObject({ object: { metadata: { name: 'c' } } });
    const lists = (): number => world.kube.requests.filter(({ path }) => /configmaps\?limit/.test(path)).length;
    const before = lists();
    // Nothing changes, and the list is taken all the same.
    const idle = events.next();
    // It is heard more often than it is listed.
    while (lists() === before) await new Promise<void>((resolve) => (told = resolve));
    controller.abort();
    expect(await idle).toEqual({ done: true, value: undefined });
  });

  test('ends with the reason when it is not allowed', async () => {
    await using world = await createWorld({ authorize: ({ verb }) => verb !== 'watch' });
    const cluster = await world.open();
    const watching = collect(cluster.watch<Named>(maps, { signal: new AbortController().signal }));
    expect(await thrownBy(watching)).toMatchObject({ code: 'HAWSER_KUBE_FORBIDDEN' });
  });
});

describe('a kubeconfig', () => {
  test('may be several files, of which the first that has an entry wins', async () => {
    await using world = await createWorld();
    const whole = world.kube.kubeconfig({ namespace: 'apps' });
    const first = await world.file(
      'first',
      stringify({
        'current-context': 'mine',
        contexts: [{ name: 'mine', context: { cluster: 'emulated', user: 'emulated' } }],
      }),
    );
    const second = await world.file('second', whole);
    const KUBECONFIG = [first, `${world.folder}/missing`, second].join(delimiter);
    await using cluster = await openCluster({ env: { KUBECONFIG } });
    expect(cluster).toMatchObject({ context: 'mine', namespace: 'default' });
    expect(await cluster.text('/readyz')).toBe('ok');
    await using other = await openCluster({ context: 'emulated', env: { KUBECONFIG } });
    expect(other.namespace).toBe('apps');
  });

  test('is found in the home folder', async () => {
    await using world = await createWorld();
    await mkdir(`${world.folder}/.kube`);
    await world.file('.kube/config', world.kube.kubeconfig());
    await using cluster = await openCluster({ env: { HOME: world.folder } });
    expect(await cluster.text('/livez')).toBe('ok');
  });

  test('may name files beside itself, a token file and a server name', async () => {
    await using world = await createWorld({ names: ['api.internal'] });
    await world.file('ca.pem', world.kube.caPem);
    const token = await world.file('token', `${world.kube.token}\n`);
    const text = stringify({
      clusters: [
        {
          name: 'c',
          cluster: { server: world.kube.url, 'certificate-authority': 'ca.pem', 'tls-server-name': 'api.internal' },
        },
      ],
      users: [{ name: 'u', user: { tokenFile: token } }],
      contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
      'current-context': 'x',
    });
    expect(await (await world.open(text)).get('/api/v1/namespaces')).toMatchObject({ kind: 'NamespaceList' });
    const wrong = await world.open(text.replace('api.internal', 'other.internal'));
    expect(await thrownBy(wrong.text('/readyz'))).toMatchObject({ code: 'HAWSER_KUBE_CERTIFICATE_REJECTED' });
  });

  test.each<readonly [string, (text: string) => string, object]>([
    ['no YAML', () => 'token: "SECRET-PLANTED\n', { message: expect.stringMatching(/is not YAML, in line \d/) }],
    ['no lists', () => 'clusters: 7', { message: expect.stringContaining('lists of clusters') }],
    [
      'no context',
      (text) => text.replace('current-context: emulated', ''),
      { message: expect.stringContaining('no current context') },
    ],
    [
      'no server',
      (text) => text.replace(/server: .*/, 'server: ""'),
      { message: expect.stringContaining('no entry with a server') },
    ],
    [
      'no URL',
      (text) => text.replace(/server: .*/, 'server: nonsense'),
      { message: expect.stringContaining('not a URL') },
    ],
    ['plain http', (text) => text.replace('https:', 'http:'), { message: expect.stringContaining('https') }],
    [
      'an old provider',
      (text) => text.replace(/token: .*/, 'auth-provider: {name: gcp}'),
      { message: expect.stringContaining('exec') },
    ],
    [
      'no such file',
      (text) => text.replace(/token: .*/, 'tokenFile: none'),
      { message: expect.stringContaining('token file') },
    ],
    [
      'a foreign proxy',
      (text) => text.replace('server:', 'proxy-url: socks5://x\n      server:'),
      { message: expect.stringContaining('socks5') },
    ],
  ])('with %s is refused in words', async (_what, change, expected) => {
    await using world = await createWorld();
    const error = await thrownBy(
      world.open(change(world.kube.kubeconfig())).then((cluster) => cluster.get('/api/v1/namespaces')),
    );
    expect(error).toMatchObject({ code: 'HAWSER_KUBE_CONFIG_INVALID', exitCode: 2, ...expected });
    expect(JSON.stringify(everything(error))).not.toContain('SECRET-PLANTED');
  });

  test('that is not there, or lacks the context, says what there is', async () => {
    await using world = await createWorld();
    const env = { KUBECONFIG: `${world.folder}/none` };
    expect(await thrownBy(openCluster({ env }))).toMatchObject({
      message: `There is no kubeconfig at ${world.folder}/none.`,
    });
    const path = await world.file('given', world.kube.kubeconfig());
    expect(await thrownBy(openCluster({ kubeconfig: path, context: 'prod', env: {} }))).toMatchObject({
      message: expect.stringContaining('there is emulated'),
    });
  });
});

describe('credentials', () => {
  const plugin = (body: string): string => `#!/bin/sh\n${body}\n`;
  const answer = (token: string): string =>
    `printf '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":"%s"}}' "${token}"`;

  test('of a plugin are asked for when needed, once for all, and once more after a 401', async () => {
    const accepted = new Set(['token-1']);
    await using world = await createWorld({
      authenticate: (token) => (accepted.has(token) ? { user: 'me', groups: [] } : undefined),
    });
    const script = await world.file(
      'plugin',
      plugin(`n=$(cat "$COUNT" 2>/dev/null || echo 0); n=$((n + 1)); echo $n > "$COUNT"; ${answer('token-$n')}`),
      0o700,
    );
    const env = { COUNT: `${world.folder}/count` };
    const given = { env: { PATH: process.env['PATH'] } };
    const cluster = await world.open(world.kube.kubeconfig({ exec: { command: script, env } }), given);
    const count = async (): Promise<string> => {
      return (await readFile(env.COUNT, 'utf8')).trim();
    };
    await Promise.all([cluster.get('/api/v1/pods'), cluster.get('/api/v1/nodes'), cluster.get('/api/v1/services')]);
    expect(await count()).toBe('1');
    accepted.clear();
    accepted.add('token-2');
    await cluster.get('/api/v1/pods');
    expect(await count()).toBe('2');
    accepted.clear();
    expect(await thrownBy(cluster.get('/api/v1/pods'))).toMatchObject({ code: 'HAWSER_KUBE_UNAUTHORIZED' });
    expect(await count()).toBe('3');
  });

  test('of a plugin are told what was asked, and used until they expire', async () => {
    await using world = await createWorld();
    const script = await world.file(
      'plugin',
      plugin(
        `printf '%s\\n' "$KUBERNETES_EXEC_INFO" >> "$SEEN"; printf '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":"%s","expirationTimestamp":"2020-01-01T00:00:00Z"}}' "$TOKEN"`,
      ),
      0o700,
    );
    const seen = `${world.folder}/seen`;
    const exec = { command: './plugin', env: { SEEN: seen, TOKEN: world.kube.token } };
    const text = world.kube.kubeconfig({ exec }).replace('provideClusterInfo: false', 'provideClusterInfo: true');
    expect(script).toBe(`${world.folder}/plugin`);
    const cluster = await world.open(text, { env: { PATH: process.env['PATH'] } });
    await cluster.get('/api/v1/pods');
    await cluster.get('/api/v1/pods');
    const lines = (await readFile(seen, 'utf8')).trim().split('\n');
    expect(lines).toHaveLength(2);
    expect(JSON.parse(lines[0] ?? '')).toEqual({
      kind: 'ExecCredential',
      apiVersion: 'client.authentication.k8s.io/v1',
      spec: {
        interactive: false,
        cluster: {
          server: world.kube.url,
          'certificate-authority-data': Buffer.from(world.kube.caPem).toString('base64'),
        },
      },
    });
  });

  test.each<readonly [string, string, object]>([
    [
      'fails',
      'echo "SSO token k8s-aws-v1.SECRETPLANTED expired" >&2; exit 3',
      { message: expect.stringMatching(/ended with 3: SSO token \[redacted\] expired/) },
    ],
    ['prints no JSON', 'echo SECRETPLANTED', { message: expect.stringContaining('as JSON') }],
    ['prints something else', `echo '{"kind":"Pod"}'`, { message: expect.stringContaining('ExecCredential') }],
    [
      'prints another version',
      `echo '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1beta1","status":{"token":"SECRETPLANTED"}}'`,
      { message: expect.stringContaining('v1beta1') },
    ],
    [
      'prints no credential',
      `echo '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1"}'`,
      { message: expect.stringContaining('without a token') },
    ],
  ])('of a plugin that %s are an error without a secret', async (_what, body, expected) => {
    await using world = await createWorld();
    const command = await world.file('plugin', plugin(body), 0o700);
    const cluster = await world.open(world.kube.kubeconfig({ exec: { command } }), {
      env: { PATH: process.env['PATH'] },
    });
    const error = await thrownBy(cluster.get('/api/v1/pods'));
    expect(error).toMatchObject({ code: 'HAWSER_KUBE_CREDENTIALS_FAILED', details: { command }, ...expected });
    expect(JSON.stringify(everything(error))).not.toContain('SECRETPLANTED');
  });

  test('of a plugin that is not installed, or wants a terminal, say so', async () => {
    await using world = await createWorld();
    const missing = world.kube.kubeconfig({ exec: { command: 'no-such-plugin' } });
    const hinted = missing.replace('command:', 'installHint: Install it from there.\n        command:');
    expect(await thrownBy((await world.open(hinted)).get('/api/v1/pods'))).toMatchObject({
      message: 'The credential plugin no-such-plugin is not installed.',
      hint: 'Install it from there.',
    });
    const terminal = await world.open(missing.replace('interactiveMode: Never', 'interactiveMode: Always'));
    expect(await thrownBy(terminal.get('/api/v1/pods'))).toMatchObject({
      message: expect.stringContaining('wants a terminal'),
    });
  });

  test('may be a certificate', async () => {
    await using world = await createWorld();
    const cluster = await world.open(world.kube.kubeconfig({ certificate: { user: 'anna', groups: ['ops', 'dev'] } }));
    const review = await cluster.post('/apis/authentication.k8s.io/v1/selfsubjectreviews', {});
    expect(review).toMatchObject({
      status: { userInfo: { username: 'anna', groups: ['ops', 'dev', 'system:authenticated'] } },
    });
  });
});

describe('what can go wrong', () => {
  test('with the permission is told by name', async () => {
    await using world = await createWorld({ authorize: ({ resource }) => resource !== 'secrets' });
    const error = await thrownBy((await world.open()).get('/api/v1/namespaces/default/secrets'));
    expect(error).toMatchObject({
      code: 'HAWSER_KUBE_FORBIDDEN',
      message: expect.stringContaining('cannot list resource "secrets" in API group "" in the namespace "default"'),
    });
  });

  test('with a token nobody knows never shows the token', async () => {
    await using world = await createWorld();
    const text = world.kube.kubeconfig().replace(world.kube.token, 'SECRET-PLANTED-TOKEN');
    const error = await thrownBy((await world.open(text)).get('/api/v1/pods'));
    expect(error).toMatchObject({ code: 'HAWSER_KUBE_UNAUTHORIZED', exitCode: 1 });
    expect(JSON.stringify(everything(error))).not.toContain('SECRET-PLANTED');
  });

  test('on the way is told apart', async () => {
    await using world = await createWorld();
    const at = async (url: string): Promise<unknown> =>
      await thrownBy((await world.open(world.kube.kubeconfig().replace(world.kube.url, url))).text('/readyz'));
    const { port, ...gone } = await listening(createTcpServer());
    await gone[Symbol.asyncDispose]();
    expect(await at(`https://127.0.0.1:${port}`)).toMatchObject({
      code: 'HAWSER_KUBE_UNREACHABLE',
      message: `The API server 127.0.0.1:${port} cannot be reached: nothing listens there.`,
      details: { cause: 'ECONNREFUSED' },
    });
    await using other = await createWorld();
    expect(await at(other.kube.url)).toMatchObject({ code: 'HAWSER_KUBE_CERTIFICATE_REJECTED' });
    await using resetting = await listening(createTcpServer((socket) => socket.resetAndDestroy()));
    expect(await at(`https://127.0.0.1:${resetting.port}`)).toMatchObject({ code: 'HAWSER_KUBE_UNREACHABLE' });
    await using garbage = await listening(createTcpServer((socket) => socket.end('SSH-2.0-x\r\n')));
    expect(await at(`https://127.0.0.1:${garbage.port}`)).toMatchObject({ code: 'HAWSER_KUBE_UNREACHABLE' });
  });

  test('with an answer that is not the API', async () => {
    await using world = await createWorld();
    const cluster = await world.open();
    expect(await thrownBy(cluster.get('/readyz'))).toMatchObject({
      code: 'HAWSER_KUBE_API_FAILED',
      message: 'The answer to /readyz is not JSON.',
    });
    expect(
      await thrownBy(cluster.post(maps, { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'x' } })),
    ).toMatchObject({
      code: 'HAWSER_KUBE_API_FAILED',
      details: { status: 400, reason: 'BadRequest' },
    });
  });

  test('has a hint for every code', () => {
    for (const row of Object.values(kubeClientErrors)) expect(row.hint).toMatch(/\.$/);
  });
});

describe('a proxy', () => {
  test('of the kubeconfig makes the connections, and its refusal is told', async () => {
    const asked: string[] = [];
    await using world = await createWorld();
    const server = createHttpServer();
    server.on('connect', (request, client, head) => {
      asked.push(`${request.url ?? ''} ${request.headers['proxy-authorization'] ?? ''}`);
      if (!request.headers['proxy-authorization']) return client.end('HTTP/1.1 407 Who are you\r\n\r\n');
      const [host, port] = (request.url ?? '').split(':');
      const far = connect(Number(port), host, () => {
        client.write('HTTP/1.1 200 Go on\r\n\r\n');
        far.write(head);
        client.pipe(far).pipe(client);
      });
      client.on('error', () => far.destroy());
      far.on('error', () => client.destroy());
      return undefined;
    });
    await using proxy = await listening(server);
    const through = (user: string): string =>
      world.kube.kubeconfig().replace('server:', `proxy-url: http://${user}127.0.0.1:${proxy.port}\n      server:`);
    const cluster = await world.open(through('me:pass@'));
    expect(await cluster.text('/readyz')).toBe('ok');
    expect(cluster.usesProxy).toBe(true);
    expect(asked).toEqual([`${new URL(world.kube.url).host} Basic ${Buffer.from('me:pass').toString('base64')}`]);
    expect(await thrownBy((await world.open(through(''))).text('/readyz'))).toMatchObject({
      code: 'HAWSER_KUBE_UNREACHABLE',
      message: expect.stringContaining('answered 407'),
    });
  });

  test('of the environment is used unless the host is spared', async () => {
    await using world = await createWorld();
    const text = world.kube.kubeconfig().replace(world.kube.url, 'https://api.example.internal');
    const open = async (env: Readonly<Record<string, string>>): Promise<boolean> =>
      (await world.open(text, { env })).usesProxy;
    expect(await open({})).toBe(false);
    expect(await open({ HTTPS_PROXY: 'http://proxy:3128' })).toBe(true);
    expect(await open({ https_proxy: 'http://proxy:3128', NO_PROXY: 'localhost, .internal' })).toBe(false);
    expect(await open({ HTTPS_PROXY: 'http://proxy:3128', NO_PROXY: 'example' })).toBe(true);
  });
});

interface Listening extends AsyncDisposable {
  readonly port: number;
}

async function listening(server: ReturnType<typeof createTcpServer>): Promise<Listening> {
  const sockets = new Set<{ destroy(): void }>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** All that could be shown of an error. */
function everything(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { message, stack, cause } = error;
  return { ...Object.fromEntries(Object.entries(error)), message, stack, cause: everything(cause) };
}
