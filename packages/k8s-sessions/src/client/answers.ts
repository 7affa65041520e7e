import { SessionsError, type SessionsErrorCode } from '../errors.js';

/** Body of a refusal: RFC 9457 with the service's stable code. */
interface Problem {
  readonly code?: unknown;
  readonly detail?: unknown;
  readonly title?: unknown;
  readonly hint?: unknown;
}

/** What the service's codes are called on this side; whatever is not named here is a refusal. */
const codes: Readonly<Record<string, SessionsErrorCode>> = {
  invalid_request: 'HAWSER_SESSIONS_BAD_INPUT',
  source_rejected: 'HAWSER_SESSIONS_SOURCE_REJECTED',
  not_found: 'HAWSER_SESSIONS_NOT_FOUND',
  ticket_used: 'HAWSER_SESSIONS_LINK_USED',
};

/** Hints that know more than the code of this side. */
const hints: Readonly<Record<string, string>> = {
  unauthenticated: 'Give a key the service knows: hawser sessions configure.',
  rate_limited: 'Wait for as long as is said, or ask for a higher limit for this key.',
  quota_exceeded: 'Stop a session you no longer need: hawser sessions list.',
  already_finished: 'hawser sessions logs shows what it said.',
  log_expired: 'Logs are kept for as long as the service is told to; ask whoever runs it.',
  ticket_invalid: 'Links are good for a few minutes: hawser sessions share makes another.',
};

/** The error of an answer that is no success. `where` names the service. */
export async function refusal(response: Response, where: string): Promise<SessionsError> {
  const problem = (await response.json().catch(() => ({}))) as Problem | null;
  const { status } = response;
  const serviceCode = typeof problem?.code === 'string' ? problem.code : null;
  const said = [problem?.detail, problem?.title].find(
    (text): text is string => typeof text === 'string' && text !== '',
  );
  const retryAfter = response.headers.get('retry-after');
  return new SessionsError(
    codeOf(status, serviceCode),
    said ?? `${where} answered ${status} ${response.statusText}`.trim(),
    {
      hint: typeof problem?.hint === 'string' ? problem.hint : hints[serviceCode ?? ''],
      details: { status, service_code: serviceCode, ...(retryAfter !== null && { retry_after: retryAfter }) },
    },
  );
}

function codeOf(status: number, serviceCode: string | null): SessionsErrorCode {
  const known = serviceCode === null ? undefined : codes[serviceCode];
  if (known) return known;
  if (status === 404) return 'HAWSER_SESSIONS_NOT_FOUND';
  return status >= 500 ? 'HAWSER_SESSIONS_SERVICE_UNREACHABLE' : 'HAWSER_SESSIONS_REFUSED';
}

/** The service could not be asked, or its answer broke off. */
export function unreachable(where: string, cause: unknown): SessionsError {
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  const why = inner instanceof Error ? inner.message : String(inner);
  return new SessionsError('HAWSER_SESSIONS_SERVICE_UNREACHABLE', `${where} cannot be reached: ${why}.`, { cause });
}

/** The answer is none of a sessions service. */
export function garbled(where: string): SessionsError {
  return new SessionsError('HAWSER_SESSIONS_PROTOCOL_VIOLATED', `${where} did not answer as a sessions service does.`);
}
