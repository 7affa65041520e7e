import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, createServer as createTcpServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { extension } from '../http-proxy.js';

test('reaches through the proxy, and says so when it may not', async (t) => {
  const target = createTcpServer((socket) => socket.end('hello'));
  const proxy = createServer().on('connect', (request, socket) => {
    const [host = '', port = ''] = String(request.url).split(':');
    if (host === 'forbidden') return socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
    const far = connect({ host, port: Number(port) }, () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      far.pipe(socket).pipe(far);
    });
    return undefined;
  });
  const portOf = async (server) => {
    t.after(() => server.close());
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return server.address().port;
  };
  const [to, at] = [await portOf(target), await portOf(proxy)];
  const { signal } = new AbortController();
  const input = /** @type {any} */ ({ targets: [], signal, onDebug: () => {} });
  const link = await extension.open({ proxy: `127.0.0.1:${at}` }, input);
  assert.equal(await text(await link.dial({ host: '127.0.0.1', port: to }, { signal })), 'hello');
  await assert.rejects(link.dial({ host: 'forbidden', port: 1 }, { signal }), /the proxy answered 403/);
  await link.close();
  assert.equal(await link.ended, undefined);
});
