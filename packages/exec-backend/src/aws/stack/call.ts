import { setTimeout as wait } from 'node:timers/promises';
import { ExecBackendError } from '../../errors.js';
import { patiently, pauseByClock } from '../patience.js';
import { awsCode } from '../sdk-failure.js';

/** While AWS asks to slow down, a person waits rather than beginning anew: with the waits, at most a minute. */
const throttled = { tries: 12, longestMs: 8_000 };

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
  const { passes, signal } = options;
  try {
    return await patiently(() => make(signal ? { abortSignal: signal } : {}), pauseByClock, { ...throttled, signal });
  } catch (error) {
    signal?.throwIfAborted();
    if (passes?.test(`${awsCode(error)}: ${(error as Partial<Error>).message ?? ''}`)) throw error;
    throw explain(action, error);
  }
}

function explain(action: string, error: unknown): ExecBackendError {
  const { message = '' } = error as Partial<Error>;
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
