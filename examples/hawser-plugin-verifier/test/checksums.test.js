import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { extension } from '../checksums.js';

test('tells what is as listed, what has changed and what is not there', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'verifier-'));
  t.after(() => rm(folder, { recursive: true }));
  const digest = createHash('sha256').update('same').digest('hex');
  const list = ['same', 'other', 'gone'].map((name) => `${digest}  ${name}\n`).join('');
  assert.equal(extension.recognizes?.(Buffer.from(list)), true);
  assert.equal(extension.recognizes?.(Buffer.from('{"payload":""}')), false);
  for (const [name, content] of Object.entries({ list, same: 'same', other: 'changed' })) {
    await writeFile(join(folder, name), content);
  }
  const input = /** @type {any} */ ({ signal: new AbortController().signal });
  const { ok, checked, missing } = await extension.verify(join(folder, 'list'), input);
  assert.deepEqual([ok, ...checked.map(({ verdict }) => verdict)], [false, 'ok', 'wrong', 'unknown']);
  assert.equal(missing.at(-1), 'The file gone.');
});
