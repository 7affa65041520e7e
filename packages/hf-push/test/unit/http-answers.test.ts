import fc from 'fast-check';
import { describe, expect, test } from '@jest/globals';
import { HfPushError } from '../../src/errors.js';
import { explained } from '../../src/http/failure.js';
import { ANSWER_LIMIT } from '../../src/http/read-body.js';
import { openHub } from '../../src/hub/open.js';
import type { Hub } from '../../src/hub/types.js';
import { rollbackSpace } from '../../src/space/rollback.js';
import { getStatus } from '../../src/space/status.js';
import { FastClock, clientOf, failureOf, startHub } from '../support/hub.js';
import { refusal, scripted, serve } from '../support/scripted-hub.js';

/** A Hub that answers everything alike. */
function alike(answer: () => Response): Hub {
  return openHub({
    endpoint: 'https://hub.test',
    token: 'hf_planted',
    fetch: async () => answer(),
    clock: new FastClock(),
  });
}

/** Everything that reads an answer. */
const asks: readonly (readonly [string, (hub: Hub) => Promise<unknown>])[] = [
  ['whoAmI', (hub) => hub.whoAmI()],
  ['spaceInfo', (hub) => hub.spaceInfo('a/b')],
  ['listTree', (hub) => hub.listTree('a/b', 'main')],
  ['listCommits', (hub) => hub.listCommits('a/b')],
  ['variables', (hub) => hub.variables('a/b')],
  ['secrets', (hub) => hub.secrets('a/b')],
  ['runtime', (hub) => hub.runtime('a/b')],
  ['requestHardware', (hub) => hub.requestHardware('a/b', 'cpu-basic')],
  ['restart', (hub) => hub.restart('a/b')],
  ['pause', (hub) => hub.pause('a/b')],
  ['listPullRequests', (hub) => hub.listPullRequests('a/b')],
  ['openPullRequest', (hub) => hub.openPullRequest('a/b', { title: 't', description: '' })],
  ['getStatus', (hub) => getStatus(hub, 'a/b')],
  ['rollbackSpace', (hub) => rollbackSpace(hub, 'a/b')],
];

describe('an answer', () => {
  test.each(asks)('that is no JSON is told as such: %s', async (_name, ask) => {
    for (const text of ['<html>', '', '{"half": ']) {
      const error = await failureOf(ask(alike(() => new Response(text))));
      expect(error).toMatchObject({ code: 'HAWSER_HF_PROTOCOL', exitCode: 1 });
    }
  });

  test.each(asks)('of any shape is an answer or an error of ours: %s', async (_name, ask) => {
    const name = fc.constantFrom(
      'name',
      'orgs',
      'auth',
      'sha',
      'runtime',
      'stage',
      'hardware',
      'discussions',
      'num',
      'value',
      'id',
      'type',
      'oid',
    );
    const { value } = fc.letrec<{ readonly value: unknown }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 3, depthIdentifier: 'shape' },
        fc.constantFrom(null, true, 0, '', 'file', 'x'),
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(name, tie('value'), { maxKeys: 5, noNullPrototype: true }),
      ),
    }));
    await fc.assert(
      fc.asyncProperty(value, async (body) => {
        try {
          await ask(alike(() => Response.json(body)));
        } catch (error) {
          if (!(error instanceof HfPushError)) throw error;
        }
      }),
      { numRuns: 60 },
    );
  });

  test('that never ends is given up, and no more of it is read', async () => {
    const piece = Buffer.alloc(1 << 20, 0x20);
    for (const status of [200, 400]) {
      let sent = 0;
      let isCancelled = false;
      const endless = (): Response =>
        new Response(
          new ReadableStream({
            pull: (controller) => {
              sent += piece.length;
              controller.enqueue(piece);
            },
            cancel: () => void (isCancelled = true),
          }),
          { status },
        );
      const error = await failureOf(alike(endless).runtime('a/b'));
      expect(error).toMatchObject({ code: 'HAWSER_HF_PROTOCOL', details: { limitBytes: ANSWER_LIMIT } });
      expect(isCancelled).toBe(true);
      expect(sent).toBeLessThan(ANSWER_LIMIT + 4 * piece.length);
    }
  });

  test('that leads to another host takes no token along, by redirect or by link', async () => {
    const elsewhere = await serve((_request, response) => response.end('[]'));
    const hub = await serve((request, response) => {
      if (request.url?.startsWith('/spaces/')) response.writeHead(302, { location: `${elsewhere.url}/file` }).end();
      else response.writeHead(200, { link: `<${elsewhere.url}/page-2>; rel="next"` }).end('[]');
    });
    const client = openHub({ endpoint: hub.url, token: 'hf_planted' });
    await client.readFile('a/b', 'x', 'main');
    await client.listTree('a/b', 'main');
    expect(hub.requests.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer hf_planted',
      'Bearer hf_planted',
    ]);
    expect(elsewhere.requests.map(({ url, headers }) => [url, headers.authorization])).toEqual([
      ['/file', undefined],
      ['/page-2', undefined],
    ]);
  });

  test('that leads elsewhere on the same host keeps it: Spaces are renamed', async () => {
    const hub = await serve((request, response) => {
      if (request.url?.includes('/old/')) response.writeHead(307, { location: '/api/spaces/a/new/runtime' }).end();
      else response.end('{"stage":"RUNNING"}');
    });
    expect(await openHub({ endpoint: hub.url, token: 'hf_planted' }).runtime('a/old')).toMatchObject({
      stage: 'RUNNING',
    });
    expect(hub.requests.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer hf_planted',
      'Bearer hf_planted',
    ]);
  });
});

