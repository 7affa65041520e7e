import { once } from 'node:events';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { type AddressInfo, connect, createServer, type Server, Socket } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { LinkError, type LinkCause } from '../../src/link/failure.js';
import { runProbe } from '../../src/probe/index.js';
import type { ProbeResult } from '../../src/probe/probe.js';
import type { ProbeSpec, Target } from '../../src/spec.js';

describe('a tcp probe', () => {
  test('is content with a listener that stays silent, and with one that speaks', async () => {
    await using silent = await listening(createServer((socket) => socket.resume()));
    expect(await probe(silent, { kind: 'tcp' })).toMatchObject({ ok: true, detail: 'takes connections' });
    await using speaking = await listening(createServer((socket) => socket.write('SSH-2.0-x\r\n')));
    const spoke = await probe(speaking, { kind: 'tcp' }, { settleMs: 60_000 });
    expect(spoke).toMatchObject({ ok: true, detail: 'takes connections, and speaks first' });
  });

  test('sees a connection that is closed at once', async () => {
    await using closing = await listening(createServer((socket) => socket.end()));
    const closed = await probe(closing, { kind: 'tcp' }, { settleMs: 60_000 });
    expect(closed).toMatchObject({ ok: false, at: 'target', message: expect.stringContaining('closed as soon as') });
    await using resetting = await listening(
      createServer((socket) => {
        socket.on('data', () => socket.resetAndDestroy());
      }),
    );
    const socket = connect(resetting.port, '127.0.0.1');
    await once(socket, 'connect');
    const reset = ask(() => Promise.resolve(socket), { kind: 'tcp' }, { settleMs: 60_000 });
    socket.write('the far end resets when it hears this');
    expect(await reset).toMatchObject({ ok: false, at: 'target' });
  });

  test.each<ProbeSpec>([{ kind: 'tcp' }, { kind: 'postgres' }, { kind: 'http', path: '/' }])(
    'of kind %j is not held up by a connection that was gone before it was asked',
    async (spec) => {
      const gone = new Socket();
      gone.destroy();
      expect(await ask(() => Promise.resolve(gone), spec)).toMatchObject({ ok: false, at: 'target' });
    },
  );
});

describe('an http probe', () => {
  test('takes 200 to 399, and says what else it saw', async () => {
    await using server = await http((request, response) => {
      response.statusCode = Number(request.url?.slice(1));
      response.end('hello');
    });
    for (const status of [200, 204, 302]) {
      expect(await probe(server, { kind: 'http', path: `/${status}` })).toMatchObject({
        ok: true,
        detail: `GET /${status} answered ${status}`,
      });
    }
    expect(await probe(server, { kind: 'http', path: '/404' })).toMatchObject({
      ok: false,
      at: 'application',
      message: 'GET /404 answered 404; 200 to 399 were expected.',
      hint: expect.stringContaining('path of the probe'),
    });
    for (const status of [400, 401, 403, 500, 502]) {
      expect(await probe(server, { kind: 'http', path: `/${status}` })).toMatchObject({ ok: false, at: 'application' });
    }
    expect(await probe(server, { kind: 'http', path: '/401', status: [200, 401] })).toMatchObject({ ok: true });
    expect(await probe(server, { kind: 'http', path: '/200', status: [401] })).toMatchObject({
      ok: false,
      message: 'GET /200 answered 200; 401 was expected.',
    });
  });

  test('looks for a text, within the first 256 KiB', async () => {
    await using server = await http((request, response) =>
      response.end(request.url === '/far' ? `${'x'.repeat(300_000)}ready` : 'we are ready now'),
    );
    expect(await probe(server, { kind: 'http', path: '/', body: 'ready' })).toMatchObject({ ok: true });
    expect(await probe(server, { kind: 'http', path: '/', body: 'never' })).toMatchObject({
      ok: false,
      message: 'GET / answered 200, but the answer does not contain "never".',
    });
    expect(await probe(server, { kind: 'http', path: '/far', body: 'ready' })).toMatchObject({
      ok: false,
      message: 'GET /far answered 200, but the first 256 KiB of the answer does not contain "ready".',
    });
  });

  test.each([
    [{ host: 'prefect.internal', port: 4200 }, 'prefect.internal:4200'],
    [{ host: 'web', port: 80 }, 'web'],
    [{ host: '::1', port: 81 }, '[::1]:81'],
    [{ host: 'svc/web', port: 8080 }, 'web:8080'],
    [{ host: 'app=web,tier=front', port: 8080 }, 'localhost:8080'],
    [{ path: '/run/app.sock' }, 'localhost'],
  ])('names the target %j to the application as %s', async (target, name) => {
    let asked: string | undefined;
    await using server = await http((request, response) => {
      asked = request.headers.host;
      response.end();
    });
    expect(await probe(server, { kind: 'http', path: '/' }, { target })).toMatchObject({ ok: true });
    expect(asked).toBe(name);
    await probe(server, { kind: 'http', path: '/', host: 'own.example' }, { target });
    expect(asked).toBe('own.example');
  });
});

