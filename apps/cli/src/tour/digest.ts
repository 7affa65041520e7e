import { createHash } from 'node:crypto';

/** SHA-256 of bytes, in hexadecimal digits. */
export function sha256(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** As much of a digest as is shown. */
export function shortened(digest: string): string {
  return `${digest.slice(0, 16)}…`;
}
