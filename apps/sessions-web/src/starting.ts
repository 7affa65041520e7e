import type { SessionState } from '@hawser/k8s-sessions/protocol';
import { make, part, say } from './element.js';

const steps: readonly { readonly state: SessionState; readonly text: string }[] = [
  { state: 'queued', text: 'Waiting for a place' },
  { state: 'starting', text: 'Starting the runner' },
  { state: 'fetching', text: 'Fetching the code' },
  { state: 'installing', text: 'Installing' },
  { state: 'running', text: 'Running' },
];
const order: readonly SessionState[] = ['requested', ...steps.map(({ state }) => state)];

/** Shows how far the start of a session is, until something is on its screen. */
export function openStarting(): { update(state: SessionState, detail: string | null, hasOutput: boolean): void } {
  const root = part('starting');
  const items = steps.map(({ state, text }) => ({ state, item: make('li', {}, text) }));
  part('steps').append(...items.map(({ item }) => item));
  return {
    update(state, detail, hasOutput) {
      const reached = order.indexOf(state);
      root.hidden = hasOutput || reached < 0 || state === 'running';
      for (const { state: step, item } of items) {
        const at = order.indexOf(step);
        item.dataset['at'] = at < reached ? 'done' : at === reached || (reached === 0 && at === 1) ? 'now' : 'later';
        if (item.dataset['at'] === 'now') item.setAttribute('aria-current', 'step');
        else item.removeAttribute('aria-current');
      }
      say(part('starting-detail'), detail ?? '');
    },
  };
}
