import { SsmChannelError } from '../errors.js';

/**
 * Makes an error of what the service wrote at the end of a session, where that tells of a failure; the
 * texts are the agent's (amazon-ssm-agent agent/session/plugins/port, agent/session/datachannel).
 */
export function readClosingWords(sessionId: string, output: string): SsmChannelError | undefined {
  const text = output.trim();
  const details = { output };
  if (/unable to connect to specified port/i.test(text)) {
    return new SsmChannelError('HAWSER_SSM_CONNECT_REFUSED', `The target could not reach the destination: ${text}`, {
      details,
    });
  }
  if (/forwarding to ip address .* is forbidden/i.test(text)) {
    return new SsmChannelError(
      'HAWSER_SSM_CONNECT_REFUSED',
      `The agent of the target refuses that destination: ${text}`,
      {
        details,
        hint: 'Choose another destination: agents forward neither to metadata, DNS and time services nor to themselves.',
      },
    );
  }
  if (/initiating handshake|handshake timed out|failed on client/i.test(text)) {
    return new SsmChannelError(
      'HAWSER_SSM_HANDSHAKE_REFUSED',
      `Session ${sessionId} failed in its handshake: ${text}`,
      { details },
    );
  }
  return undefined;
}

/** Puts into words why a session was over before it began. */
export function describeEarlyEnd(sessionId: string, output: string, keyError: Error | undefined): SsmChannelError {
  const text = output.trim();
  const details = { output };
  if (keyError !== undefined) {
    const known = keyError instanceof SsmChannelError ? keyError : undefined;
    return new SsmChannelError(
      known?.code ?? 'HAWSER_SSM_KMS_DENIED',
      `Session ${sessionId} could not be encrypted: ${keyError.message}`,
      { cause: keyError, details, hint: known?.hint },
    );
  }
  return (
    readClosingWords(sessionId, output) ??
    new SsmChannelError(
      'HAWSER_SSM_HANDSHAKE_REFUSED',
      `Session ${sessionId} ended before it began${text === '' ? '' : `: ${text}`}`,
      { details },
    )
  );
}
