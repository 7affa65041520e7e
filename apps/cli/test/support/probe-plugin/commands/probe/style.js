import { HawserCommand } from '@hawser/cli-kit';

export default class Style extends HawserCommand {
  async work({ out }) {
    const style = await out.style();
    await out.step('Thinking', async (step) => step.progress('hard'));
    return { data: {}, text: `${style.good('good')} ${style.link('link')}` };
  }
}