describe('a probe of Prefect', () => {
  test.each([
    [200, 'application/json', '{"message":"OK"}', { ok: true }],
    [
      503,
      'application/json',
      '{"message":"Database is not available"}',
      { message: expect.stringMatching(/database/) },
    ],
    [404, 'text/html', '<!DOCTYPE html>', { message: expect.stringContaining('404') }],
    [200, 'text/html', '<!DOCTYPE html>', { message: expect.stringContaining('web page') }],
  ])('answered by %d %s', async (status, type, body, expected) => {
    await using server = await http((request, response) => {
      expect(request.url).toBe('/api/ready');
      response.writeHead(status, { 'content-type': type }).end(body);
    });
    expect(await probe(server, { kind: 'prefect' })).toMatchObject(expected);
  });
});

describe('a probe of Marquez', () => {
  test.each([
    [200, '{"namespaces":[]}', { ok: true }],
    [200, '{"other":[]}', { message: expect.stringContaining('not Marquez') }],
    [500, '', { message: expect.stringContaining('500') }],
  ])('answered by %d %s', async (status, body, expected) => {
    await using server = await http((request, response) => {
      expect(request.url).toBe('/api/v1/namespaces');
      response.writeHead(status).end(body);
    });
    expect(await probe(server, { kind: 'marquez' })).toMatchObject(expected);
  });
});

