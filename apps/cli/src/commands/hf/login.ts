import { Flags } from '@oclif/core';
import { HawserCommand } from '@hawser/cli-kit';
import type { Result, Work } from '@hawser/cli-kit';
import { hubFlags } from '../../hf/flags.js';

export default class HfLogin extends HawserCommand<typeof HfLogin, { readonly name: string }> {
  static override summary = 'Log in to Hugging Face, by a code typed into a browser.';
  static override description = 'The token is kept where the official tools look for it, readable by you alone.';
  static override flags = {
    ...hubFlags,
    'token-stdin': Flags.boolean({ summary: 'Read a token from standard input instead.' }),
  };
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --token-stdin < token.txt',
  ];

  protected async work({ flags, ...context }: Work<typeof HfLogin>): Promise<Result<{ readonly name: string }>> {
    const { loginInBrowser, loginWithToken, open } = await import('../../hf/connect.js');
    const { text } = await import('node:stream/consumers');
    const { name } = flags['token-stdin']
      ? await loginWithToken(flags, await text(process.stdin), context)
      : await open(flags, await loginInBrowser(flags, context), context.signal).whoAmI();
    const winner = ['HF_OIDC_RESOURCE', 'HF_TOKEN', 'HUGGING_FACE_HUB_TOKEN'].find((variable) => process.env[variable]);
    return {
      data: { name },
      text: `Logged in as ${name}.`,
      warnings: winner === undefined ? [] : [`${winner} is set, and is used instead: unset it.`],
    };
  }
}
