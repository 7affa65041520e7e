import type { Context } from '@hawser/cli-kit';
import { type ChosenBackend, type DetectedRepository, ExecError, makeDirtyTree } from '@hawser/exec-client';
import type { DirtyTree } from '@hawser/exec-client/contract';
import { CliError } from '../errors.js';
import { renderDirty } from '../render/exec/dirty.js';

/**
 * The work of the repository one stands in that is in no commit of its remote, having shown it. Where it would leave this
 * machine, a person at a terminal is asked.
 */
export async function dirtyTreeHere(
  repository: DetectedRepository | undefined,
  { backend, yes }: { readonly backend: ChosenBackend; readonly yes: boolean },
  { out, ask, signal }: Pick<Context, 'out' | 'ask' | 'signal'>,
): Promise<DirtyTree> {
  if (!repository?.remote) {
    throw new ExecError(
      'HAWSER_EXEC_NO_REPO',
      '--dirty takes along what differs from a remote, and there is none here.',
    );
  }
  const made = await makeDirtyTree({ root: repository.root, remote: repository.remote.name, signal });
  if (made.files.length === 0) {
    out.say('→ Changes: none that the remote has not got');
    return made.dirty;
  }
  out.say(renderDirty(made));
  if (backend.kind === 'remote' && ask.interactive && !yes) {
    const isSure = await ask.confirm({ question: `Send this to ${backend.name}?`, flag: '--yes', suggested: true });
    if (!isSure) throw new CliError('HAWSER_EXEC_DECLINED', 'Nothing was sent.');
  }
  return made.dirty;
}
