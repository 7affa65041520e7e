import { createHash } from 'node:crypto';
import { createCksum } from './cksum.js';
import type { Digest } from './running-digest.js';

/** Digests that a target can be asked for: SHA-256, or the CRC of POSIX `cksum` where there is nothing better. */
export type DigestAlgorithm = 'sha256' | 'cksum';

/** Starts a digest of nothing. */
export function createDigest(algorithm: DigestAlgorithm): Digest {
  if (algorithm === 'cksum') return createCksum();
  const hash = createHash('sha256');
  return {
    update(bytes) {
      hash.update(bytes);
    },
    value: () => hash.copy().digest('hex'),
  };
}
