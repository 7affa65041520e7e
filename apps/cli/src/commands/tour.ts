import { once } from 'node:events';
import { HawserCommand, type Result, type Told, type Work } from '@hawser/cli-kit';

/** What `hawser tour --json` prints. */
export interface TourReport {
  readonly endpoint: string;
  readonly target: string;
  readonly steps: readonly { readonly title: string; readonly proved: string }[];
}

export default class Tour extends HawserCommand<typeof Tour, TourReport> {
  static override summary = 'See real Session Manager sessions happen on this machine.';
  static override description =
    'Starts an embedded Session Manager and proves, step by step, what Hawser does with it. Needs no AWS account and leaves nothing behind. In a terminal the emulator then stays up for you to try things by hand.';
  static override examples = ['<%= config.bin %> tour', '<%= config.bin %> tour --json'];

  protected async work({ out, signal, ask, ...work }: Work<typeof Tour>): Promise<Result<TourReport> | Told> {
    const { startSsmEmulator } = await import('@hawser/emulators/ssm');
    const { createAwsApi } = await import('@hawser/ssm-channel/aws');
    const { tourSteps } = await import('../tour/steps.js');
    const { renderEmulator } = await import('../render/emulator.js');
    const emulator = await out.step('Start the embedded Session Manager', () => startSsmEmulator());
    work.onEnd(() => emulator.close());
    const target = emulator.targets[0]?.id ?? '';
    const style = await out.talkStyle();
    out.say(`  ${style.good('✓')} API, gateway and agents listen on ${emulator.endpoint}; ${target} is a managed node`);

    using api = createAwsApi({ endpointUrl: emulator.endpoint, region: emulator.region, env: emulator.env });
    const steps: { title: string; proved: string }[] = [];
    for (const step of tourSteps) {
      const proved = await out.step(step.title, () => step.prove({ api, target, signal }));
      out.say(`  ${style.good('✓')} ${proved}`);
      steps.push({ title: step.title, proved });
    }
    const report = { endpoint: emulator.endpoint, target, steps };
    if (!ask.interactive) return { data: report, text: `All ${steps.length} steps of the tour were proved.` };

    for (const value of Object.values(emulator.env)) out.show(value);
    out.say('');
    out.data(renderEmulator(emulator, await out.style()));
    if (!signal.aborted) await once(signal, 'abort');
    // Ctrl-C is how this is meant to end.
    return { told: true, exitCode: 0 };
  }
}
