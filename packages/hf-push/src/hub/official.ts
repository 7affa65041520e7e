import type { HubApiError } from '@huggingface/hub';
import { HfPushError } from '../errors.js';
import { sendable, type Http } from '../http/http.js';
import type * as OfficialFunctions from './official-functions.js';

/** What every function of the official library takes. */
export interface OfficialParams {
  readonly hubUrl: string;
  readonly fetch: typeof fetch;
  readonly accessToken?: string;
}

/**
 * Calls the official library, loaded when first needed, with our requests beneath it: what goes wrong on the way is
 * already one of our errors, and its own complaints about an answer become HAWSER_HF_PROTOCOL.
 */
export async function officially<Result>(
  http: Http,
  work: (library: typeof OfficialFunctions, params: OfficialParams) => Promise<Result>,
): Promise<Result> {
  if (http.token !== undefined) sendable(http.token);
  const library = await import('./official-functions.js');
  try {
    return await work(library, {
      hubUrl: http.endpoint,
      fetch: http.fetch,
      ...(http.token === undefined ? {} : { accessToken: http.token }),
    });
  } catch (error) {
    if (error instanceof HfPushError || http.signal?.aborted) throw error;
    const { requestId } = error as Partial<HubApiError>;
    throw new HfPushError('HAWSER_HF_PROTOCOL', `The Hub's answer makes no sense: ${(error as Error).message}`, {
      cause: error,
      details: { requestId },
    });
  }
}
