import { Flags } from '@oclif/core';
import { HawserCommand, portFlag } from '@hawser/cli-kit';
import type { Told, Work } from '@hawser/cli-kit';
import { untilAborted } from '../../wiring/abort.js';
import type { ServingSessions } from '../../sessions/serve.js';

export default class SessionsServe extends HawserCommand<typeof SessionsServe, ServingSessions> {
  static override summary = 'Serve terminal sessions of this machine, with the page and the API of a cluster.';
  static override description =
    'On the loopback address only; the key is made at the first start. It stays until it is told to end; sessions go on without it, and the next start takes them up again. Commands run in a sandbox (bubblewrap) where there is one, else with no isolation at all: what it prints says which. With --json it prints one line when it is ready.';
  static override flags = {
    port: portFlag({
      summary: 'Listen on this port of the loopback address; 0 takes a free one. Default: that of the last time.',
      least: 0,
    }),
    isolation: Flags.option({
      summary: 'What keeps commands apart from this machine.',
      options: ['auto', 'sandbox', 'process'] as const,
      default: 'auto' as const,
    })(),
  };
  static override examples = [
    '<%= config.bin %> <%= command.id %> --json',
    '<%= config.bin %> <%= command.id %> --port 7680 --isolation process --json',
  ];

  protected async work(work: Work<typeof SessionsServe>): Promise<Told> {
    const { serve } = await import('../../sessions/serve.js');
    const ready = await serve(work.flags, { ...work, config: this.config });
    // Whoever started it is who needs its key.
    work.out.show(ready.api_key);
    work.out.record(ready);
    if (!work.out.json) {
      const { renderServing } = await import('../../render/sessions/serving.js');
      work.out.data(renderServing(ready, await work.out.style()));
    }
    await untilAborted(work.signal);
    return { told: true };
  }
}
