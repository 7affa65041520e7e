import { setTimeout as delay } from 'node:timers/promises';
import type { Context } from '@hawser/cli-kit';
import type { TunnelsError } from '@hawser/tunnels';
import { connectSupervisor, type SupervisorClient } from '@hawser/tunnels/supervisor';
import { renderStatus } from '../render/net/status.js';
import { statusFacts, type StatusFacts } from './status.js';

/** How often counters are looked at, and whether somebody has opened tunnels; in milliseconds. */
const lookMs = 1000;

/** Shows the status whenever it changes, until the signal aborts: on a terminal in place, elsewhere one after another. */
export async function watchStatus({ out, signal }: Pick<Context, 'out' | 'signal'>): Promise<void> {
  const inPlace = !out.json && process.stdout.isTTY;
  const style = await out.style();
  let shown = '';
  const show = (facts: StatusFacts): void => {
    // Counters change all the time: on a terminal they are shown, elsewhere they are no news.
    const { supervisor, tunnels } = facts;
    const news = JSON.stringify([supervisor?.instance, inPlace ? tunnels : tunnels.map(lasting)]);
    if (news === shown) return;
    shown = news;
    out.record(facts);
    if (!out.json) out.data(`${inPlace ? '\u001b[H\u001b[2J' : ''}${renderStatus(facts.tunnels, style)}`);
  };
  while (!signal.aborted) {
    const client = await connectSupervisor({ from: process.cwd(), signal });
    if (client) {
      try {
        await follow(client, show, signal);
      } finally {
        await client.close();
      }
    } else {
      show(statusFacts(null));
      await delay(lookMs, undefined, { signal }).catch(() => undefined);
    }
  }
}

/** Shows what one supervisor says until it leaves. */
async function follow(
  client: SupervisorClient,
  show: (facts: StatusFacts) => void,
  signal: AbortSignal,
): Promise<void> {
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  const events = client.events({ signal: either })[Symbol.asyncIterator]();
  const later = async (): Promise<{ readonly done?: boolean }> => {
    await delay(lookMs, undefined, { signal: either }).catch(() => undefined);
    return {};
  };
  let event = events.next();
  try {
    for (;;) {
      show(statusFacts(await client.status()));
      const first = await Promise.race([event, later()]);
      if (first.done === true || signal.aborted) return;
      if ('value' in first) event = events.next();
    }
  } catch (error) {
    // It left between an event and the question.
    if ((error as Partial<TunnelsError>).code !== 'HAWSER_NET_NOT_RUNNING') throw error;
  } finally {
    stop.abort();
  }
}

/** What of a tunnel is news when it changes. */
function lasting({ spec, local, link: { state, failure }, probe }: StatusFacts['tunnels'][number]): object {
  return { name: spec.name, local, state, failure, probe: probe.state };
}
