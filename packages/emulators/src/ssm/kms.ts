import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { AwsError } from './api/aws-error.js';

/** An encryption context: part of what was encrypted, and to be given again, equal, to decrypt. */
export type EncryptionContext = Readonly<Record<string, string>>;

/** A key management service of its own, with the keys it was made with. */
export interface KeyService {
  /** @throws AwsError NotFoundException */
  generateDataKey(keyId: string, bytes: number, context: EncryptionContext): { plaintext: Buffer; ciphertext: Buffer };
  /** @throws AwsError InvalidCiphertextException, IncorrectKeyException */
  decrypt(
    ciphertext: Uint8Array,
    context: EncryptionContext,
    keyId?: string,
  ): { readonly plaintext: Buffer; readonly keyId: string };
}

const nonceBytes = 12;
const tagBytes = 16;

/** Makes a key service whose ciphertexts only it can read. */
export function createKeyService(knownKeys: readonly string[]): KeyService {
  const master = randomBytes(32);
  return {
    generateDataKey: (keyId, bytes, context) => {
      if (!knownKeys.includes(keyId)) {
        throw new AwsError('NotFoundException', `Key '${keyId}' does not exist`);
      }
      const plaintext = randomBytes(bytes);
      const nonce = randomBytes(nonceBytes);
      const cipher = createCipheriv('aes-256-gcm', master, nonce);
      const name = Buffer.from(keyId);
      cipher.setAAD(additionalData(keyId, context));
      const body = Buffer.concat([cipher.update(plaintext), cipher.final()]);
      const length = Buffer.alloc(2);
      length.writeUInt16BE(name.length);
      return { plaintext, ciphertext: Buffer.concat([length, name, nonce, cipher.getAuthTag(), body]) };
    },
    decrypt: (ciphertext, context, expected) => {
      const blob = Buffer.from(ciphertext);
      const start = blob.length < 2 ? 0 : 2 + blob.readUInt16BE(0);
      if (start === 0 || blob.length < start + nonceBytes + tagBytes) {
        throw new AwsError('InvalidCiphertextException', '');
      }
      const keyId = blob.toString('utf8', 2, start);
      if (expected !== undefined && expected !== keyId) {
        throw new AwsError(
          'IncorrectKeyException',
          'The key ID in the request does not identify a CMK that can perform this operation.',
        );
      }
      const decipher = createDecipheriv('aes-256-gcm', master, blob.subarray(start, start + nonceBytes));
      decipher.setAAD(additionalData(keyId, context));
      decipher.setAuthTag(blob.subarray(start + nonceBytes, start + nonceBytes + tagBytes));
      try {
        const body = blob.subarray(start + nonceBytes + tagBytes);
        return { keyId, plaintext: Buffer.concat([decipher.update(body), decipher.final()]) };
      } catch {
        throw new AwsError('InvalidCiphertextException', '');
      }
    },
  };
}

function additionalData(keyId: string, context: EncryptionContext): Buffer {
  const sorted = Object.entries(context).toSorted(([left], [right]) => (left < right ? -1 : 1));
  return Buffer.from(JSON.stringify([keyId, sorted]));
}