describe('a refusal', () => {
  test.each([
    [401, {}, 'Invalid credentials in Authorization header', 'HAWSER_HF_TOKEN_INVALID', 'does not accept this token'],
    [401, { 'x-error-code': 'RepoNotFound' }, 'Invalid credentials', 'HAWSER_HF_TOKEN_INVALID', 'does not accept'],
    [401, { 'x-error-code': 'RepoNotFound' }, 'Repository not found', 'HAWSER_HF_SPACE_NOT_FOUND', 'no such Space'],
    [404, { 'x-error-code': 'RepoNotFound' }, 'Repository not found', 'HAWSER_HF_SPACE_NOT_FOUND', 'no such Space'],
    [402, {}, 'PRO is needed', 'HAWSER_HF_PAYMENT_REQUIRED', 'PRO is needed'],
    [403, {}, 'not yours', 'HAWSER_HF_ACCESS_DENIED', 'not yours'],
    [403, {}, 'pass `create_pr=1`', 'HAWSER_HF_CONTRIBUTOR', 'only propose'],
    [404, {}, 'nothing there', 'HAWSER_HF_HUB_FAILED', 'refused GET /api/x (404): nothing there'],
    [409, {}, 'busy', 'HAWSER_HF_HUB_FAILED', 'refused GET /api/x (409): busy'],
    [429, { 'retry-after': '9999' }, 'too many', 'HAWSER_HF_RATE_LIMITED', 'another 9999 s'],
    [500, {}, 'oops', 'HAWSER_HF_HUB_FAILED', 'failed at GET /api/x (500): oops'],
  ])('of %s with %j and %j is %s', async (status, headers, said, code, words) => {
    const { http } = scripted([refusal(status, headers, said)]);
    const error = await failureOf(http.json({ path: '/api/x' }));
    expect(error).toMatchObject({ code, message: expect.stringContaining(words), details: { status } });
  });

  test('of 401 without a token is that there is none', async () => {
    const { http } = scripted([refusal(401)], { token: undefined });
    expect((await failureOf(http.json({ path: '/api/x' }))).code).toBe('HAWSER_HF_TOKEN_MISSING');
    expect((await failureOf(openHub({ endpoint: 'https://hub.test' }).whoAmI())).code).toBe('HAWSER_HF_TOKEN_MISSING');
  });

  test.each([409, 412])('of a commit with %s is that the head moved', async (status) => {
    const { http } = scripted([refusal(status)]);
    const error = await failureOf(http.json({ path: '/api/spaces/a/b/commit/main' }));
    expect(error.code).toBe('HAWSER_HF_HEAD_MOVED');
  });

  test.each([
    ['{"error":["one","two"]}', 'one two'],
    ['{"errors":[{"message":"one"},"two",null]}', 'one two'],
    ['{"message":"one"}', 'one'],
    ['plain words', 'plain words'],
    ['', 'status 400'],
    ['null', 'null'],
    ['{"error":{"deep":1}}', 'status 400'],
    ['{"error":"from the header"}', 'from the header'],
  ])('that says %s is quoted as %s', async (body, words) => {
    const headers = body.includes('header') ? { 'x-error-message': 'from the header' } : undefined;
    const { http } = scripted([new Response(body, { status: 400, ...(headers ? { headers } : {}) })]);
    expect((await failureOf(http.json({ path: '/api/x' }))).message).toBe(`The Hub refused GET /api/x (400): ${words}`);
  });

  test('begins with the phrase of what was tried, once, and takes its code where it has none', async () => {
    const { http } = scripted([refusal(400)]);
    const work = async (): Promise<unknown> =>
      await explained('Failed to create space', 'HAWSER_HF_CREATE_FAILED', () =>
        explained('Failed to create space', 'HAWSER_HF_UPLOAD_FAILED', () => http.json({ path: '/api/x' })),
      );
    const error = await failureOf(work());
    expect(error.message).toBe('Failed to create space: The Hub refused GET /api/x (400): no');
    expect(error).toMatchObject({ code: 'HAWSER_HF_UPLOAD_FAILED', cause: { code: 'HAWSER_HF_HUB_FAILED' } });
  });
});

