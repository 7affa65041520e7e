import { HawserCommand } from '@hawser/cli-kit';
import type { Result, Work } from '@hawser/cli-kit';
import { hubFlags } from '../../hf/flags.js';

export default class HfLogin extends HawserCommand<typeof HfLogin, { readonly name: string }> {
  static override summary = 'Log in to Hugging Face by a code that is typed into a browser.';
  static override description = 'The token is kept where the official tools look for it, readable by you alone.';
  static override flags = { ...hubFlags };
  static override examples = ['<%= config.bin %> <%= command.id %>'];

  protected async work({ flags, out, signal }: Work<typeof HfLogin>): Promise<Result<{ readonly name: string }>> {
    const { loginInBrowser, open } = await import('../../hf/connect.js');
    const { name } = await open(flags, await loginInBrowser(flags, { out, signal }), signal).whoAmI();
    return { data: { name }, text: `Logged in as ${name}` };
  }
}
