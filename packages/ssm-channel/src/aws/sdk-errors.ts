import { SsmChannelError, type SsmChannelErrorCode } from '../errors.js';

/** What the person knows about a call that failed. */
export interface CallContext {
  /** API operation, e.g. `StartSession`. */
  readonly operation: string;
  /** What it was about, e.g. a target or a session id. */
  readonly subject?: string;
  /** Profile in force; `undefined` is the default one. */
  readonly profile: string | undefined;
}

/** Error codes of the services, by what they mean for us. From the AWS API references and the SDK's own lists. */
const CODES: readonly (readonly [RegExp, SsmChannelErrorCode])[] = [
  [/^TargetNotConnected/, 'HAWSER_SSM_TARGET_NOT_CONNECTED'],
  [/^Invalid(InstanceId|Target)/, 'HAWSER_SSM_TARGET_NOT_FOUND'],
  [/^ClusterNotFound/, 'HAWSER_SSM_TARGET_NOT_FOUND'],
  [/^InvalidDocument|^InvalidParameters$/, 'HAWSER_SSM_DOCUMENT_REFUSED'],
  [/^RequestTimeTooSkewed|^RequestInTheFuture|^RequestExpired/, 'HAWSER_SSM_CLOCK_SKEW'],
  [/^ExpiredToken/, 'HAWSER_SSM_CREDENTIALS_EXPIRED'],
  [
    /^(UnrecognizedClient|InvalidClientTokenId|InvalidAccessKeyId|InvalidSignature|SignatureDoesNotMatch|AuthFailure)/,
    'HAWSER_SSM_CREDENTIALS_REFUSED',
  ],
  [/^(AccessDenied|UnauthorizedOperation|NotAuthorized)/, 'HAWSER_SSM_ACCESS_DENIED'],
  [/Throttl|TooManyRequests|RequestLimitExceeded|SlowDown/, 'HAWSER_SSM_THROTTLED'],
  [/^(CredentialsProviderError|TokenProviderError)$/, 'HAWSER_SSM_CREDENTIALS_MISSING'],
];

/** What Node and the SDK call a network that does not carry. */
const NETWORK =
  /^(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EPIPE|EADDRNOTAVAIL|TimeoutError)$/;
const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_(GET|VERIFY)|ERR_TLS|ERR_SSL/;

/** Says in our words why a call to AWS failed. Errors that are ours already pass unchanged. */
export function explainSdkError(error: unknown, context: CallContext): SsmChannelError {
  if (error instanceof SsmChannelError) return error;
  const { name, codes, message, requestId } = anatomyOf(error);
  const subject = context.subject === undefined ? context.operation : `${context.operation} for ${context.subject}`;
  const code = codeOf(name, codes, message, context);
  const details = { operation: context.operation, subject: context.subject, awsCode: name, requestId };
  switch (code) {
    case 'HAWSER_SSM_TARGET_NOT_CONNECTED':
      return new SsmChannelError(code, `${context.subject ?? 'The target'} is not connected to Session Manager`, {
        cause: error,
        details,
      });
    case 'HAWSER_SSM_REGION_MISSING':
      return new SsmChannelError(code, 'No AWS region is set', { cause: error });
    case 'HAWSER_SSM_CREDENTIALS_MISSING':
      return new SsmChannelError(code, `There are no AWS credentials${inProfile(context)}: ${message}`, {
        cause: error,
        details,
      });
    case 'HAWSER_SSM_CREDENTIALS_EXPIRED':
      return new SsmChannelError(code, `The AWS credentials${inProfile(context)} have expired`, {
        cause: error,
        details: { ...details, profile: context.profile },
        hint: loginHint(message, context.profile),
      });
    case 'HAWSER_SSM_ENDPOINT_UNREACHABLE':
    case 'HAWSER_SSM_CERTIFICATE_REFUSED':
      return new SsmChannelError(code, `AWS cannot be reached for ${subject}: ${message}`, {
        cause: error,
        details,
      });
    default:
      return new SsmChannelError(code, `AWS refused ${subject}: ${message}`, { cause: error, details });
  }
}

