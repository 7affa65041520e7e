import { HawserCommand } from '@hawser/cli-kit';

export default class Ask extends HawserCommand {
  async work({ ask }) {
    const sure = await ask.confirm({ question: 'Are you sure?', flag: '--yes' });
    return { data: { sure }, text: sure ? 'sure' : 'not sure' };
  }
}
