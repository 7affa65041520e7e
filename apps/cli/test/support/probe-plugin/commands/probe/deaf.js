import { HawserCommand } from '@hawser/cli-kit';

/** Does not hear the first Ctrl-C. */
export default class Deaf extends HawserCommand {
  async work({ out, signal, onEnd }) {
    onEnd(() => out.data('first made, last gone'));
    onEnd(() => {
      throw new Error('a clean-up that fails');
    });
    onEnd(async () => out.data('last made, first gone'));
    signal.addEventListener('abort', () => out.data(`asked: ${signal.reason.name} by ${signal.reason.by}`));
    out.data('up');
    const alive = setInterval(() => {}, 1000);
    onEnd(() => clearInterval(alive));
    await new Promise(() => {});
  }
}