function codeOf(name: string, codes: readonly string[], message: string, context: CallContext): SsmChannelErrorCode {
  if (message === 'Region is missing') return 'HAWSER_SSM_REGION_MISSING';
  if (isLogin(name, message)) return 'HAWSER_SSM_CREDENTIALS_EXPIRED';
  if (/signature (expired|not yet current)/i.test(message)) return 'HAWSER_SSM_CLOCK_SKEW';
  if (context.operation === 'GenerateDataKey' && isRefusal(name)) return 'HAWSER_SSM_KMS_DENIED';
  if (context.operation === 'ResumeSession' && name.startsWith('AccessDenied')) return 'HAWSER_SSM_RESUME_REFUSED';
  if (context.operation === 'ExecuteCommand' && name.startsWith('InvalidParameter')) return 'HAWSER_SSM_EXEC_REFUSED';
  const known = CODES.find(([pattern]) => pattern.test(name))?.[1];
  if (known !== undefined) return known;
  if (codes.some((code) => CERTIFICATE.test(code))) return 'HAWSER_SSM_CERTIFICATE_REFUSED';
  if (codes.some((code) => NETWORK.test(code))) return 'HAWSER_SSM_ENDPOINT_UNREACHABLE';
  return 'HAWSER_SSM_API_FAILED';
}

/** KMS says no in many words: to the caller, about the key's state, or that there is no such key. */
function isRefusal(name: string): boolean {
  return /^(AccessDenied|NotFound|Disabled|KMSInvalidState|InvalidKeyUsage|KeyUnavailable|InvalidGrantToken)/.test(
    name,
  );
}

/** A provider that could not give credentials because a person has to sign in again. */
function isLogin(name: string, message: string): boolean {
  return (
    /^(CredentialsProviderError|TokenProviderError)$/.test(name) &&
    /aws (sso )?login|\bSSO\b|session has expired/i.test(message)
  );
}

function loginHint(message: string, profile: string | undefined): string {
  const verb = /\bsso\b/i.test(message) ? 'sso login' : /aws login/.test(message) ? 'login' : undefined;
  if (verb === undefined) {
    return `Get new credentials${profile === undefined ? '' : ` for the profile ${profile}`} and try again.`;
  }
  return `Log in again: aws ${verb}${profile === undefined ? '' : ` --profile ${quote(profile)}`}`;
}

function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

function inProfile(context: CallContext): string {
  return context.profile === undefined ? '' : ` of the profile ${context.profile}`;
}

/** What is read of an error. Not by `instanceof`: some come from another realm or another copy of the SDK. */
interface Failure {
  readonly name?: unknown;
  readonly message?: unknown;
  readonly code?: unknown;
  readonly cause?: unknown;
  readonly errors?: unknown;
  readonly $metadata?: { readonly requestId?: string };
}

/** Name, codes and words of an error, its cause and its parts included. */
function anatomyOf(error: unknown): { name: string; codes: string[]; message: string; requestId: string | undefined } {
  const { name, message, cause, errors, $metadata } = failureOf(error);
  const parts = [cause, ...(Array.isArray(errors) ? errors : [])].map(failureOf);
  const codes = [{ code: name }, failureOf(error), ...parts].flatMap(({ code }) =>
    typeof code === 'string' ? [code] : [],
  );
  // Node reports a failed connection to several addresses as an error without words of its own.
  const words = [message, ...parts.map((part) => part.message)].find((text) => typeof text === 'string' && text !== '');
  const named = typeof name === 'string' ? name : '';
  return { name: named, codes, message: typeof words === 'string' ? words : named, requestId: $metadata?.requestId };
}

function failureOf(error: unknown): Failure {
  return typeof error === 'object' && error !== null ? error : { message: error };
}
