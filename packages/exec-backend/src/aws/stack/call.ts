import { setTimeout as wait } from 'node:timers/promises';
import { ExecBackendError } from '../../errors.js';

/** What is read of an error of the SDK. */
interface SdkFailure {
  readonly name?: string;
  readonly message?: string;
}

/** The name that AWS gave an error; `Error` where it was none of its own. */
export function awsCode(error: unknown): string {
  return (error as SdkFailure).name ?? 'Error';
}

/** Names for "slow down", of all services that are called here. */
const THROTTLED =
  /^(?:Throttling|ThrottlingException|ThrottledException|TooManyRequests(?:Exception)?|RequestLimitExceeded)$/;

/** Whether AWS asks to come back later. The SDK has tried three times by then. */
export function isThrottled(error: unknown): boolean {
  return THROTTLED.test(awsCode(error));
}

/** Longest that one call is tried again while AWS asks to slow down, in tries. With their waits: about a minute. */
const THROTTLED_TRIES = 10;

/**
 * Makes a call, again while it is throttled.
 *
 * @param action - the permission it takes, e.g. `cloudformation:CreateChangeSet`
 * @throws ExecBackendError `HAWSER_EXEC_BACKEND_AWS_FAILED`, but for those that `passes` lets through as they are; the
 * reason of `signal` when that was it.
 */
export async function call<T>(
  action: string,
  make: (options: { readonly abortSignal?: AbortSignal }) => Promise<T>,
  options: { readonly passes?: RegExp; readonly signal?: AbortSignal | undefined } = {},
): Promise<T> {
  const cancel = options.signal === undefined ? {} : { abortSignal: options.signal };
  for (let tries = 1; ; tries += 1) {
    options.signal?.throwIfAborted();
    try {
      return await make(cancel);
    } catch (error) {
      options.signal?.throwIfAborted();
      if (isThrottled(error) && tries < THROTTLED_TRIES) {
        await wait(Math.min(8_000, 250 * 2 ** tries), undefined, { signal: options.signal });
      } else if (options.passes?.test(`${awsCode(error)}: ${(error as SdkFailure).message ?? ''}`)) {
        throw error;
      } else {
        throw explain(action, error);
      }
    }
  }
}

function explain(action: string, error: unknown): ExecBackendError {
  const { message = '' } = error as SdkFailure;
  // Further lines are the SDK's advice to programmers.
  const [said = ''] = message.split('\n');
  const code = awsCode(error);
  const refused = /^(?:AccessDenied|UnauthorizedOperation|NotAuthorized)/.test(code);
  return new ExecBackendError(
    'HAWSER_EXEC_BACKEND_AWS_FAILED',
    refused ? `You may not ${action}: ${said}` : `${action} failed: ${said || code}`,
    {
      ...(refused && { hint: `Ask whoever administers the account for ${action}.` }),
      ...(/Region is missing/.test(said) && { hint: 'Pass --region, or set AWS_REGION.' }),
      ...(/^(?:CredentialsProviderError|ExpiredToken|InvalidClientTokenId|UnrecognizedClient)/.test(code) && {
        hint: 'hawser aws check says what is wrong with the credentials.',
      }),
      details: { action, awsCode: code },
      cause: error,
    },
  );
}

/** Waits between questions: soon at first, then less and less often. `reset` when there was news. */
export interface Pace {
  next(): Promise<void>;
  reset(): void;
}

/** Between `leastMs` and `mostMs`, each wait half as long again as the one before. */
export function pace(options: {
  readonly leastMs?: number;
  readonly mostMs?: number;
  readonly signal?: AbortSignal | undefined;
}): Pace {
  const { leastMs = 200, mostMs = 4_000, signal } = options;
  let delay = leastMs;
  return {
    next: async () => {
      await wait(delay, undefined, { signal });
      delay = Math.min(mostMs, delay * 1.5);
    },
    reset: () => {
      delay = leastMs;
    },
  };
}
