import { HawserCommand, Secret } from '@hawser/cli-kit';

const learned = 'learned while running';

/** Says a secret in every way there is. */
export default class Say extends HawserCommand {
  async work({ out }) {
    out.hide(learned);
    const secret = new Secret('a secret as such');
    const shown = String(secret);
    out.say(`say ${learned} ${shown}`);
    out.debug(`debug ${learned} ${shown}`);
    out.record({ record: learned, secret });
    await out.warn(`warn ${learned} ${shown}`);
    const stepped = await out.step(`step ${learned}`, async (step) => {
      step.progress(`progress ${learned}`);
      return 7;
    });
    const table = await out.table([{ learned }], [{ heading: 'LEARNED', value: (row) => row.learned }]);
    return { data: { learned, secret, stepped }, text: `text ${learned}\n${table}`, warnings: [`late ${learned}`] };
  }
}
