import { verifySignature } from '../../http/sigv4.js';
import type { HttpRequest } from '../../http/server.js';
import { AwsError } from '../../ssm/api/aws-error.js';
import type { Caller, Keyring } from './caller.js';

/** As AWS: five minutes. */
const clockSkewMs = 5 * 60_000;

/**
 * Says who signed a request. Signatures go by this machine's clock, whatever the emulator believes the time is: their
 * clients do too.
 *
 * @throws AwsError what AWS answers to a missing, wrong or expired signature
 */
export function authenticate(keyring: Keyring, region: string, service: string, request: HttpRequest): Caller {
  const accessKeyId = /Credential=([^/,\s]+)/u.exec(request.headers['authorization'] ?? '')?.[1] ?? '';
  const known = keyring.find(accessKeyId);
  const fault = verifySignature(request, {
    credentials: known?.credentials ?? keyring.administrator,
    region,
    service,
    nowMs: Date.now(),
    clockSkewMs,
  });
  if (fault !== undefined) {
    throw new AwsError(fault.type, fault.message, {
      status: fault.type === 'IncompleteSignatureException' ? 400 : 403,
    });
  }
  return known!.caller;
}
