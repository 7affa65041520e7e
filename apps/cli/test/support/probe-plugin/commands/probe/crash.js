import { HawserCommand } from '@hawser/cli-kit';

export default class Crash extends HawserCommand {
  async work() {
    throw new TypeError('nothing is not a function\nsecond line');
  }
}
