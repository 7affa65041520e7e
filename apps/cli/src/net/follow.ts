import type { Context } from '@hawser/cli-kit';
import type { TunnelEvent } from '@hawser/tunnels';
import { renderEvent } from '../render/net/event.js';

/** Prints events as they come, one a line; with `--json` one object a line. */
export async function printEvents(
  events: AsyncIterable<TunnelEvent>,
  { names, debug }: { readonly names: readonly string[]; readonly debug: boolean },
  { out }: Pick<Context, 'out'>,
): Promise<void> {
  const style = await out.style();
  for await (const event of events) {
    if (event.type === 'debug' && !debug) continue;
    if (names.length > 0 && !names.includes(event.tunnel ?? '')) continue;
    out.record(event);
    out.data(renderEvent(event, style));
  }
}
