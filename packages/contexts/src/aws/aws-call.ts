import { ContextsError } from '../errors.js';
import type { AwsCredentials } from '../eks/aws-credentials.js';
import { missingPermission, type MissingPermission } from './permissions.js';

/** As whom and where calls are made. */
export interface AwsSession {
  readonly credentials: AwsCredentials;
  readonly region: string;
  /** All services at one address. */
  readonly endpointUrl?: string | undefined;
  /** Carries the SDK's requests, past a proxy for example. */
  readonly requestHandler?: object | undefined;
  /** Longest wait for one call and its repetitions, in milliseconds. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** What a call is about, for the message when it fails. */
export interface CallSubject {
  /** The permission it takes: service and operation. */
  readonly action: string;
  /** ARN or `*`. */
  readonly resource: string;
}

/** What every SDK client takes. */
interface ClientConfig {
  readonly credentials: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
    readonly expiration?: Date;
  };
  readonly region: string;
  readonly endpoint?: string;
  readonly requestHandler?: object;
}

/** The configuration of an SDK client. */
export function clientConfig({ credentials, region, endpointUrl, requestHandler }: AwsSession): ClientConfig {
  const { accessKeyId, secretAccessKey, sessionToken, expiration } = credentials;
  return {
    credentials: {
      accessKeyId,
      secretAccessKey,
      ...(sessionToken === undefined ? {} : { sessionToken }),
      ...(expiration === undefined ? {} : { expiration }),
    },
    region,
    ...(endpointUrl === undefined ? {} : { endpoint: endpointUrl }),
    ...(requestHandler === undefined ? {} : { requestHandler }),
  };
}

/**
 * Makes one call within its time, and says in our words why it failed.
 *
 * @throws ContextsError `HAWSER_AWS_ACCESS_DENIED`, `HAWSER_AWS_CREDENTIALS_EXPIRED`, `HAWSER_AWS_CREDENTIALS_REFUSED`,
 * `HAWSER_AWS_UNREACHABLE` or `HAWSER_AWS_CALL_FAILED`; the reason of `signal` when that was it.
 */
export async function callAws<T>(
  { timeoutMs, signal }: AwsSession,
  subject: CallSubject,
  call: (abortSignal: AbortSignal) => Promise<T>,
): Promise<T> {
  const late = AbortSignal.timeout(timeoutMs);
  try {
    return await call(signal === undefined ? late : AbortSignal.any([signal, late]));
  } catch (error) {
    signal?.throwIfAborted();
    if (late.aborted) {
      throw new ContextsError(
        'HAWSER_AWS_UNREACHABLE',
        `AWS did not answer ${subject.action} within ${timeoutMs / 1000} s`,
        { details: { action: subject.action }, cause: error },
      );
    }
    throw explainCall(error, subject);
  }
}

/** The permission that a failed call lacked, if that is why it failed. */
export function missingFor(error: unknown): MissingPermission | undefined {
  const { code, details } = error as Partial<ContextsError>;
  const { action, resource } = details ?? {};
  if (code !== 'HAWSER_AWS_ACCESS_DENIED' || typeof action !== 'string' || typeof resource !== 'string')
    return undefined;
  return missingPermission(action, resource);
}

const NETWORK =
  /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EPIPE|TimeoutError|CERT|SELF_SIGNED|ERR_TLS|UNABLE_TO/;

/** What is read of an error of the SDK or of Node. */
interface SdkFailure {
  readonly name?: string;
  readonly message?: string;
  readonly code?: string;
  readonly cause?: unknown;
  readonly errors?: readonly unknown[];
}

function explainCall(error: unknown, { action, resource }: CallSubject): ContextsError {
  const { name = '', message: whole = '', cause, errors = [] } = error as SdkFailure;
  const parts = [error, cause, ...errors].map((part) => (part ?? {}) as SdkFailure);
  const codes = parts.map(({ code = '' }) => code).join(' ');
  // Further lines are the SDK's advice to programmers. A connection to several addresses fails without words of its own.
  const [message = ''] = (whole || parts.find((part) => part.message)?.message || codes.trim()).split('\n');
  const details = { action, resource, awsCode: name };
  const refused = `AWS refused ${action}: ${message || name}`;
  if (/^(?:AccessDenied|UnauthorizedOperation|NotAuthorized|AuthorizationError)/.test(name)) {
    return new ContextsError('HAWSER_AWS_ACCESS_DENIED', `${action} on ${resource} is not allowed`, {
      hint: `Ask for ${action} on ${resource}.`,
      details,
      cause: error,
    });
  }
  if (name.startsWith('ExpiredToken')) {
    return new ContextsError('HAWSER_AWS_CREDENTIALS_EXPIRED', 'The AWS credentials have expired', {
      details,
      cause: error,
    });
  }
  if (
    /^(?:UnrecognizedClient|InvalidClientTokenId|InvalidAccessKeyId|InvalidSignature|SignatureDoesNotMatch|AuthFailure|RequestTimeTooSkewed|RequestExpired)/.test(
      name,
    )
  ) {
    return new ContextsError('HAWSER_AWS_CREDENTIALS_REFUSED', refused, { details, cause: error });
  }
  // An error of another realm the SDK wraps, and keeps only its words.
  const wrapped = message.startsWith('AWS SDK error wrapper for ') ? message : '';
  if (NETWORK.test(`${codes} ${name} ${wrapped}`)) {
    return new ContextsError('HAWSER_AWS_UNREACHABLE', `AWS cannot be reached for ${action}: ${message}`, {
      details,
      cause: error,
    });
  }
  return new ContextsError('HAWSER_AWS_CALL_FAILED', refused, { details, cause: error });
}
