import { createCipheriv, createDecipheriv, randomFillSync } from 'node:crypto';

const nonceBytes = 12;
const tagBytes = 16;
const keyBytes = 32;

/** The agent's two keys at work. */
export interface AgentCrypt {
  seal(plaintext: Uint8Array): Buffer;
  /** @throws Error when the text was not made with the client's key */
  open(wire: Uint8Array): Buffer;
}

/**
 * AES-256-GCM with the two halves of a data key: the first seals what goes to the client, the second opens what comes
 * from it. On the wire: nonce, ciphertext, tag. Nonces count up from a random start.
 *
 * @see amazon-ssm-agent agent/session/crypto/crypto.go, nonce.go
 */
export function createAgentCrypt(
  dataKey: Uint8Array,
  firstNonce: Uint8Array = randomFillSync(Buffer.alloc(nonceBytes)),
): AgentCrypt {
  if (dataKey.length !== 2 * keyBytes) throw new Error(`A data key has ${2 * keyBytes} bytes, not ${dataKey.length}.`);
  const sealKey = dataKey.subarray(0, keyBytes);
  const openKey = dataKey.subarray(keyBytes);
  const nonce = Buffer.from(firstNonce);
  return {
    seal: (plaintext) => {
      const cipher = createCipheriv('aes-256-gcm', sealKey, nonce);
      const wire = Buffer.concat([nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
      increment(nonce);
      return wire;
    },
    open: (wire) => {
      if (wire.length < nonceBytes + tagBytes) throw new Error('The ciphertext is too short.');
      const decipher = createDecipheriv('aes-256-gcm', openKey, wire.subarray(0, nonceBytes));
      decipher.setAuthTag(wire.subarray(wire.length - tagBytes));
      return Buffer.concat([decipher.update(wire.subarray(nonceBytes, wire.length - tagBytes)), decipher.final()]);
    },
  };
}

/** Three little-endian words of 32 bits; a carry goes to the next word. */
function increment(nonce: Buffer): void {
  for (let offset = 0; offset < nonceBytes; offset += 4) {
    const word = (nonce.readUInt32LE(offset) + 1) >>> 0;
    nonce.writeUInt32LE(word, offset);
    if (word !== 0) return;
  }
}
