import { HfPushError } from '../errors.js';
import type { OpenHubOptions } from './types.js';

const HUB = 'https://huggingface.co';

/** The endpoint in force, without a slash at its end. @throws HfPushError HAWSER_HF_BAD_INPUT. */
export function endpointOf({ endpoint, env }: Pick<OpenHubOptions, 'endpoint' | 'env'>): string {
  const text = endpoint ?? (env?.['HF_ENDPOINT']?.trim() || HUB);
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !['http:', 'https:'].includes(url.protocol))
    throw new HfPushError('HAWSER_HF_BAD_INPUT', `The endpoint '${text}' is not an http(s) URL`, {
      hint: 'Set HF_ENDPOINT to the address of a Hub, or leave it out.',
    });
  if (url.username || url.password || url.search || url.hash)
    throw new HfPushError('HAWSER_HF_BAD_INPUT', `The endpoint at ${url.host} has more than a host and a path`, {
      hint: 'Leave out user name, password, ? and #: who asks is told by the token.',
    });
  return text.replace(/\/+$/, '');
}
