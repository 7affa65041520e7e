import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Extension, ReceiptVerifier, Verification } from '@hawser/cli-kit';
import { createSigningKey } from '@hawser/receipts';
import { publicKeysBelow, openMachineKey, shareMachineKey } from '../../src/receipts/machine-key.js';
import { verifyFile } from '../../src/verify/verify-file.js';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'receipts-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('the machine has one key, whoever signs first; keys of before are known on', async () => {
  expect(await publicKeysBelow(folder)).toEqual([]);
  // A service that had a key before there was one for all.
  const old = createSigningKey();
  const sessions = join(folder, 'sessions/receipt-key.pem');
  await mkdir(join(folder, 'sessions'));
  await writeFile(sessions, old.privateKey, { mode: 0o600 });
  await Promise.all([shareMachineKey(folder, 'exec'), shareMachineKey(folder, 'sessions'), openMachineKey(folder)]);
  const { privateKey, publicKey } = await openMachineKey(folder);
  expect(await readFile(join(folder, 'exec/signer-key.pem'), 'utf8')).toBe(privateKey);
  expect(await readFile(sessions, 'utf8')).toBe(old.privateKey);
  expect((await stat(join(folder, 'receipt-key.pem'))).mode & 0o777).toBe(0o600);
  expect(await publicKeysBelow(folder)).toEqual([publicKey, old.publicKey]);
});

test('a plugin is asked for a file that is not ours, and one that cannot be loaded is told of', async () => {
  const file = join(folder, 'invoice.xml');
  await writeFile(file, '<invoice/>');
  const said: string[] = [];
  const verification: Verification = {
    ok: true,
    kind: 'invoice',
    madeBy: { known: true },
    claims: ['It is paid.'],
    checked: [],
    missing: [],
  };
  const verifier: ReceiptVerifier = {
    kinds: [],
    recognizes: (head) => head.includes('<invoice'),
    verify: () => Promise.resolve(verification),
  };
  const extension = (plugin: string, load: () => Promise<ReceiptVerifier>): Extension<ReceiptVerifier> => ({
    name: 'invoices',
    plugin,
    load,
  });
  const all = [
    extension('hawser-plugin-broken', () => Promise.reject(new Error('no such module'))),
    extension('hawser-plugin-invoices', () => Promise.resolve(verifier)),
  ];
  const context = {
    extensions: () => Promise.resolve(all),
    out: { warn: (text: string) => Promise.resolve(void said.push(text)) },
  } as unknown as Parameters<typeof verifyFile>[2];
  const folders = { config: folder, data: folder, cache: folder };
  const request = { publicKeys: [], folders, signal: new AbortController().signal };
  expect(await verifyFile(file, request, context)).toEqual({
    ...verification,
    file,
    plugin: 'hawser-plugin-invoices',
  });
  expect(said).toEqual([`${file} was not shown to hawser-plugin-broken: no such module`]);
});
