import { HawserCommand } from '@hawser/cli-kit';
import type { Told, Work } from '@hawser/cli-kit';
import type { Report } from '@hawser/contexts/arc';
import { paceFlags, placeFlags, subjectFlags } from '../../arc/flags.js';

export default class ArcWatch extends HawserCommand<typeof ArcWatch, never, Report> {
  static override summary = 'Follow a runner scale set, and tell whenever something changes.';
  static override description = 'Until Ctrl-C. With --json each line is a report, as arc verify makes them.';
  static override flags = { ...subjectFlags, ...placeFlags, ...paceFlags };
  static override examples = ['<%= config.bin %> <%= command.id %> --repository acme/app --scale-set linux'];

  protected async work({ flags, ...context }: Work<typeof ArcWatch>): Promise<Told> {
    const { watchRunners } = await import('@hawser/contexts/arc');
    const { connectArc } = await import('../../arc/connect.js');
    const { renderLine } = await import('../../render/arc/report.js');
    const { out } = context;
    const style = await out.style();
    for await (const report of watchRunners(await connectArc(flags, context))) {
      out.record(report);
      out.data(renderLine(report, style));
    }
    return { told: true };
  }
}
