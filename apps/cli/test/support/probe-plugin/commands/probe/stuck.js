import { HawserCommand } from '@hawser/cli-kit';

/** Waits for what nobody does. */
export default class Stuck extends HawserCommand {
  async work() {
    await new Promise(() => {});
  }
}
