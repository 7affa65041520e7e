import type { ExchangeAnswer, ExchangeRequest } from '../protocol/index.js';
import { addressBelow } from './addresses.js';
import { garbled, refusal, unreachable } from './answers.js';

/** Which ticket is exchanged where. */
export interface ExchangeOptions {
  readonly url: string;
  readonly session: string;
  readonly ticket: string;
  readonly fetch?: (request: Request) => Promise<Response>;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Exchanges a ticket for a viewer's standing. It works once: asked again, it is `HAWSER_SESSIONS_LINK_USED`.
 *
 * @throws SessionsError `HAWSER_SESSIONS_LINK_USED`, `_REFUSED`, `_NOT_FOUND`, `_SERVICE_UNREACHABLE`
 */
export async function exchangeTicket(options: ExchangeOptions): Promise<ExchangeAnswer> {
  const { fetch = globalThis.fetch, signal } = options;
  const url = addressBelow(options.url, `/ws/${encodeURIComponent(options.session)}/exchange`);
  const body: ExchangeRequest = { ticket: options.ticket };
  const response = await fetch(
    new Request(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify(body),
      redirect: 'error',
      ...(signal && { signal }),
    }),
  ).catch((cause: unknown) => {
    signal?.throwIfAborted();
    throw unreachable(url.host, cause);
  });
  if (!response.ok) throw await refusal(response, url.host);
  const answer = (await response.json().catch(() => undefined)) as Partial<ExchangeAnswer> | null | undefined;
  if (typeof answer?.session !== 'string' || typeof answer.viewer !== 'string') throw garbled(url.host);
  return answer as ExchangeAnswer;
}
