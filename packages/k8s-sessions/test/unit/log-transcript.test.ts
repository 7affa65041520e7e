import { createPublicKey } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createSigningKey, signReceipt, type Envelope, type SigningKey } from '@hawser/receipts';
import type { TranscriptVerdict } from '../../src/log/verify.js';
import { receiptKeysOf, verifyTranscript } from '../../src/log/verify.js';
import { writeTranscript } from '../../src/log/transcript.js';
import { logRoutes } from '../../src/log/routes.js';
import { feed, numberedLines, openTestLog, removeTestFolders, type TestLog } from '../support/log.js';

let log: TestLog;
let key: SigningKey;
let receipt: Envelope;
let lines: string[];

beforeAll(async () => {
  key = createSigningKey();
  log = await openTestLog();
  for (let round = 0; round < 5; round++) {
    await feed(log.writer, numberedLines(100, round * 100));
    log.clock.nowMs += 1_000;
    log.writer.cut();
  }
  receipt = await signed(log);
  const text = await logRoutes(log.writer.source, { receipt: async () => receipt })(
    new Request('http://x/log?format=transcript'),
  );
  lines = (await text.text()).trimEnd().split('\n');
});
afterAll(removeTestFolders);

async function signed(
  { writer }: TestLog,
  more: Record<string, string | number | boolean | null> = {},
): Promise<Envelope> {
  const { digest, offset, segments, chain } = await writer.close();
  const body = { log: { sha256: digest, bytes: offset, segments, chain, complete: true, ...more } };
  return signReceipt(
    { kind: 'hawser.session/1', subject: 's', issuer: 'i', issued_at: '2026-01-01T00:00:00.000Z', body, number: 1 },
    key,
  );
}

async function* pieces(of: readonly string[]): AsyncGenerator<Uint8Array> {
  const all = Buffer.from(`${of.join('\n')}\n`);
  // In pieces that end anywhere.
  for (let at = 0; at < all.length; at += 10_007) yield all.subarray(at, at + 10_007);
}

function verify(of: readonly string[], publicKeys: readonly string[] = [key.publicKey]): Promise<TranscriptVerdict> {
  return verifyTranscript(pieces(of), { publicKeys });
}

test('a transcript with its receipt is in order, offline, from a file, with the key out of a key set', async () => {
  const file = join(log.folder, 'transcript.ndjson');
  await writeFile(file, `${lines.join('\n')}\n`);
  const keys = [createPublicKey(key.publicKey).export({ format: 'jwk' }), { kty: 'RSA' }];
  const verdict = await verifyTranscript(file, { publicKeys: receiptKeysOf({ keys }) });
  expect(verdict).toMatchObject({
    ok: true,
    segments: 5,
    dropped: 0,
    lines: 500,
    bytes: log.writer.head,
    complete: true,
  });
});

test('a single changed byte names its segment, whichever it is', async () => {
  for (let n = 0; n < 5; n++) {
    const line = lines[n + 1] as string;
    for (const at of [
      line.indexOf('"body":"') + 500,
      line.indexOf('"index":"') + 30,
      line.indexOf('"sha256":"') + 12,
      line.indexOf('"from":') + 7,
    ]) {
      const changed = line.slice(0, at) + (line[at] === '1' ? '2' : '1') + line.slice(at + 1);
      const verdict = await verify(lines.with(n + 1, changed));
      expect(verdict).toMatchObject({ ok: false, segment: n });
    }
  }
});

test('segments that are left out, doubled, swapped, added or cut off are named', async () => {
  expect(await verify(lines.toSpliced(2, 1))).toMatchObject({
    ok: false,
    segment: 1,
    why: expect.stringContaining('missing'),
  });
  expect(await verify(lines.toSpliced(2, 0, lines[1] as string))).toMatchObject({ ok: false, segment: 1 });
  expect(await verify([...lines.slice(0, 2), lines[3] as string, lines[2] as string, ...lines.slice(4)])).toMatchObject(
    { ok: false, segment: 1 },
  );
  expect(await verify(lines.toSpliced(5, 1))).toMatchObject({
    ok: false,
    segment: null,
    why: expect.stringContaining('5 segments are attested, and 4 are here'),
  });
  expect(await verify(lines.slice(0, -1))).toMatchObject({
    ok: false,
    why: expect.stringContaining('cut short'),
  });
  expect(await verify([...lines, '{}'])).toMatchObject({ ok: false });
  expect(await verify(['no transcript'])).toMatchObject({ ok: false });
  expect(await verify([])).toMatchObject({ ok: false });
  expect(await verify(lines.with(0, lines[0]?.replace(/[0-9a-f]"\}$/u, '0"}') as string))).toMatchObject({ ok: false });
});

test('a whole that was made anew, or that a stranger signed, is not believed', async () => {
  const forged = await openTestLog();
  await feed(forged.writer, 'something else\r\n');
  const other = await forged.writer.close();
  const made: string[] = [];
  for await (const piece of writeTranscript(forged.writer.source, { receipt }))
    made.push(Buffer.from(piece).toString().trimEnd());
  expect(other.segments).toBe(1);
  expect(await verify(made)).toMatchObject({
    ok: false,
    segment: null,
    why: expect.stringContaining('5 segments are attested, and 1 are here'),
  });
  expect(await verify(lines, [createSigningKey().publicKey])).toMatchObject({
    ok: false,
    why: expect.stringContaining('Unknown signer'),
  });
  expect(await verify(lines.with(lines.length - 1, '{"receipt":null}'))).toMatchObject({
    ok: false,
    why: expect.stringContaining('no receipt'),
  });
  const execution = signReceipt(
    {
      kind: 'hawser.execution/1',
      subject: 's',
      issuer: 'i',
      issued_at: '2026-01-01T00:00:00.000Z',
      body: { log: {} },
      number: 1,
    },
    key,
  );
  expect(await verify(lines.with(lines.length - 1, JSON.stringify({ receipt: execution })))).toMatchObject({
    ok: false,
    why: expect.stringContaining('not one of a session'),
  });
});

test('what was dropped for the cap is attested by the chain', async () => {
  const capped = await openTestLog({ capBytes: 2 * 1_048_576, guaranteedLines: 10 });
  for (let round = 0; round < 6; round++) await feed(capped.writer, numberedLines(1_024, round * 1_024));
  const own = await signed(capped);
  const made: string[] = [];
  for await (const piece of writeTranscript(capped.writer.source, { receipt: own }))
    made.push(Buffer.from(piece).toString().trimEnd());
  const verdict = await verify(made);
  expect(verdict).toMatchObject({ ok: true, lines: 6 * 1_024 });
  expect(verdict.ok && verdict.dropped).toBeGreaterThan(0);
});
