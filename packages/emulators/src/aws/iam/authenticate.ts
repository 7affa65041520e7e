import { isSigned, verifySignature, type SigningFault } from '../../http/sigv4.js';
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
  const fault = judge(keyring, region, service, request);
  if (fault !== undefined) {
    throw new AwsError(fault.type, fault.message, {
      status: fault.type === 'IncompleteSignatureException' ? 400 : 403,
    });
  }
  return keyring.find(accessKeyOf(request))!.caller;
}

/** Whether a request is signed at all, and rightly. */
export function judgeSignature(
  keyring: Keyring,
  region: string,
  service: string,
  request: HttpRequest,
): 'none' | 'valid' | SigningFault {
  return isSigned(request) ? (judge(keyring, region, service, request) ?? 'valid') : 'none';
}

function judge(keyring: Keyring, region: string, service: string, request: HttpRequest): SigningFault | undefined {
  return verifySignature(request, {
    credentials: keyring.find(accessKeyOf(request))?.credentials ?? keyring.administrator,
    region,
    service,
    nowMs: Date.now(),
    clockSkewMs,
  });
}

function accessKeyOf(request: HttpRequest): string {
  return /Credential=([^/,\s]+)/u.exec(request.headers['authorization'] ?? '')?.[1] ?? '';
}
