import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import type { StreamBody } from '../../src/http/stream-request.js';
import { ANSWER_LIMIT } from '../../src/http/read-body.js';
import { failureOf } from '../support/hub.js';
import { scripted, serve } from '../support/scripted-hub.js';

/** One buffer for every piece, overwritten for the next: as an upload reads its file. */
function bodyOf(pieces: number, bytes = 65_536): StreamBody & { readonly sha1: string } {
  const sum = createHash('sha1');
  for (let index = 0; index < pieces; index++) sum.update(Buffer.alloc(bytes, index));
  return {
    bytes: pieces * bytes,
    sha1: sum.digest('hex'),
    async *pieces() {
      const buffer = Buffer.alloc(bytes);
      for (let index = 0; index < pieces; index++) yield buffer.fill(index);
    },
  };
}

describe('a body that is made while it is sent', () => {
  test('arrives whole, although its buffer is used again for each piece, and again at the next try', async () => {
    const seen: string[] = [];
    const { url } = await serve(async (request, response) => {
      const sum = createHash('sha1');
      for await (const chunk of request) sum.update(chunk as Buffer);
      seen.push(sum.digest('hex'));
      response.writeHead(seen.length === 1 ? 503 : 200, { etag: 'e' }).end('{}');
    });
    const { http } = scripted([], { endpoint: url });
    const body = bodyOf(40);
    expect(await http.json({ method: 'PUT', path: '/x', stream: body })).toEqual({});
    expect(seen).toEqual([body.sha1, body.sha1]);
  });

  test('is sent no further when the answer comes early', async () => {
    const { url } = await serve((_request, response) => response.writeHead(413).end('{"error":"too large"}'));
    let made = 0;
    const endless: StreamBody = {
      bytes: 2 ** 40,
      async *pieces() {
        for (;;) {
          made += 1;
          yield Buffer.alloc(1 << 20);
        }
      },
    };
    const { http } = scripted([], { endpoint: url });
    expect(await failureOf(http.json({ method: 'PUT', path: '/x', stream: endless }))).toMatchObject({
      details: { status: 413 },
      message: expect.stringContaining('too large'),
    });
    expect(made).toBeLessThan(1000);
  });

  test('that cannot be made fails with the reason, is not tried again, and is not taken for whole', async () => {
    let isWhole = false;
    let hasCome = (): void => undefined;
    const coming = new Promise<void>((resolve) => (hasCome = resolve));
    const { url, requests } = await serve((request) => {
      hasCome();
      request.on('error', () => undefined);
      request.on('end', () => void (isWhole = true));
      request.resume();
    });
    const { http } = scripted([], { endpoint: url });
    const stream: StreamBody = {
      bytes: 10,
      async *pieces() {
        yield Buffer.from('begin');
        await coming;
        throw new Error('the file is gone');
      },
    };
    await expect(http.json({ method: 'PUT', path: '/x', stream })).rejects.toThrow('the file is gone');
    expect([requests.length, isWhole]).toEqual([1, false]);
  });

  test('of another length than announced fails', async () => {
    const { url } = await serve((request) => request.resume());
    const { http } = scripted([], { endpoint: url });
    const stream = { ...bodyOf(1), bytes: 100_000 };
    await expect(http.json({ method: 'PUT', path: '/x', stream })).rejects.toThrow(
      '65536 bytes came where 100000 were announced',
    );
  });

  test('ends at the signal', async () => {
    const abort = new AbortController();
    const { url } = await serve((request) => {
      request.on('error', () => undefined);
      request.once('data', () => abort.abort(new Error('Ctrl-C')));
    });
    const { http } = scripted([], { endpoint: url, signal: abort.signal });
    await expect(http.json({ method: 'PUT', path: '/x', stream: bodyOf(500) })).rejects.toThrow('Ctrl-C');
  });

  test('whose answer never ends is given up', async () => {
    const piece = Buffer.alloc(1 << 20);
    const { url } = await serve((request, response) => {
      request.resume();
      response.on('error', () => undefined);
      const more = (): void => {
        while (!response.destroyed && response.write(piece));
      };
      response.on('drain', more);
      more();
    });
    const { http } = scripted([], { endpoint: url });
    expect(await failureOf(http.json({ method: 'PUT', path: '/x', stream: bodyOf(1) }))).toMatchObject({
      code: 'HAWSER_HF_PROTOCOL',
      details: { limitBytes: ANSWER_LIMIT },
    });
  });

  test('that is sent elsewhere does not follow', async () => {
    const { url, requests } = await serve((request, response) => {
      request.resume();
      response.writeHead(307, { location: '/other' }).end();
    });
    const { http } = scripted([], { endpoint: url });
    expect(await failureOf(http.json({ method: 'PUT', path: '/x', stream: bodyOf(1) }))).toMatchObject({
      code: 'HAWSER_HF_HUB_FAILED',
      details: { status: 307 },
    });
    expect(requests).toHaveLength(1);
  });
});
