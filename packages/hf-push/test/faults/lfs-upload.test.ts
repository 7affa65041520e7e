import { createHash } from 'node:crypto';
import { appendFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { HubEmulator } from '@hawser/emulators/hub';
import type { Hub, LfsObject } from '../../src/hub/types.js';
import { digestLarge } from '../../src/upload/large-file.js';
import { folderWith } from '../support/folders.js';
import { binary, clientOf, collector, failureOf, FastClock, startHub } from '../support/hub.js';
import { interpose, type Interposer } from '../support/interposer.js';

const space = 'hawser/echo_env';
const partBytes = 100_000;
const content = Buffer.from(binary(350_000));

interface Stand {
  readonly emulator: HubEmulator;
  readonly between: Interposer;
  readonly hub: Hub;
  readonly clock: FastClock;
}

async function stand(options: Parameters<typeof startHub>[0] = { multipartBytes: partBytes }): Promise<Stand> {
  const emulator = await startHub(options);
  const between = await interpose(emulator);
  const clock = new FastClock();
  const hub = clientOf(emulator, { endpoint: between.endpoint, clock });
  await hub.createSpace({ id: space, private: false, variables: {}, secrets: {} });
  return { emulator, between, hub, clock };
}

function objectOf(bytes: Buffer, path = 'weights.bin'): LfsObject {
  return {
    path,
    oid: createHash('sha256').update(bytes).digest('hex'),
    size: bytes.length,
    content: { kind: 'bytes', bytes },
    stamp: '',
  };
}

async function stored(emulator: HubEmulator, oid: string): Promise<Buffer> {
  return Buffer.from(await (await fetch(`${emulator.endpoint}/lfs-storage/${oid}`)).arrayBuffer());
}

const puts = ({ came }: Interposer): string[] =>
  came.flatMap((line) => /^PUT .*\/upload\/[^/]+(.*)$/.exec(line)?.slice(1) ?? []).toSorted();

describe('an upload', () => {
  test.each([
    { how: 'in one piece', options: {}, sent: [''] },
    { how: 'in parts', options: { multipartBytes: partBytes }, sent: ['/1', '/2', '/3', '/4'] },
    { how: 'in parts that fit exactly', options: { multipartBytes: 175_000 }, sent: ['/1', '/2'] },
  ])('$how: every byte arrives, once, and is told', async ({ options, sent }) => {
    const { emulator, between, hub } = await stand(options);
    const { events, onEvent } = collector();
    const object = objectOf(content);
    expect(await hub.with({ onEvent }).uploadLfs(space, [object, { ...object, path: 'copy.bin' }])).toBe(1);
    expect(puts(between)).toEqual(sent);
    expect((await stored(emulator, object.oid)).equals(content)).toBe(true);
    const told = events.flatMap((event) => (event.type === 'uploaded' ? [event.bytes] : []));
    expect(told.reduce((sum, bytes) => sum + bytes, 0)).toBe(content.length);
    expect(await hub.uploadLfs(space, [object])).toBe(0);
    expect(puts(between)).toEqual(sent);
  });

  test.each([
    { how: 'refused by the store', does: { kind: 'answer', status: 503 } },
    { how: 'cut off in its middle', does: { kind: 'cut', bytes: 40_000 } },
    { how: 'without an answer', does: { kind: 'cut-answer' } },
  ] as const)('a part $how is sent again, and no other', async ({ does }) => {
    const { emulator, between, hub, clock } = await stand();
    between.trouble({ method: 'PUT', path: /\/3$/, times: 2, does });
    const object = objectOf(content);
    await hub.uploadLfs(space, [object]);
    expect(puts(between)).toEqual(['/1', '/2', '/3', '/3', '/3', '/4']);
    expect(clock.slept).toEqual([1000, 2000]);
    expect((await stored(emulator, object.oid)).equals(content)).toBe(true);
  });

  test('a part whose ETag is wrong makes the store refuse the whole, which is sent once more to a new address', async () => {
    const { emulator, between, hub } = await stand();
    between.trouble({
      method: 'PUT',
      path: /\/2$/,
      does: { kind: 'answer', status: 200, headers: { etag: '"wrong"' } },
    });
    const object = objectOf(content);
    await hub.uploadLfs(space, [object]);
    expect(puts(between)).toEqual(['/1', '/1', '/2', '/2', '/3', '/3', '/4', '/4']);
    expect((await stored(emulator, object.oid)).equals(content)).toBe(true);
  });

  test('parts whose ETags are always wrong are given up, and nothing is stored', async () => {
    const { emulator, between, hub } = await stand();
    between.trouble({
      method: 'PUT',
      path: /\/2$/,
      times: 9,
      does: { kind: 'answer', status: 200, headers: { etag: '"wrong"' } },
    });
    const object = objectOf(content);
    expect(await failureOf(hub.uploadLfs(space, [object]))).toMatchObject({
      code: 'HAWSER_HF_UPLOAD_FAILED',
      message: expect.stringMatching(/^weights\.bin cannot be uploaded: .*Part 2 is not here with the ETag "wrong"/),
      hint: 'Check the connection and the token, then push again: what was uploaded is not sent twice.',
    });
    expect(puts(between)).toHaveLength(8);
    expect((await fetch(`${emulator.endpoint}/lfs-storage/${object.oid}`)).status).toBe(404);
  });

  test('a part without an ETag is told', async () => {
    const { between, hub } = await stand();
    between.trouble({ method: 'PUT', path: /\/2$/, does: { kind: 'answer', status: 200 } });
    expect(await failureOf(hub.uploadLfs(space, [objectOf(content)]))).toMatchObject({
      code: 'HAWSER_HF_PROTOCOL',
      message: expect.stringContaining('took part 2 without an ETag'),
    });
  });

  test('an address that is no longer good is asked for again', async () => {
    const { emulator, between, hub } = await stand({});
    between.trouble({
      method: 'PUT',
      path: /upload/,
      does: { kind: 'answer', status: 403, text: 'Request has expired' },
    });
    const object = objectOf(content);
    expect(await hub.uploadLfs(space, [object])).toBe(1);
    expect(between.came.filter((line) => line.endsWith('/batch'))).toHaveLength(2);
    expect((await stored(emulator, object.oid)).equals(content)).toBe(true);
  });

  test('what the store does not find when it looks is sent once more', async () => {
    const { between, hub } = await stand({});
    between.trouble({ path: /\/verify$/, does: { kind: 'answer', status: 404 } });
    await hub.uploadLfs(space, [objectOf(content)]);
    expect(between.came.filter((line) => line.endsWith('/batch'))).toHaveLength(2);
  });

  test.each([
    {
      how: 'a number of parts that does not fit',
      rewrite: (text: string) => text.replace('"chunk_size":"100000"', '"chunk_size":"1000"'),
      code: 'HAWSER_HF_PROTOCOL',
    },
    {
      how: 'no address',
      rewrite: (text: string) => text.replaceAll('"href":', '"where":'),
      code: 'HAWSER_HF_PROTOCOL',
    },
    { how: 'no object', rewrite: () => '{"objects":[]}', code: 'HAWSER_HF_UPLOAD_FAILED' },
    {
      how: 'a refusal',
      rewrite: (text: string) =>
        text.replace(/"objects":\[\{/, '"objects":[{"error":{"code":413,"message":"It is too large."},'),
      code: 'HAWSER_HF_UPLOAD_FAILED',
    },
  ])('the Hub names $how: told, and nothing is sent', async ({ rewrite, code }) => {
    const { between, hub } = await stand();
    between.trouble({ path: /\/batch$/, does: { kind: 'rewrite', rewrite } });
    expect((await failureOf(hub.uploadLfs(space, [objectOf(content)]))).code).toBe(code);
    expect(puts(between)).toEqual([]);
  });
});

describe('a file that changes while it is pushed', () => {
  test.each([
    { how: 'after it was hashed', remembered: false },
    { how: 'after its digest was remembered by an earlier push', remembered: true },
  ])('$how is told, and the Hub gets nothing', async ({ remembered }) => {
    const { emulator, between, hub } = await stand();
    const folder = folderWith({ 'weights.bin': content });
    const file = { kind: 'file' as const, path: join(folder, 'weights.bin') };
    const { sha256, stamp } = await digestLarge('weights.bin', file);
    appendFileSync(file.path, 'more');
    const object = { path: 'weights.bin', oid: sha256, size: content.length, content: file };
    expect(await failureOf(hub.uploadLfs(space, [remembered ? object : { ...object, stamp }]))).toMatchObject({
      code: 'HAWSER_HF_LOCAL_FILE',
      message: expect.stringMatching(/weights\.bin changed while it was pushed$/),
      details: { path: 'weights.bin' },
    });
    expect((await fetch(`${emulator.endpoint}/lfs-storage/${sha256}`)).status).toBe(404);
    expect(between.came.some((line) => line.endsWith('/complete'))).toBe(false);
  });

  test('that is gone is told', async () => {
    const { hub } = await stand();
    const folder = folderWith({ 'weights.bin': content });
    const file = { kind: 'file' as const, path: join(folder, 'weights.bin') };
    const { sha256, stamp } = await digestLarge('weights.bin', file);
    rmSync(file.path);
    const gone = { path: 'weights.bin', oid: sha256, size: content.length, content: file };
    for (const object of [gone, { ...gone, stamp }])
      expect((await failureOf(hub.uploadLfs(space, [object]))).code).toBe('HAWSER_HF_LOCAL_FILE');
  });
});
