import { Args } from '@oclif/core';
import { HawserCommand } from '@hawser/cli-kit';
import type { Result, Work } from '@hawser/cli-kit';
import type { ErrorFacts } from '../errors-pages/explain.js';

export default class Explain extends HawserCommand<typeof Explain, ErrorFacts> {
  static override summary = 'Say what an error code means: what happened, why, and what to do.';
  static override description = 'From the manual that comes along: nothing is asked of the network.';
  static override args = {
    code: Args.string({ required: true, description: 'Code, as --json and --debug show it; HAWSER_ may be left out.' }),
  };
  static override examples = [
    '<%= config.bin %> <%= command.id %> HAWSER_NET_NOT_READY',
    '<%= config.bin %> <%= command.id %> state_locked --json',
  ];

  protected async work({ args }: Work<typeof Explain>): Promise<Result<ErrorFacts>> {
    const { explainError, renderError } = await import('../errors-pages/explain.js');
    const data = await explainError(args.code, this.config.root);
    return { data, text: renderError(data) };
  }
}
