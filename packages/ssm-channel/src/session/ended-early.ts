import { SsmChannelError } from '../errors.js';
import type { SessionEnd } from './types.js';

/** Puts into words why a session was over before it began; the service only sends the agent's text. */
export function endedEarly(sessionId: string, end: SessionEnd, keyError: Error | undefined): Error {
  if (end.error !== undefined) return end.error;
  const text = end.output.trim();
  const details = { output: end.output };
  if (keyError !== undefined) {
    return new SsmChannelError('HAWSER_SSM_KMS_DENIED', `Session ${sessionId} could not be encrypted: ${keyError.message}`, {
      cause: keyError,
      details,
    });
  }
  if (/unable to connect to specified port/i.test(text)) {
    return new SsmChannelError('HAWSER_SSM_CONNECT_REFUSED', `The target could not connect to the destination: ${text}`, { details });
  }
  if (/is forbidden/i.test(text)) {
    return new SsmChannelError('HAWSER_SSM_CONNECT_REFUSED', `The target's agent refuses that destination: ${text}`, {
      details,
      hint: 'Choose another destination: the agent never forwards to metadata, DNS and time services.',
    });
  }
  return new SsmChannelError('HAWSER_SSM_HANDSHAKE_REFUSED', text === '' ? `Session ${sessionId} ended before it began` : `Session ${sessionId} ended before it began: ${text}`, { details });
}
