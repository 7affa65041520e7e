import { describe, expect, jest, test } from '@jest/globals';
import { createSessionsClient, exchangeTicket, parseTerminalLink } from '../../src/client/index.js';
import type { SessionsClient } from '../../src/client/index.js';

const id = 'f0d3b7e2-0d3c-4c39-9a51-0c1f1b7a8c11';
const other = 'f0d3ffff-0d3c-4c39-9a51-0c1f1b7a8c11';

/** A client whose questions are answered by hand, in order; the last answer is given again. */
function answered(...answers: readonly (() => Response | Promise<Response>)[]): {
  readonly client: SessionsClient;
  readonly asked: Request[];
} {
  const asked: Request[] = [];
  const client = createSessionsClient({
    url: 'http://sessions.test/base/',
    apiKey: 'key',
    fetch: async (request) => {
      asked.push(request);
      return answers[Math.min(asked.length, answers.length) - 1]!();
    },
  });
  return { client, asked };
}

const problem = (status: number, code: string, headers: Record<string, string> = {}): Response =>
  Response.json({ code, detail: `It is ${code}.`, hint: 'Do this.' }, { status, headers });
const lost = (): Promise<Response> => Promise.reject(new TypeError('fetch failed', { cause: new Error('ECONNRESET') }));

describe('the client of the service', () => {
  test('creates once however often the answer gets lost', async () => {
    const { client, asked } = answered(lost, () => Response.json({ sessionId: id }, { status: 201 }));
    expect(await client.create({ command: 'true' })).toEqual({ sessionId: id });
    const keys = asked.map(({ headers }) => headers.get('idempotency-key'));
    expect(keys[0]).toMatch(/^[0-9a-f]{32}$/);
    expect(new Set(keys).size).toBe(1);
    expect(asked[0]).toMatchObject({
      method: 'POST',
      url: 'http://sessions.test/base/api/sessions',
      redirect: 'error',
    });
    expect(asked[0]?.headers.get('authorization')).toBe('Bearer key');
  });

  test('types once: what must not happen twice is not asked again', async () => {
    const { client, asked } = answered(lost);
    await expect(client.type(id, 'x')).rejects.toMatchObject({
      code: 'HAWSER_SESSIONS_SERVICE_UNREACHABLE',
      message: 'sessions.test cannot be reached: ECONNRESET.',
    });
    expect(asked).toHaveLength(1);
  });

  test.each([
    [400, 'invalid_request', 'HAWSER_SESSIONS_BAD_INPUT'],
    [401, 'unauthenticated', 'HAWSER_SESSIONS_REFUSED'],
    [404, 'not_found', 'HAWSER_SESSIONS_NOT_FOUND'],
    [410, 'ticket_used', 'HAWSER_SESSIONS_LINK_USED'],
    [422, 'source_rejected', 'HAWSER_SESSIONS_SOURCE_REJECTED'],
    [500, 'internal', 'HAWSER_SESSIONS_SERVICE_UNREACHABLE'],
  ])('%i %s is %s, in the words of the service', async (status, serviceCode, code) => {
    const { client } = answered(() => problem(status, serviceCode));
    await expect(client.get(id)).rejects.toMatchObject({
      code,
      message: `It is ${serviceCode}.`,
      hint: 'Do this.',
      details: { status, service_code: serviceCode },
    });
  });

  test('waits as long as a service that is limited says, and asks again', async () => {
    const { client, asked } = answered(
      () => problem(429, 'rate_limited', { 'retry-after': '0' }),
      () => new Response(null, { status: 202 }),
    );
    await client.signal(id, 'SIGINT');
    expect(asked).toHaveLength(2);
  });

  test('says when something else than a sessions service answers', async () => {
    const { client } = answered(() => new Response('<html>'));
    await expect(client.get(id)).rejects.toMatchObject({ code: 'HAWSER_SESSIONS_PROTOCOL_VIOLATED' });
  });

  test('finds a session by a beginning that no other has', async () => {
    const pages = [
      { sessions: [{ sessionId: id }], next: 'more' },
      { sessions: [{ sessionId: other }], next: null },
    ];
    const { client, asked } = answered(
      ...Array.from({ length: 3 }, () => pages.map((page) => () => Response.json(page))).flat(),
    );
    expect(await client.find(id)).toBe(id);
    expect(asked).toHaveLength(0);
    expect(await client.find('f0d3b')).toBe(id);
    expect(asked.map(({ url }) => new URL(url).searchParams.get('cursor'))).toEqual([null, 'more']);
    await expect(client.find('f0d3')).rejects.toMatchObject({ details: { candidates: [id, other] } });
    await expect(client.find('zz')).rejects.toMatchObject({ code: 'HAWSER_SESSIONS_NOT_FOUND' });
  });

  test('events come once each over streams that are cut, until the service says it is over', async () => {
    const event = (number: number): string => `id: ${number}\nevent: phase\ndata: {"id":${number},"kind":"phase"}\n\n`;
    const cut = new ReadableStream<Uint8Array>({
      start(stream) {
        stream.enqueue(new TextEncoder().encode(event(1) + event(2)));
      },
      pull: (stream) => stream.error(new TypeError('terminated')),
    });
    const { client, asked } = answered(
      () => new Response(cut),
      () => new Response(`: \n\n${event(2)}${event(3)}`),
      () => new Response(null, { status: 204 }),
    );
    const seen: number[] = [];
    for await (const { id: number } of client.events(id)) seen.push(number);
    expect(seen).toEqual([1, 2, 3]);
    expect(asked.map(({ headers }) => headers.get('last-event-id'))).toEqual([null, '2', '3']);
  });

  test('a stream that brings nothing is asked for again only after a pause', async () => {
    const empty = (): Response => new Response(': \n\n');
    const { client, asked } = answered(empty, empty, () => new Response(null, { status: 204 }));
    jest.useFakeTimers();
    try {
      const over = client.events(id)[Symbol.asyncIterator]().next();
      await jest.advanceTimersByTimeAsync(999);
      expect(asked).toHaveLength(1);
      await jest.advanceTimersByTimeAsync(1);
      expect(asked).toHaveLength(2);
      await jest.advanceTimersByTimeAsync(1000);
      expect(await over).toEqual({ done: true, value: undefined });
    } finally {
      jest.useRealTimers();
    }
  });

  test('a service that does not hold its answers is not asked without a pause', async () => {
    const state = (name: string) => () => Response.json({ sessionId: id, state: name });
    const { client, asked } = answered(state('running'), state('running'), state('exited'));
    jest.useFakeTimers();
    try {
      const ended = client.wait(id);
      await jest.advanceTimersByTimeAsync(199);
      expect(asked).toHaveLength(1);
      await jest.advanceTimersByTimeAsync(201);
      expect(await ended).toMatchObject({ state: 'exited' });
      expect(asked).toHaveLength(3);
    } finally {
      jest.useRealTimers();
    }
  });

  test('takes no address and no key that cannot be one, and shows no login', () => {
    const refused = (url: string, apiKey: string): unknown => {
      try {
        return createSessionsClient({ url, apiKey });
      } catch (error) {
        return error;
      }
    };
    const wrong = { code: 'HAWSER_SESSIONS_BAD_INPUT' };
    expect(refused('ftp://x', 'k')).toMatchObject(wrong);
    expect(refused('https://me:secret@x', 'k')).toMatchObject({
      ...wrong,
      message: 'https://x is no address of a sessions service.',
    });
    expect(refused('https://x', 'a\nb')).toMatchObject(wrong);
  });
});

describe('links', () => {
  test('are taken apart, whichever way they carry the ticket', () => {
    expect(parseTerminalLink(`https://s.test/ws/${id}#t=abc`)).toEqual({
      url: 'https://s.test/',
      session: id,
      ticket: 'abc',
    });
    expect(parseTerminalLink(`http://s.test/a/b/ws/${id}?token=abc`)).toEqual({
      url: 'http://s.test/a/b',
      session: id,
      ticket: 'abc',
    });
    expect(parseTerminalLink(`https://s.test/ws/${id}`).ticket).toBeUndefined();
    for (const wrong of ['', 'https://s.test/', '/ws/x']) {
      expect(() => parseTerminalLink(wrong)).toThrow(expect.objectContaining({ code: 'HAWSER_SESSIONS_BAD_INPUT' }));
    }
  });

  test('a link that was used says so', async () => {
    const fetch = async (): Promise<Response> => problem(410, 'ticket_used');
    await expect(exchangeTicket({ url: 'http://s.test', session: id, ticket: 't', fetch })).rejects.toMatchObject({
      code: 'HAWSER_SESSIONS_LINK_USED',
    });
  });
});
