import type { Style } from '@hawser/cli-kit';
import type { ServingSessions } from '../../sessions/serve.js';

/** What a service that has just begun tells whoever started it, first of all what it does not protect from. */
export function renderServing({ url, api_key, isolation, note }: ServingSessions, style: Style): string {
  return [
    `${style.good('✓')} Sessions of this machine are served at ${style.link(url)}`,
    `${isolation === 'sandbox' ? style.faint('  ') : style.warn('! ')}${note}`,
    `  export HAWSER_SESSIONS_URL=${url}`,
    `  export HAWSER_SESSIONS_API_KEY=${api_key}`,
    style.faint(`Another terminal: hawser sessions run -- echo hello   Ctrl-C ends it; sessions go on without it.`),
  ].join('\n');
}
