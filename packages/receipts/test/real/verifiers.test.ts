import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { describeReal } from '../../../../test/support/counterparts.js';
import {
  createSigningKey,
  type Envelope,
  keyIdOf,
  openSigningKey,
  preAuthenticationEncoding,
  signReceipt,
  verifyReceipt,
} from '../../src/index.js';
import { claimOf } from '../support/claims.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hawser-verifiers-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const write = (name: string, content: string | Buffer): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};

describeReal('openssl', (path) => {
  const openssl = (...args: readonly string[]): { status: number | null; stdout: string } =>
    spawnSync(path('openssl'), args, { encoding: 'utf8' });

  test('verifies what we sign, and signs what we verify', async () => {
    const key = createSigningKey();
    const { payload, payloadType, signatures } = signReceipt(claimOf(), key);
    const bytes = preAuthenticationEncoding(payloadType, Buffer.from(payload, 'base64'));
    const pem = write('public.pem', key.publicKey);
    const sig = write('sig', Buffer.from(signatures[0]?.sig ?? '', 'base64'));
    const verify = (data: Buffer): number | null =>
      openssl('pkeyutl', '-verify', '-rawin', '-pubin', '-inkey', pem, '-sigfile', sig, '-in', write('pae', data))
        .status;
    expect(verify(bytes)).toBe(0);
    expect(verify(Buffer.concat([bytes, Buffer.from(' ')]))).not.toBe(0);

    const theirs = join(folder, 'theirs.pem');
    openssl('genpkey', '-algorithm', 'ed25519', '-out', theirs);
    expect(openssl('pkey', '-in', theirs, '-pubout', '-outform', 'DER', '-out', join(folder, 'der')).status).toBe(0);
    const { keyId, publicKey } = await openSigningKey(theirs);
    const digest = openssl('dgst', '-sha256', '-r', join(folder, 'der')).stdout.split(' ')[0];
    expect(keyId).toBe(digest);
    openssl(
      'pkeyutl',
      '-sign',
      '-rawin',
      '-inkey',
      theirs,
      '-in',
      write('pae', bytes),
      '-out',
      join(folder, 'their-sig'),
    );
    const foreign = readFileSync(join(folder, 'their-sig')).toString('base64');
    const envelope = { payloadType, payload, signatures: [{ keyid: keyId, sig: foreign }] };
    expect(verifyReceipt(envelope, { publicKeys: [publicKey] }).ok).toBe(true);
  });

  test('the guide’s lines for a person without Hawser do what they say', () => {
    const guide = readFileSync(join(import.meta.dirname, '../../../../docs/how-to/verify-a-receipt.md'), 'utf8');
    const [recipe = ''] = /^node -e[\s\S]*?^openssl .*$/m.exec(guide) ?? [];
    const key = createSigningKey();
    const good = signReceipt(claimOf(), key);
    write('acme.pem', key.publicKey);
    const follow = (envelope: Envelope): { readonly status: number | null; readonly stdout: string } => {
      write('receipt.json', JSON.stringify(envelope, undefined, 2));
      return spawnSync('sh', ['-ec', recipe], { cwd: folder, encoding: 'utf8' });
    };
    expect(follow(good)).toMatchObject({ status: 0, stdout: 'Signature Verified Successfully\n' });
    expect(follow({ ...good, payload: signReceipt(claimOf(2, good), key).payload }).status).not.toBe(0);
  });
});

// Its Python has `cryptography`, which moto depends on.
describeReal('moto', (path) => {
  test('a verifier in Python, written after the specifications alone, says the same', () => {
    const key = createSigningKey();
    const good = signReceipt(claimOf(), key);
    const other = signReceipt(claimOf(1, undefined, { subject: 'other' }), key);
    const cases: readonly Envelope[] = [
      good,
      { ...good, payload: other.payload },
      { ...good, signatures: other.signatures },
      signReceipt(claimOf(2, good), key),
      { ...good, signatures: [{ keyid: keyIdOf(createSigningKey().publicKey), sig: good.signatures[0]?.sig ?? '' }] },
    ];
    const input = JSON.stringify({ key: key.publicKey, cases });
    const python = join(dirname(path('moto')), 'python');
    const said = execFileSync(python, [join(import.meta.dirname, '../support/verify.py')], { input, encoding: 'utf8' });
    const ours = cases.map((envelope) => verifyReceipt(envelope, { publicKeys: [key.publicKey] }).ok);
    expect(JSON.parse(said)).toEqual(ours);
    expect(ours).toEqual([true, false, false, true, false]);
  });
});
