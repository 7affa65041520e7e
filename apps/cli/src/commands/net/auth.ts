import { Args } from '@oclif/core';
import { HawserCommand } from '@hawser/cli-kit';
import type { Result, Work } from '@hawser/cli-kit';
import type { AuthFacts } from '../../net/auth.js';

export default class NetAuth extends HawserCommand<typeof NetAuth, AuthFacts> {
  static override summary = 'Log in where a tunnel needs it, and make its link anew.';
  static override description =
    'Over ssh this connects with your terminal attached, for a passphrase, a touch or a code. Otherwise it names the command to run. Nothing you type is kept. A link that stands is left alone.';
  static override args = { name: Args.string({ required: true, description: 'Tunnel that needs it.' }) };
  static override examples = ['<%= config.bin %> <%= command.id %> prefect'];

  protected async work(work: Work<typeof NetAuth>): Promise<Result<AuthFacts>> {
    const { logIn } = await import('../../net/auth.js');
    const data = await logIn(work.args.name, work);
    const text =
      data.restarted.length === 0
        ? `The link of ${data.name} stands: nobody has to log in.`
        : `Logged in; the link of ${data.name} is made anew.`;
    return { data, text };
  }
}
