import { Flags } from '@oclif/core';
import { HawserCommand, type Result, type Work } from '@hawser/cli-kit';
import { exportFormats } from '../../local/exports.js';

/** What `--json` prints. */
interface LocalEnv {
  /** Variables that point any tool at the stack. */
  readonly env: Readonly<Record<string, string>>;
}

export default class LocalEnvCommand extends HawserCommand<typeof LocalEnvCommand, LocalEnv> {
  static override summary = 'Print the variables that point any tool at the parts of hawser local.';
  static override description =
    'In a shell: eval "$(hawser local env)". In a job of GitHub Actions: hawser local env --format github >> "$GITHUB_ENV"';
  static override flags = {
    format: Flags.option({
      summary: 'For which reader.',
      options: exportFormats,
      default: 'shell' as const,
    })(),
  };
  static override examples = [
    'eval "$(<%= config.bin %> <%= command.id %>)"',
    '<%= config.bin %> <%= command.id %> --format dotenv',
    '<%= config.bin %> <%= command.id %> --json',
  ];

  protected async work({ flags, out }: Work<typeof LocalEnvCommand>): Promise<Result<LocalEnv>> {
    const { stackPlaces } = await import('../../local/places.js');
    const { runningStack } = await import('../../local/find-stack.js');
    const { aroundProxy, writeExports } = await import('../../local/exports.js');
    const stack = await runningStack(stackPlaces(this.config));
    const env = aroundProxy(stack.env, process.env);
    // They open nothing but the stack, and are what was asked for.
    for (const value of Object.values(env)) out.show(value);
    return { data: { env }, text: writeExports(env, flags.format) };
  }
}