describe('a probe of PostgreSQL', () => {
  const greeted = (answer: Buffer | string): Server =>
    createServer((socket) => socket.once('data', (asked) => socket.end(asked.length === 8 ? answer : 'bad')));

  test.each([
    ['S', { ok: true, detail: 'PostgreSQL answers, with TLS' }],
    ['N', { ok: true, detail: 'PostgreSQL answers, without TLS' }],
    [postgresError('sorry, too many clients already'), { message: expect.stringMatching(/too many clients already$/) }],
    ['EFATAL:  old\n\0', { message: expect.stringMatching(/FATAL: {2}old$/) }],
    ['HTTP/1.1 400 Bad Request\r\n\r\n', { at: 'application', message: expect.stringContaining('0x48') }],
    ['', { at: 'target' }],
  ])('answered by %j', async (answer, expected) => {
    await using server = await listening(greeted(answer));
    expect(await probe(server, { kind: 'postgres' })).toMatchObject(expected);
  });

  test('keeps control characters of a strange server off the terminal', async () => {
    await using server = await listening(greeted(postgresError('\u001b[2Jgone')));
    expect(await probe(server, { kind: 'postgres' })).toMatchObject({ message: expect.stringMatching(/: \[2Jgone$/) });
  });
});

describe('hostile answers', () => {
  const get: ProbeSpec = { kind: 'http', path: '/', body: 'x' };

  test.each<readonly [string, ProbeSpec, (socket: Socket) => void, object]>([
    ['endless headers', get, (socket) => pour(socket, 'HTTP/1.1 200 OK\r\n', 'X-A: b\r\n'), { at: 'application' }],
    ['an endless line', get, (socket) => pour(socket, 'HTTP/1.1 200 ', 'a'.repeat(100)), { at: 'application' }],
    [
      'an endless body',
      get,
      (socket) => pour(socket, 'HTTP/1.1 200 OK\r\n\r\n', 'y'.repeat(100)),
      { at: 'application' },
    ],
    [
      'endless PostgreSQL',
      { kind: 'postgres' },
      (socket) => pour(socket, 'E\x7f\xff\xff\xff', 'y'),
      { at: 'application' },
    ],
    ['garbage', get, (socket) => socket.write('\0\xff\0\xff'), { message: expect.stringContaining('not speak HTTP') }],
    [
      'TLS',
      get,
      (socket) => socket.write(Buffer.from('15030100020246', 'hex')),
      { message: expect.stringMatching(/TLS/) },
    ],
    ['SSH', get, (socket) => socket.write('SSH-2.0-OpenSSH\r\n'), { message: expect.stringMatching(/SSH server/) }],
    [
      'an end at once',
      get,
      (socket) => socket.end(),
      { at: 'target', message: expect.stringMatching(/without an answer/) },
    ],
    [
      'a broken body',
      get,
      (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nyyy'),
      { at: 'application' },
    ],
    [
      'another protocol',
      get,
      (socket) => socket.write('HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n'),
      { at: 'application' },
    ],
  ])('%s', async (_name, spec, answer, expected) => {
    await using server = await listening(createServer((socket) => socket.once('data', () => answer(socket))));
    expect(await probe(server, spec, { timeoutMs: 30_000 })).toMatchObject({ ok: false, ...expected });
  });

  test('no answer at all', async () => {
    await using server = await listening(createServer((socket) => socket.resume()));
    for (const spec of [get, { kind: 'postgres' }] satisfies ProbeSpec[]) {
      expect(await probe(server, spec, { timeoutMs: 50 })).toMatchObject({
        ok: false,
        at: 'target',
        message: 'A connection was made, but nothing answered within 50 ms.',
      });
    }
  });

  test('an answer that never gets anywhere', async () => {
    await using server = await listening(
      createServer((socket) => socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\nX-A: b\r\n'))),
    );
    const stuck = await probe(server, get, { timeoutMs: 1_000 });
    expect(stuck).toMatchObject({
      at: 'application',
      message: expect.stringMatching(/not complete within .*25 bytes/),
    });
  });
});

describe('a link that cannot dial', () => {
  test.each<[LinkCause, string]>([
    ['target-refused', 'target'],
    ['no-pod', 'target'],
    ['forward-denied', 'link'],
    ['unreachable', 'link'],
  ])('for %s blames the %s', async (cause, at) => {
    const refusal = new LinkError({ cause, message: 'It was so.', hint: 'Do so.', permanent: false });
    const dial = (): Promise<never> => Promise.reject(refusal);
    expect(await ask(dial, { kind: 'tcp' })).toEqual({ ok: false, at, message: 'It was so.', hint: 'Do so.' });
  });

  test('for a reason of its own is blamed itself', async () => {
    const failing = await ask(() => Promise.reject(new Error('ECONNREFUSED')), { kind: 'tcp' });
    expect(failing).toMatchObject({ at: 'link', message: expect.stringContaining('ECONNREFUSED') });
  });

  test('in time is blamed, and a connection that comes later is closed', async () => {
    await using server = await listening(createServer((socket) => socket.resume()));
    let give: ((socket: Socket) => void) | undefined;
    const dialled = new Promise<Socket>((resolve) => (give = resolve));
    expect(await ask(() => dialled, { kind: 'tcp' }, { timeoutMs: 20 })).toMatchObject({
      at: 'link',
      message: 'No connection could be made within 20 ms.',
    });
    const late = connect(server.port, '127.0.0.1');
    give?.(late);
    await once(late, 'close');
  });

  test('when called off says so, and lets the connection go', async () => {
    await using server = await listening(createServer((socket) => socket.resume()));
    const controller = new AbortController();
    const socket = connect(server.port, '127.0.0.1');
    const asked = ask(() => Promise.resolve(socket), { kind: 'postgres' }, { signal: controller.signal });
    await once(socket, 'connect');
    controller.abort();
    expect(await asked).toMatchObject({ ok: false, message: expect.stringContaining('called off') });
    if (!socket.closed) await once(socket, 'close');
    expect(await ask(() => Promise.resolve(socket), { kind: 'tcp' }, { signal: controller.signal })).toMatchObject({
      ok: false,
    });
  });
});

interface Listening extends AsyncDisposable {
  readonly port: number;
}

interface Asking {
  readonly target?: Target;
  readonly timeoutMs?: number;
  readonly settleMs?: number;
  readonly signal?: AbortSignal;
}

/** Probes over a plain connection; the answers must be complete, and leave no connection behind. */
async function probe(server: Listening, spec: ProbeSpec, asking: Asking = {}): Promise<ProbeResult> {
  let socket: Socket | undefined;
  const result = await ask(
    async () => {
      socket = connect(server.port, '127.0.0.1');
      await once(socket, 'connect');
      return socket;
    },
    spec,
    asking,
  );
  expect(socket?.destroyed).toBe(true);
  if (result.ok) expect(result.latencyMs).toBeGreaterThan(0);
  else expect([result.message, result.hint]).toEqual([expect.stringMatching(/\S/), expect.stringMatching(/\.$/)]);
  return result;
}

function ask(dial: () => Promise<Socket>, spec: ProbeSpec, asking: Asking = {}): Promise<ProbeResult> {
  const target = { host: 'app', port: 1 };
  return runProbe({ probe: spec, target, dial, timeoutMs: 30_000, signal: new AbortController().signal, ...asking });
}

/** Writes as long as somebody takes it. */
function pour(socket: Socket, first: string, again: string): void {
  socket.write(first, 'latin1');
  const more = (): void => {
    while (!socket.destroyed && socket.write(again.repeat(100))) continue;
  };
  socket.on('drain', more);
  more();
}

function postgresError(message: string): Buffer {
  const fields = Buffer.from(`SFATAL\0C53300\0M${message}\0\0`);
  const head = Buffer.from('E\0\0\0\0');
  head.writeUInt32BE(fields.length + 4, 1);
  return Buffer.concat([head, fields]);
}

async function http(listener: RequestListener): Promise<Listening> {
  return await listening(createHttpServer(listener));
}

async function listening(server: Server): Promise<Listening> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
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
