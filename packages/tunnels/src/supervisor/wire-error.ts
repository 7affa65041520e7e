import type { StateStoreErrorCode } from '@hawser/state-store';
import { TunnelsError, type TunnelsErrorCode, tunnelsErrors } from '../errors.js';
import type { WireError } from './protocol.js';

/** An error as it goes over the control socket. */
export function toWire(error: unknown): WireError {
  if (!(error instanceof Error)) return { message: String(error) };
  const { code, hint, details } = error as Partial<TunnelsError>;
  const isOurs = typeof code === 'string' && code.startsWith('HAWSER_');
  return { message: error.message, ...(isOurs ? { code, hint, details } : {}) };
}

/** The error that came over the control socket, of the class it had there. */
export async function fromWire({ code, message, hint, details }: WireError): Promise<Error> {
  if (code !== undefined && Object.hasOwn(tunnelsErrors, code)) {
    return new TunnelsError(code as TunnelsErrorCode, message, { hint, details });
  }
  if (code?.startsWith('HAWSER_STATE_') === true) {
    const { StateStoreError } = await import('@hawser/state-store');
    return new StateStoreError(code as StateStoreErrorCode, message, hint === undefined ? {} : { hint });
  }
  return new TunnelsError('HAWSER_NET_SUPERVISOR_FAILED', `The supervisor failed: ${message}`, { hint, details });
}
