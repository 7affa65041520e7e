import type { Buffer } from 'node:buffer';
import { SsmCodecError } from './errors.js';

const canonical = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i;
const nil = '00000000-0000-0000-0000-000000000000';

/**
 * Writes a UUID as the header carries it: 16 bytes, the second half of the UUID first.
 *
 * @throws {@link SsmCodecError} `HAWSER_SSM_ENCODE_FIELD` when the text is no UUID, or the all-zero one, which the
 * original encoders refuse as well.
 */
export function writeUuid(target: Buffer, offset: number, uuid: string): void {
  if (!canonical.test(uuid) || uuid === nil) {
    throw new SsmCodecError('HAWSER_SSM_ENCODE_FIELD', `The message id is not a UUID: ${JSON.stringify(uuid)}`);
  }
  target.write(uuid.slice(19, 23) + uuid.slice(24), offset, 8, 'hex');
  target.write(uuid.slice(0, 8) + uuid.slice(9, 13) + uuid.slice(14, 18), offset + 8, 8, 'hex');
}

/** Reads the 16 bytes that {@link writeUuid} writes; lower case. */
export function readUuid(source: Buffer, offset: number): string {
  const hex = source.toString('hex', offset, offset + 16);
  return `${hex.slice(16, 24)}-${hex.slice(24, 28)}-${hex.slice(28, 32)}-${hex.slice(0, 4)}-${hex.slice(4, 16)}`;
}