describe('a Space that is to be made', () => {
  const space = { id: 'hawser/x', private: false, variables: {}, secrets: {} };

  test('where there is one is refused', async () => {
    const hub = clientOf(await startHub());
    await hub.createSpace(space);
    expect(await failureOf(hub.createSpace(space))).toMatchObject({
      code: 'HAWSER_HF_SPACE_EXISTS',
      message: 'Failed to create space hawser/x: there is a Space hawser/x already',
    });
  });

  test('while another creation is under way is tried again, and given up at last', async () => {
    const emulator = await startHub();
    const clock = new FastClock();
    const hub = clientOf(emulator, { clock });
    const busy = (times: number): void =>
      emulator.fail({
        path: /create/,
        times,
        does: { kind: 'status', status: 409, body: { error: 'another conflicting operation is in progress' } },
      });
    busy(2);
    await hub.createSpace(space);
    expect(clock.slept).toEqual([1000, 2000]);
    busy(5);
    expect(await failureOf(hub.createSpace({ ...space, id: 'hawser/y' }))).toMatchObject({
      code: 'HAWSER_HF_CREATE_FAILED',
      message: expect.stringMatching(/^Failed to create space hawser\/y: another creation/),
    });
  });

  test('and is refused says so with the phrase', async () => {
    const emulator = await startHub();
    emulator.fail({ path: /create/, does: { kind: 'status', status: 400, body: { error: 'a bad name' } } });
    expect(await failureOf(clientOf(emulator).createSpace(space))).toMatchObject({
      code: 'HAWSER_HF_CREATE_FAILED',
      message: 'Failed to create space hawser/x: The Hub refused POST /api/repos/create (400): a bad name',
      hint: expect.stringContaining('namespace'),
    });
  });
});

test('who one is, is asked once, and again only after a failure', async () => {
  const emulator = await startHub();
  const hub = clientOf(emulator, { tries: 1 });
  emulator.fail({ path: /whoami/, does: { kind: 'status', status: 500 } });
  await failureOf(hub.whoAmI());
  const [one, two] = await Promise.all([hub.whoAmI(), hub.with({}).whoAmI()]);
  expect(one).toBe(two);
  expect(one).toEqual({
    name: 'hawser',
    type: 'user',
    isPro: true,
    orgs: [{ name: 'my-org', role: 'admin', isPaid: false }],
    tokenRole: 'write',
  });
  expect(emulator.requests).toHaveLength(2);
});
