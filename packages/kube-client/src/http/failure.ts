import { KubeClientError, type KubeClientErrorCode } from '../errors.js';

/** The part of a `Status` that says why (meta/v1). */
interface StatusBody {
  readonly kind?: string;
  readonly message?: string;
  readonly reason?: string;
}

/** Why no answer came: the network, or the certificate. */
export function connectionFailure(server: URL, cause: unknown): KubeClientError {
  const { code = '', message = String(cause) } = cause as { readonly code?: string; readonly message?: string };
  const where = server.host;
  const details = { server: server.origin, ...(code && { cause: code }) };
  if (isCertificateCode(code)) {
    return new KubeClientError(
      'HAWSER_KUBE_CERTIFICATE_REJECTED',
      `The certificate of ${where} is not the one that was expected: ${message}.`,
      { cause, details },
    );
  }
  const why = reasons[code] ?? `the connection failed: ${message}`;
  return new KubeClientError('HAWSER_KUBE_UNREACHABLE', `The API server ${where} cannot be reached: ${why}.`, {
    cause,
    details,
  });
}

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'its name is not known',
  EAI_AGAIN: 'its name cannot be looked up now',
  ETIMEDOUT: 'it does not answer',
  ECONNRESET: 'the connection was broken off',
  EHOSTUNREACH: 'there is no way to it',
  ENETUNREACH: 'there is no way to its network',
};

/** Codes of OpenSSL's verification, and Node's own for names. */
function isCertificateCode(code: string): boolean {
  return (
    code === 'ERR_TLS_CERT_ALTNAME_INVALID' ||
    /^(?:CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE)/.test(code)
  );
}

/** What an answer other than 2xx means. */
export function answerFailure(request: string, status: number, body: string): KubeClientError {
  const said = readStatus(body);
  const words = said.message ?? `${request} was answered by ${status}`;
  const details = { status, ...(said.reason && { reason: said.reason }), request };
  const code = codes[status] ?? 'HAWSER_KUBE_API_FAILED';
  const message =
    code === 'HAWSER_KUBE_UNAUTHORIZED'
      ? `The API server does not accept the credentials (401) for ${request}.`
      : sentence(words);
  return new KubeClientError(code, message, { details });
}

const codes: Readonly<Record<number, KubeClientErrorCode>> = {
  401: 'HAWSER_KUBE_UNAUTHORIZED',
  403: 'HAWSER_KUBE_FORBIDDEN',
  404: 'HAWSER_KUBE_NOT_FOUND',
};

function readStatus(body: string): StatusBody {
  try {
    const parsed = JSON.parse(body) as StatusBody;
    return parsed?.kind === 'Status' ? parsed : {};
  } catch {
    return {};
  }
}

/** Texts from afar go to terminals. */
export function sentence(text: string): string {
  const shown = text
    .replace(/[\p{C}\s]+/gu, ' ')
    .trim()
    .slice(0, 1_000);
  return `${shown.charAt(0).toUpperCase()}${shown.slice(1).replace(/\.$/, '')}.`;
}
