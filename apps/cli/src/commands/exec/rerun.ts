import { HawserCommand } from '@hawser/cli-kit';
import type { Result, Told, Work } from '@hawser/cli-kit';
import { backendFlags, detachFlag, idArg, watchFlags } from '../../exec/flags.js';
import type { Watched } from '../../exec/outcome.js';

export default class ExecRerun extends HawserCommand<typeof ExecRerun, Watched> {
  static override summary = 'Run an execution again: the same command from the same commit.';
  static override description =
    'Takes the commit, the image by its digest, variables and secrets by name from the first one, and watches as hawser exec does, with the same exit codes.';
  static override passesExitCode = true;
  static override args = { id: idArg() };
  static override flags = { ...backendFlags, ...watchFlags, detach: detachFlag };
  static override examples = ['<%= config.bin %> <%= command.id %> exec_20261121'];

  protected async work(work: Work<typeof ExecRerun>): Promise<Result<Watched> | Told> {
    const { rerunExecution } = await import('../../exec/rerun.js');
    const watched = await rerunExecution(work.args.id, work.flags, { ...work, config: this.config });
    const { code: exitCode } = watched.exit;
    return work.out.json ? { data: watched, exitCode } : { told: true, exitCode };
  }
}
