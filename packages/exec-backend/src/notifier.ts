import type { Notifier } from './ports.js';

/** How long a webhook's receiver may take. */
const TIMEOUT_MS = 10_000;

/** Posts webhooks with the fetch of this process. */
export const notifier: Notifier = {
  async post(url, body, headers) {
    const answer = await fetch(url, {
      method: 'POST',
      body,
      headers,
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    await answer.body?.cancel();
    if (!answer.ok) throw new Error(`${new URL(url).host} answered ${answer.status}.`);
  },
};
