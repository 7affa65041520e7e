import { awsFlags, HawserCommand, targetArg, type Result, type Work } from '@hawser/cli-kit';
import { greetings } from '../greetings.js';

/** What `hawser hello --json` prints under `data`. */
interface Greeted {
  readonly greeted: string;
  /** How often this node was greeted from this project. */
  readonly times: number;
}

export default class Hello extends HawserCommand<typeof Hello, Greeted> {
  static override readonly summary = 'Greet a managed node.';
  static override readonly args = { target: targetArg() };
  static override readonly flags = { ...awsFlags };
  static override readonly examples = ['<%= config.bin %> hello i-0123456789abcdef0'];

  protected async work({ args, aws, out, state, signal }: Work<typeof Hello>): Promise<Result<Greeted>> {
    const node = await out.step(`Looking for ${args.target}`, () => aws.findTarget(args.target, { signal }));
    const store = await state();
    const { data } = await store.document(greetings).update((counts) => ({
      ...counts,
      [node.target]: (counts[node.target] ?? 0) + 1,
    }));
    const times = data[node.target] ?? 0;
    return {
      data: { greeted: node.label, times },
      text: `Hello, ${node.label}!${times > 1 ? ` We have met ${times} times.` : ''}`,
    };
  }
}
