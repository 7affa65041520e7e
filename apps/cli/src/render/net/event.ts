import type { Style } from '@hawser/cli-kit';
import type { LinkState, TunnelEvent } from '@hawser/tunnels';

/** An event on one line: when, which tunnel, what. */
export function renderEvent({ at, tunnel, type, state, text }: TunnelEvent, style: Style): string {
  const what = state === undefined ? text : paintState(state, style, text);
  return `${style.faint(at)}  ${style.strong((tunnel ?? '–').padEnd(12))}  ${type.padEnd(10)}  ${what}`;
}

/** A text in the colour of a state. */
export function paintState(state: LinkState, style: Style, text: string): string {
  if (state === 'ready') return style.good(text);
  if (state === 'failed' || state === 'needs-auth') return style.bad(text);
  return state === 'idle' || state === 'stopped' ? style.faint(text) : style.warn(text);
}
