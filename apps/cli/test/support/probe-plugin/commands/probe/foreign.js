import { HawserCommand } from '@hawser/cli-kit';

/** Throws what another copy of a library would: known by its shape, not by its class. */
export default class Foreign extends HawserCommand {
  async work() {
    throw Object.assign(new Error('The tea is cold.'), {
      code: 'HAWSER_TEA_COLD',
      exitCode: 1,
      hint: 'Make new tea.',
      details: { celsius: 21 },
    });
  }
}
