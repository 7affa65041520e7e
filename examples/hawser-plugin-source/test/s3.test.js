import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { test } from 'node:test';
import { addressOf, extension } from '../s3.js';

test('knows where objects are', () => {
  assert.equal(addressOf(new URL('s3://shop/a/b.tar.gz')).href, 'https://shop.s3.amazonaws.com/a/b.tar.gz');
});

test('fetches from a store', async (t) => {
  const server = createServer(({ url }, response) => response.writeHead(url === '/b/code.zip' ? 200 : 404).end('zip'));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.after(() => server.close());
  const store = `s3+http://127.0.0.1:${/** @type {any} */ (server.address()).port}/b`;
  const input = { signal: new AbortController().signal, maxBytes: 1, onProgress: () => {} };
  const { kind, body } = await extension.fetch(`${store}/code.zip`, input);
  assert.deepEqual([kind, (await buffer(body)).toString()], ['zip', 'zip']);
  await assert.rejects(extension.fetch(`${store}/other.zip`, input), /answered 404/);
});
