import { Flags } from '@oclif/core';
import { HawserCommand } from '@hawser/cli-kit';
import type { Result, Work } from '@hawser/cli-kit';
import type { TrustFacts } from '../../net/trust.js';

export default class NetTrust extends HawserCommand<typeof NetTrust, TrustFacts> {
  static override summary = 'Take the tunnels.yaml of this project as it is, with all it asks for.';
  static override description =
    'Without it a project may set a short list of ssh options, and addresses of its tunnels as variables. What else it asks for is shown, and asked about on a terminal. A file that changes is not trusted any more.';
  static override flags = {
    remove: Flags.boolean({ summary: 'Trust it no longer.' }),
    yes: Flags.boolean({ char: 'y', summary: 'Do not ask.' }),
  };
  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> --remove'];

  protected async work(work: Work<typeof NetTrust>): Promise<Result<TrustFacts>> {
    const { changeTrust } = await import('../../net/trust.js');
    return changeTrust(work.flags, work);
  }
}
