import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { chmodSync, chownSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { createSigningKey, keyIdOf, openSigningKey, readSigningKey } from '../../src/index.js';

const folder = mkdtempSync(join(tmpdir(), 'hawser-keys-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('a signing key', () => {
  test('has the SHA-256 of its public key in DER as its id', () => {
    const key = createSigningKey();
    const der = createPublicKey(key.publicKey).export({ type: 'spki', format: 'der' });
    expect(key.keyId).toBe(createHash('sha256').update(der).digest('hex'));
    expect(keyIdOf(key.publicKey)).toBe(key.keyId);
    expect(readSigningKey(key.privateKey)).toEqual(key);
  });

  test('is made in its file once, readable by its owner alone, however many come at the same time', async () => {
    const file = join(folder, 'a', 'b', 'signer.pem');
    const keys = await Promise.all(Array.from({ length: 20 }, async () => await openSigningKey(file)));
    expect(new Set(keys.map(({ keyId }) => keyId)).size).toBe(1);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, 'a')).mode & 0o777).toBe(0o700);
    expect(readdirSync(join(folder, 'a', 'b'))).toEqual(['signer.pem']);
    expect(readFileSync(file, 'utf8')).toBe(keys[0]?.privateKey);
    expect(await openSigningKey(file)).toEqual(keys[0]);
  });

  test.each([0o640, 0o604, 0o620, 0o666])('is refused where others may read or write it: %o', async (mode) => {
    const file = join(folder, `loose-${mode}.pem`);
    await openSigningKey(file);
    chmodSync(file, mode);
    await expect(openSigningKey(file)).rejects.toMatchObject({
      code: 'HAWSER_RECEIPT_KEY_UNSAFE',
      hint: expect.stringContaining(`chmod 600 ${file}`),
      details: { file, mode: `0${mode.toString(8)}` },
    });
    expect(statSync(file).mode & 0o777).toBe(mode);
  });

  const ifRoot = process.getuid?.() === 0 ? test : test.skip;
  ifRoot('is refused where it belongs to another user', async () => {
    const file = join(folder, 'foreign.pem');
    await openSigningKey(file);
    chownSync(file, 12_345, 12_345);
    await expect(openSigningKey(file)).rejects.toMatchObject({
      code: 'HAWSER_RECEIPT_KEY_UNSAFE',
      message: expect.stringContaining('another user'),
      hint: expect.stringContaining('chown'),
    });
  });

  test('is Ed25519 in PEM and nothing else, and no message repeats it', async () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' });
    const { privateKey, publicKey } = createSigningKey();
    for (const text of ['', 'secret', rsa.toString(), publicKey, privateKey.replace('M', 'N')]) {
      expect(() => readSigningKey(text)).toThrow(expect.objectContaining({ code: 'HAWSER_RECEIPT_KEY_INVALID' }));
    }
    const file = join(folder, 'broken.pem');
    writeFileSync(file, 'planted-secret', { mode: 0o600 });
    const refusal = await openSigningKey(file).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: 'HAWSER_RECEIPT_KEY_INVALID' });
    expect(String((refusal as Error).stack)).not.toContain('planted-secret');
  });

  test('is not made where there can be no file, and what the file system says is told', async () => {
    const file = join(folder, 'plain.pem');
    await openSigningKey(file);
    await expect(openSigningKey(join(file, 'below.pem'))).rejects.toMatchObject({ code: 'ENOTDIR', syscall: 'open' });
    await expect(openSigningKey(folder)).rejects.toMatchObject({ code: 'EISDIR' });
    // Its draft has a longer name, which this folder has no room for.
    const long = join(folder, `${'k'.repeat(250)}.pem`);
    await expect(openSigningKey(long)).rejects.toMatchObject({ code: 'ENAMETOOLONG' });
  });

  test('that does not fit says why, and a wrong word has no cause', () => {
    const refusal = (text: string): unknown => {
      try {
        return readSigningKey(text);
      } catch (error) {
        return error;
      }
    };
    expect(refusal('no key')).toMatchObject({ cause: expect.objectContaining({ message: expect.any(String) }) });
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' });
    expect(refusal(rsa.toString())).not.toHaveProperty('cause');
  });

  test('is not taken where a public key belongs', () => {
    expect(() => keyIdOf(createSigningKey().privateKey)).toThrow(
      expect.objectContaining({ code: 'HAWSER_RECEIPT_KEY_INVALID', message: expect.stringContaining('private key') }),
    );
    expect(() => keyIdOf('x')).toThrow(expect.objectContaining({ code: 'HAWSER_RECEIPT_KEY_INVALID' }));
  });

  test('signs as RFC 8032 §7.1 does', async () => {
    const { sign } = await import('node:crypto');
    const vectors = [
      [
        '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
        '',
        'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
      ],
      [
        '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
        '72',
        '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
      ],
    ] as const;
    for (const [seed, message, signature] of vectors) {
      // PKCS #8 of an Ed25519 key (RFC 8410 §7): a fixed head, then the seed.
      const der = Buffer.from(`302e020100300506032b657004220420${seed}`, 'hex');
      const pem = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }).export({ format: 'pem', type: 'pkcs8' });
      const { privateKey } = readSigningKey(pem.toString());
      expect(sign(null, Buffer.from(message, 'hex'), privateKey).toString('hex')).toBe(signature);
    }
  });
});
