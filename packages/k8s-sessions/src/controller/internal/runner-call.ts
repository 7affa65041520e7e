import { createHash, timingSafeEqual } from 'node:crypto';
import type { SessionRow } from '../../store/types.js';
import type { Service } from '../service.js';

/** A runner's call, its secret checked. */
export interface RunnerCall {
  readonly service: Service;
  readonly request: Request;
  /** Aborted when the runner or this replica goes away. */
  readonly signal: AbortSignal;
  readonly row: SessionRow;
  /** As the runner says it in `x-hawser-epoch`. */
  readonly epoch: string;
  /** What stands behind the name of the call. */
  readonly rest: string;
}

/** Compares by digest, in the same time whatever is wrong. */
export function isSecretOf(hash: string | null, secret: string): boolean {
  if (hash === null) return false;
  const given = createHash('sha256').update(secret).digest();
  const wanted = Buffer.from(hash, 'hex');
  return wanted.length === given.length && timingSafeEqual(wanted, given);
}
