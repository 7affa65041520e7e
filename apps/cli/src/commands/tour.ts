import { Args, Flags } from '@oclif/core';
import { HawserCommand, type Result, type Work } from '@hawser/cli-kit';
import { actIds, type PlayedAct } from '../tour/act.js';

/** What `hawser tour --json` prints. */
export interface TourReport {
  readonly acts: readonly PlayedAct[];
  readonly seconds: number;
}

export default class Tour extends HawserCommand<typeof Tour, TourReport> {
  static override summary = 'See what Hawser does happen on this machine, and proved.';
  static override description =
    'Five short acts on real processes and embedded services; no account is needed, and nothing of yours is touched or left behind.\n' +
    'reach    a shell, a command and a file through Session Manager\n' +
    'tunnel   a tunnel whose link is killed under a download\n' +
    'run      a command in a clean clone, its exit code and receipt\n' +
    'session  a terminal that is opened, cut and attached to again\n' +
    'ship     an environment that is planned, pushed, and pushed again without a commit';
  static override args = {
    act: Args.option({ options: actIds, description: 'Play this act alone. Default: all five.' })(),
  };
  static override flags = {
    open: Flags.boolean({
      summary: 'Open the terminal of the act session in a browser, and wait until it is left there.',
    }),
  };
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> tunnel',
    '<%= config.bin %> <%= command.id %> ship --json',
  ];

  protected async work({ args, flags, out, ...work }: Work<typeof Tour>): Promise<Result<TourReport>> {
    const { playTour } = await import('../tour/play.js');
    const { root, version } = this.config;
    const began = performance.now();
    const acts = await playTour(args.act, { ...work, out, root, version, open: flags.open });
    const report = { acts, seconds: Math.round((performance.now() - began) / 10) / 100 };
    const text = async (): Promise<string> => {
      const { renderTour, renderWhatNext } = await import('../render/tour.js');
      if (acts.length > 1) out.say(renderWhatNext(await out.talkStyle()));
      return renderTour(report);
    };
    return { data: report, text };
  }
}
