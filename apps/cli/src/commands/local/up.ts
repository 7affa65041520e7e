import { Flags } from '@oclif/core';
import { HawserCommand, type Result, type Work } from '@hawser/cli-kit';
import { partFlags } from '../../local/flags.js';
import type { Part } from '../../local/parts.js';

/** What `--json` prints. */
interface LocalUp {
  readonly pid: number;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly parts: readonly Part[];
  /** Variables that point any tool at it. */
  readonly env: Readonly<Record<string, string>>;
  /** Where everything of it lies. */
  readonly folder: string;
  readonly log: string;
  /** It was running before. */
  readonly wasRunning: boolean;
  /** The one before had been killed; what it left was cleared away. */
  readonly recovered: boolean;
}

export default class LocalUpCommand extends HawserCommand<typeof LocalUpCommand, LocalUp> {
  static override summary = 'Start Session Manager, AWS, Kubernetes, the Hub, executions and sessions on this machine.';
  static override description =
    'One process in the background, on loopback; it returns when every part answers, and says so again when they run already. Point your tools at them with: eval "$(hawser local env)"\n' +
    'Ports stay the same from one start to the next. Spaces, executions and sessions are kept; AWS, Kubernetes and Session Manager begin empty.';
  static override flags = {
    ...partFlags,
    run: Flags.string({
      summary:
        "What an image of the cluster stands for: a shell command as its entry point, or nothing: the container's own.",
      helpValue: 'IMAGE[=COMMAND]',
      multiple: true,
    }),
  };
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --only hub --only kube --run busybox --json',
  ];

  protected async work({ flags, ...work }: Work<typeof LocalUpCommand>): Promise<Result<LocalUp>> {
    const { orderOf } = await import('../../local/order.js');
    const { stackPlaces } = await import('../../local/places.js');
    const { startStack } = await import('../../local/up.js');
    const places = stackPlaces(this.config);
    const order = orderOf(flags);
    const { stack, wasRunning, recovered } = await work.out.step(`Starting ${order.parts.join(', ')}`, () =>
      startStack(order, places, { ...work, config: this.config }),
    );
    const { pid, startedAt, parts, env } = stack;
    // They open nothing but these parts, and whoever starts them is who needs them.
    for (const value of Object.values(env)) work.out.show(value);
    const data = { pid, startedAt, parts, env, folder: places.folder, log: places.log, wasRunning, recovered };
    const text = async (): Promise<string> => {
      const { renderUp } = await import('../../render/local/up.js');
      return renderUp(data, await work.out.style());
    };
    return { data, text };
  }
}
