import { HawserCommand } from '@hawser/cli-kit';
import type { Result, Work } from '@hawser/cli-kit';
import type { Identity, TokenSource } from '@hawser/hf-push';
import { hubFlags } from '../../hf/flags.js';

interface Who extends Identity {
  readonly source: TokenSource | undefined;
}

export default class HfWhoami extends HawserCommand<typeof HfWhoami, Who> {
  static override summary = 'Say whose token it is that the Hub sees, and what it may do.';
  static override flags = { ...hubFlags };
  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> --json'];

  protected async work({ flags, out, signal }: Work<typeof HfWhoami>): Promise<Result<Who>> {
    const { connect } = await import('../../hf/connect.js');
    const { hub, found } = await connect(flags, { out, signal });
    const who = await hub.whoAmI();
    return {
      data: { ...who, source: found?.source },
      text: () => {
        const orgs = who.orgs.map(({ name, role }) => (role === undefined ? name : `${name} (${role})`)).join(', ');
        return [
          `${who.name}, token from ${found?.source ?? 'nowhere'}${who.tokenRole === undefined ? '' : `, ${who.tokenRole}`}`,
          ...(orgs === '' ? [] : [`Organizations: ${orgs}`]),
        ].join('\n');
      },
    };
  }
}
