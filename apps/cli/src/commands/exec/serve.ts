import { HawserCommand, portFlag } from '@hawser/cli-kit';
import type { Told, Work } from '@hawser/cli-kit';
import { untilAborted } from '../../wiring/abort.js';

/** What `--json` prints when it is ready. */
interface Serving {
  readonly endpoint: string;
  readonly api_key: string;
  /** What a client needs in its environment. */
  readonly env: Readonly<Record<string, string>>;
}

export default class ExecServe extends HawserCommand<typeof ExecServe, Serving> {
  static override summary = 'Serve the executions of this machine on a loopback port, as AWS would.';
  static override description =
    'The same service that hawser exec uses in its own process, for other programs: /openapi.json says what it answers. It stays until it is told to end; executions go on without it. With --json it prints one line when it is ready.';
  static override flags = {
    port: portFlag({ summary: 'Listen on this port of the loopback address; 0 takes a free one.', least: 0 }),
  };
  static override examples = ['<%= config.bin %> <%= command.id %> --json'];

  protected async work(work: Work<typeof ExecServe>): Promise<Told> {
    const { serve } = await import('../../exec/serve.js');
    const ready: Serving = await serve(work.flags.port ?? 0, { ...work, config: this.config });
    // Whoever started it is who needs its key.
    work.out.show(ready.api_key);
    work.out.record(ready);
    if (!work.out.json) {
      const { renderServing } = await import('../../render/exec/serving.js');
      work.out.data(renderServing(ready, await work.out.style()));
    }
    await untilAborted(work.signal);
    return { told: true };
  }
}
