import { createHash } from 'node:crypto';
import type { EksCluster } from '../eks/describe.js';

/** A cluster as it is written down: its CA by digest only. */
export interface RecordedCluster extends Omit<EksCluster, 'certificateAuthority'> {
  /** SHA-256 of the CA's PEM, in hexadecimal. */
  readonly caSha256?: string;
}

/** A cluster without what nobody needs to keep. */
export function recordedCluster({ certificateAuthority, ...cluster }: EksCluster): RecordedCluster {
  const given = Object.fromEntries(Object.entries(cluster).filter(([, value]) => value !== undefined));
  return {
    ...(given as typeof cluster),
    ...(certificateAuthority === '' ? {} : { caSha256: digestOf(certificateAuthority) }),
  };
}

function digestOf(certificateAuthority: string): string {
  return createHash('sha256').update(Buffer.from(certificateAuthority, 'base64')).digest('hex');
}
