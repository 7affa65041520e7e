import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomBytes,
  type KeyObject,
} from 'node:crypto';
import { link, mkdir, open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ReceiptError } from './errors.js';

/** A private key, and what may be known of it. */
export interface SigningKey {
  /** SHA-256 of the public key's SPKI in DER, in hexadecimal digits. */
  readonly keyId: string;
  /** PEM (SPKI): for whoever is to verify. */
  readonly publicKey: string;
  /** PEM (PKCS #8). Secret. */
  readonly privateKey: string;
}

/** Makes an Ed25519 key. */
export function createSigningKey(): SigningKey {
  return described(generateKeyPairSync('ed25519').privateKey);
}

/**
 * Takes a private key from PEM.
 *
 * @throws ReceiptError `HAWSER_RECEIPT_KEY_INVALID` when it is no Ed25519 key. The message does not repeat it.
 */
export function readSigningKey(pem: string): SigningKey {
  return described(ed25519(() => createPrivateKey(pem), 'private'));
}

/** The id of a public key in PEM. Throws `HAWSER_RECEIPT_KEY_INVALID` when it is no Ed25519 key. */
export function keyIdOf(publicKey: string): string {
  return idOf(readPublicKey(publicKey));
}

/** A public key from PEM. */
export function readPublicKey(pem: string): KeyObject {
  // Node makes the public key of a private one where asked for a public key: a private key must not be taken here.
  if (pem.includes('PRIVATE KEY')) {
    throw new ReceiptError('HAWSER_RECEIPT_KEY_INVALID', 'That is a private key, which is no one else’s business.');
  }
  return ed25519(() => createPublicKey(pem), 'public');
}

/**
 * The key that lies in a file; made there, readable by its owner alone, when there is none. Several processes that come
 * at once get the same key.
 *
 * @throws ReceiptError `HAWSER_RECEIPT_KEY_UNSAFE` when the file is of another user, or others may read or write it,
 * `HAWSER_RECEIPT_KEY_INVALID` when it holds no Ed25519 key. What the file system throws.
 */
export async function openSigningKey(file: string): Promise<SigningKey> {
  const there = await readKeyFile(file);
  if (there) return there;
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  // Whole or not at all: linked into place only when nobody else was faster.
  const draft = `${file}.${randomBytes(6).toString('hex')}`;
  try {
    const handle = await open(draft, 'wx', 0o600);
    try {
      await handle.writeFile(createSigningKey().privateKey);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await link(draft, file).catch(unless('EEXIST'));
  } finally {
    await rm(draft, { force: true });
  }
  const made = await readKeyFile(file);
  if (made) return made;
  throw new ReceiptError('HAWSER_RECEIPT_KEY_INVALID', `The key ${file} vanished while it was made.`);
}

async function readKeyFile(file: string): Promise<SigningKey | undefined> {
  const handle = await open(file, 'r').catch(unless('ENOENT'));
  if (!handle) return undefined;
  try {
    const { mode, uid } = await handle.stat();
    if (process.getuid && uid !== process.getuid()) {
      const hint = 'Choose a folder of your own, or have the file given to you (chown).';
      throw new ReceiptError('HAWSER_RECEIPT_KEY_UNSAFE', `The key ${file} belongs to another user.`, { hint });
    }
    if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
      const bits = (mode & 0o777).toString(8).padStart(4, '0');
      throw new ReceiptError('HAWSER_RECEIPT_KEY_UNSAFE', `Others may read or write the key ${file} (mode ${bits}).`, {
        hint: `Make the file readable by you alone: chmod 600 ${file}. Who may have read it can sign in your name.`,
        details: { file, mode: bits },
      });
    }
    return readSigningKey(await handle.readFile('utf8'));
  } finally {
    await handle.close();
  }
}

function unless(code: string): (error: unknown) => undefined {
  return (error) => {
    if ((error as NodeJS.ErrnoException).code !== code) throw error;
    return undefined;
  };
}

function ed25519(read: () => KeyObject, which: 'private' | 'public'): KeyObject {
  let key: KeyObject | undefined;
  let cause: unknown;
  try {
    key = read();
  } catch (error) {
    cause = error;
  }
  if (key?.asymmetricKeyType === 'ed25519') return key;
  throw new ReceiptError('HAWSER_RECEIPT_KEY_INVALID', `That is no ${which} Ed25519 key in PEM.`, { cause });
}

/** SHA-256 of a public key's SPKI in DER, in hexadecimal digits. */
export function idOf(key: KeyObject): string {
  return createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('hex');
}

function described(key: KeyObject): SigningKey {
  const known = createPublicKey(key);
  return {
    keyId: idOf(known),
    publicKey: known.export({ type: 'spki', format: 'pem' }).toString(),
    privateKey: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}
