import { Buffer } from 'node:buffer';
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

/** Bytes of the KMS data key: 32 for each direction. */
export const DATA_KEY_BYTES = 64;
/** What encryption adds to a payload. */
export const CRYPT_OVERHEAD_BYTES = 28;

const cipherName = 'aes-256-gcm';
const nonceBytes = 12;
const tagBytes = 16;

/**
 * The client's end of an encrypted session: AES-256-GCM without additional data, on the wire nonce ‖ ciphertext ‖ tag.
 * The first half of the key is the agent's to encrypt with, the second half ours.
 *
 * @see session-manager-plugin src/encryption/encrypter.go; amazon-ssm-agent agent/session/crypto
 */
export class Crypt {
  readonly #decryptionKey: Buffer;
  readonly #encryptionKey: Buffer;

  /** `dataKey` has {@link DATA_KEY_BYTES} bytes; it is copied. */
  constructor(dataKey: Uint8Array) {
    this.#decryptionKey = Buffer.from(dataKey.subarray(0, DATA_KEY_BYTES / 2));
    this.#encryptionKey = Buffer.from(dataKey.subarray(DATA_KEY_BYTES / 2));
  }

  /** Encrypts the pieces as one text; a nonce is never to be used twice. */
  encrypt(pieces: readonly Uint8Array[], nonce: Uint8Array = randomBytes(nonceBytes)): Uint8Array[] {
    const cipher = createCipheriv(cipherName, this.#encryptionKey, nonce);
    const encrypted = pieces.map((piece) => cipher.update(piece));
    return [nonce, ...encrypted, cipher.final(), cipher.getAuthTag()];
  }

  /** `undefined` when the text was not encrypted with the agent's key, or was changed. */
  decrypt(payload: Uint8Array): Buffer | undefined {
    if (payload.length < nonceBytes + tagBytes) return undefined;
    const end = payload.length - tagBytes;
    const decipher = createDecipheriv(cipherName, this.#decryptionKey, payload.subarray(0, nonceBytes), {
      authTagLength: tagBytes,
    });
    decipher.setAuthTag(payload.subarray(end));
    const text = decipher.update(payload.subarray(nonceBytes, end));
    try {
      decipher.final();
    } catch {
      return undefined;
    }
    return text;
  }
}
