import { homedir } from 'node:os';
import { HawserCommand } from '@hawser/cli-kit';
import type { Result } from '@hawser/cli-kit';
import type { Forgotten } from '@hawser/hf-push';

export default class HfLogout extends HawserCommand<typeof HfLogout, Forgotten> {
  static override summary = 'Forget the token of Hugging Face on this machine.';
  static override examples = ['<%= config.bin %> <%= command.id %>'];

  protected async work(): Promise<Result<Forgotten>> {
    const { forgetToken } = await import('@hawser/hf-push');
    const forgotten = await forgetToken({ env: process.env, home: homedir() });
    return {
      data: forgotten,
      text: forgotten.removed ? 'The token is forgotten.' : 'There was no token to forget.',
      warnings: forgotten.stillIn === undefined ? [] : [`${forgotten.stillIn} still holds a token: unset it.`],
    };
  }
}
