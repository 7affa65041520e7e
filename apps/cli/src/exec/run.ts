import type { Context } from '@hawser/cli-kit';
import { announceStart, sayHowToGoOn } from './announce.js';
import type { RunFlags } from './flags.js';
import { startedOf, type Watched } from './outcome.js';
import { remoteHere } from './remote-here.js';
import { openService, type ServiceContext } from './service.js';
import { prepareToWatch, watchExecution } from './watch.js';
import { readWords } from './words.js';

/** The words of a run. */
export interface RunWords {
  readonly words: readonly string[];
  readonly rest: readonly string[];
  readonly verbs: readonly string[];
}

/** Starts a command where flags and files say, and watches it. */
export async function runCommand(
  { words, rest, verbs }: RunWords,
  flags: RunFlags,
  context: Context & ServiceContext,
): Promise<Watched> {
  const command = readWords(words, rest, verbs);
  const { client } = await openService(flags, context);
  const repo = flags.repo ?? (await remoteHere(context.signal));
  const wishes = flags.detach ? undefined : await prepareToWatch(flags, context);
  const started = await client.start(
    { ...command, ...(repo !== undefined && !flags['no-repo'] ? { repo } : { no_repo: true }) },
    { signal: wishes ? wishes.insisted : context.signal },
  );
  await announceStart(started, context.out);
  const { execution_id: id, phase } = started;
  if (!wishes) {
    sayHowToGoOn(id, context.out);
    return startedOf(await client.get(id, context));
  }
  return watchExecution(flags, { id, isQueued: phase === 'queued', client, wishes, context });
}
