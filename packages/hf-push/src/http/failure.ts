import type { AnswerHeaders } from './answer.js';
import { HfPushError, type HfPushErrorCode, type HfPushErrorOptions } from '../errors.js';

/** What the Hub answered instead of what was asked for. */
export interface Refusal {
  readonly method: string;
  /** Path below the endpoint, with its query. */
  readonly path: string;
  readonly status: number;
  readonly headers: AnswerHeaders;
  readonly text: string;
  readonly hasToken: boolean;
  /** What must not be repeated, should the Hub repeat it. */
  readonly hidden: readonly string[];
}

/**
 * The error that says what the Hub's answer means.
 *
 * @see huggingface_hub `utils/_http.py` (`hf_raise_for_status`) for the headers X-Error-Code and X-Error-Message.
 */
export function failureOf(refusal: Refusal): HfPushError {
  const said = saidBy(refusal);
  const [code, message] = meaningOf(refusal, said);
  return new HfPushError(code, message, { details: detailsOf(refusal) });
}

function meaningOf({ status, headers, method, path, hasToken }: Refusal, said: string): [HfPushErrorCode, string] {
  const kind = headers.get('x-error-code');
  if (kind === 'RepoNotFound' && !isInvalidToken(said))
    return ['HAWSER_HF_SPACE_NOT_FOUND', `There is no such Space, or this token may not see it: ${said}`];
  switch (status) {
    case 401:
      return hasToken
        ? ['HAWSER_HF_TOKEN_INVALID', `The Hub does not accept this token: ${said}`]
        : ['HAWSER_HF_TOKEN_MISSING', `The Hub wants to know who asks: ${said}`];
    case 402:
      return ['HAWSER_HF_PAYMENT_REQUIRED', `The Hub asks for a paid plan: ${said}`];
    case 403:
      return /create_pr/.test(said)
        ? ['HAWSER_HF_CONTRIBUTOR', `This token may only propose changes here: ${said}`]
        : ['HAWSER_HF_ACCESS_DENIED', `This token may not do that: ${said}`];
    case 409:
    case 412:
      return path.includes('/commit/')
        ? ['HAWSER_HF_HEAD_MOVED', `Somebody else committed to the Space meanwhile: ${said}`]
        : ['HAWSER_HF_HUB_FAILED', `The Hub refused ${method} ${path} (${status}): ${said}`];
    case 429:
      return ['HAWSER_HF_RATE_LIMITED', `The Hub takes no more requests from you for now: ${said}`];
    default:
      return status >= 500
        ? ['HAWSER_HF_HUB_FAILED', `The Hub failed at ${method} ${path} (${status}): ${said}`]
        : ['HAWSER_HF_HUB_FAILED', `The Hub refused ${method} ${path} (${status}): ${said}`];
  }
}

function isInvalidToken(said: string): boolean {
  return /invalid (credentials|username|user token|token)/i.test(said);
}

/** The Hub's own words: `error` (a string or a list), `errors[].message`, a header, or the plain text. */
function saidBy({ headers, text, status, hidden }: Refusal): string {
  const found: unknown[] = [headers.get('x-error-message')];
  try {
    const body = JSON.parse(text) as { error?: unknown; errors?: unknown; message?: unknown };
    found.push(...[body.error].flat(), body.message);
    if (Array.isArray(body.errors))
      found.push(...body.errors.map((entry: unknown) => (entry as { message?: unknown } | null)?.message ?? entry));
  } catch {
    found.push(text.slice(0, 300));
  }
  const said = [...new Set(found.filter((word): word is string => typeof word === 'string' && word.trim() !== ''))];
  const words = said.join(' ').trim() || `status ${status}`;
  return hidden.filter(Boolean).reduce((shown, secret) => shown.replaceAll(secret, '[redacted]'), words);
}

function detailsOf({ method, path, status, headers }: Refusal): NonNullable<HfPushErrorOptions['details']> {
  return {
    method,
    path,
    status,
    requestId: headers.get('x-request-id') ?? undefined,
    errorCode: headers.get('x-error-code') ?? undefined,
  };
}

/** Status of the answer an error came from; undefined when it came from none. */
export function statusOf(error: unknown): number | undefined {
  const status = error instanceof HfPushError ? error.details?.['status'] : undefined;
  return typeof status === 'number' ? status : undefined;
}

/**
 * Puts one of the design document's phrases before the message of whatever `work` throws. `instead` replaces the code of
 * refusals that have no code of their own.
 */
export async function explained<Result>(
  phrase: string,
  instead: HfPushErrorCode,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof HfPushError) || error.message.startsWith(phrase)) throw error;
    const status = statusOf(error);
    const isPlainRefusal = error.code === 'HAWSER_HF_HUB_FAILED' && status !== undefined && status < 500;
    throw new HfPushError(isPlainRefusal ? instead : error.code, `${phrase}: ${error.message}`, {
      cause: error,
      ...(isPlainRefusal ? {} : { hint: error.hint }),
      ...(error.details ? { details: error.details } : {}),
    });
  }
}
