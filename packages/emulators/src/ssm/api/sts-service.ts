import type { HttpRequest, HttpResponse } from '../../http/server.js';
import type { AwsError } from './aws-error.js';

const namespace = 'https://sts.amazonaws.com/doc/2011-06-15/';

/** The `Action` of a request in the query protocol, which STS speaks; `undefined` when it is another protocol. */
export function stsAction(request: HttpRequest): string | undefined {
  if (!(request.headers['content-type'] ?? '').startsWith('application/x-www-form-urlencoded')) return undefined;
  return new URLSearchParams(request.body.toString('utf8')).get('Action') ?? '';
}

/** Who the emulator's key pair belongs to. */
export function callerIdentity(accountId: string, requestId: string): HttpResponse {
  return xml(
    200,
    `<GetCallerIdentityResponse xmlns="${namespace}"><GetCallerIdentityResult>` +
      `<Arn>arn:aws:iam::${accountId}:user/hawser</Arn><UserId>AIDAHAWSEREMULATOR00</UserId>` +
      `<Account>${accountId}</Account></GetCallerIdentityResult>` +
      `<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata></GetCallerIdentityResponse>`,
  );
}

/** An error in the query protocol. */
export function stsError(error: AwsError, requestId: string): HttpResponse {
  const code = queryCodes[error.type] ?? error.type.replace(/Exception$/u, '');
  return xml(
    error.status === 400 ? 403 : error.status,
    `<ErrorResponse xmlns="${namespace}"><Error><Type>Sender</Type><Code>${code}</Code>` +
      `<Message>${escapeXml(error.message)}</Message></Error><RequestId>${requestId}</RequestId></ErrorResponse>`,
  );
}

/** Errors that the query protocol calls by another name than the JSON protocol. */
const queryCodes: Readonly<Record<string, string>> = {
  InvalidSignatureException: 'SignatureDoesNotMatch',
  UnrecognizedClientException: 'InvalidClientTokenId',
};

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function xml(status: number, body: string): HttpResponse {
  return { status, headers: { 'content-type': 'text/xml' }, body };
}
