import { destroyStack, planDestroy } from '@hawser/exec-backend/aws';
import { readUserFile, removeBackend } from '@hawser/exec-client';
import { CliError } from '../../errors.js';
import { destroyLine, destroyLines } from '../../render/exec/stack.js';
import { accountOf } from './account.js';
import type { StackFlags } from './flags.js';
import type { StackContext } from './init.js';

/** The flags of `hawser exec destroy`. */
export interface DestroyFlags extends StackFlags {
  readonly yes: boolean;
  readonly abandon: boolean;
  readonly 'keep-logs': boolean;
}

/** What went, and what did not. */
export interface DestroyFacts {
  readonly stack: string;
  readonly region: string;
  readonly tasks: number;
  readonly definitions: number;
  readonly parameters: number;
  readonly logs: 'removed' | 'kept' | 'none';
  /** Logical ids of what CloudFormation could not delete; only with `--abandon`. */
  readonly left: readonly string[];
  /** Backends of your configuration that lead nowhere now, and the file that they stand in. */
  readonly backends: readonly string[];
  readonly config_file: string;
  readonly backends_removed: boolean;
}

/** Removes a stack and everything around it, once the person has seen what goes and typed its name. */
export async function destroy(flags: DestroyFlags, context: StackContext): Promise<DestroyFacts> {
  const { ask, out, signal, config } = context;
  const name = flags['stack-name'];
  const keepLogs = flags['keep-logs'];
  const account = await accountOf(context);
  const plan = await out.step(`Looking for what belongs to ${name}`, () => planDestroy(account, name, signal));
  for (const line of destroyLines(plan, keepLogs)) out.say(line);
  if (!flags.yes) {
    const typed = await ask.text({ question: `Type ${name} to delete all of it:`, flag: '--yes' });
    if (typed !== name) throw new CliError('HAWSER_EXEC_DECLINED', `Nothing was deleted of ${name}.`);
  }
  const gone = { definitions: 0, parameters: 0, logs: 'none' as DestroyFacts['logs'], left: [] as string[] };
  try {
    for await (const event of destroyStack(account, plan, { keepLogs, abandon: flags.abandon, signal })) {
      out.say(destroyLine(event));
      if (event.step === 'definitions' || event.step === 'parameters') gone[event.step] = event.removed;
      if (event.step === 'logs') gone.logs = event.kept ? 'kept' : 'removed';
      if (event.step === 'left') gone.left.push(event.event.logicalId);
    }
  } catch (error) {
    if (signal.aborted) await out.warn(`${name} is half deleted. Run the same command again: it goes on from there.`);
    throw error;
  }
  const { path, backends } = await readUserFile(config.configDir);
  const stale = Object.entries(backends).flatMap(([of, { stack_name: stack, region }]) =>
    stack === name && region === plan.region ? [of] : [],
  );
  const isUnwanted =
    stale.length > 0 &&
    !flags.yes &&
    (await ask.confirm({ question: `Remove ${stale.join(', ')} from ${path} too?`, flag: '--yes' }));
  if (isUnwanted) for (const one of stale) await removeBackend(config.configDir, one);
  return {
    stack: name,
    region: plan.region,
    tasks: plan.tasks.length,
    ...gone,
    backends: stale,
    config_file: path,
    backends_removed: isUnwanted,
  };
}
