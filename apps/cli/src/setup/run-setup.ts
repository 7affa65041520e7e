import { quoteCommand } from '@hawser/ssm-channel';
import { CliError } from '../errors.js';
import type { StepName } from './choices.js';
import type { Verb, VerbEnd, VerbRunner } from './run-verb.js';
import type { SetupStep } from './steps.js';

/** What became of a step. */
export interface StepResult {
  readonly name: StepName;
  readonly title: string;
  /** As it would be typed. */
  readonly command: string;
  readonly state: 'to do' | 'done before' | 'done' | 'failed' | 'not reached';
  readonly exitCode?: number;
  /** Code of the error, where it told one. */
  readonly error?: string;
}

/** Looks which steps have something to do, changing nothing. */
export async function planSetup(steps: readonly SetupStep[], verbs: VerbRunner): Promise<readonly StepResult[]> {
  const planned: StepResult[] = [];
  let follows = false;
  for (const step of steps) {
    // What comes behind a step that will be run may depend on it: it is looked at when its turn comes.
    const done: boolean = step.check !== undefined && !follows && step.check.isDone(await verbs.ask(checkOf(step)));
    follows ||= !done && step.check !== undefined;
    planned.push({ ...named(step), state: done ? 'done before' : 'to do' });
  }
  return planned;
}

/**
 * Runs what is left to do, one step after the other, and stops at the first that fails.
 *
 * @throws CliError HAWSER_SETUP_STEP_FAILED with what was done until then
 */
export async function runSetup(
  steps: readonly SetupStep[],
  planned: readonly StepResult[],
  verbs: VerbRunner,
  { json, onStep }: { readonly json: boolean; readonly onStep: (step: StepResult) => void },
): Promise<readonly StepResult[]> {
  const results: StepResult[] = [];
  for (const [index, step] of steps.entries()) {
    const before =
      planned[index]?.state === 'done before' || (step.check?.isDone(await verbs.ask(checkOf(step))) ?? false);
    if (before) {
      results.push({ ...named(step), state: 'done before' });
      continue;
    }
    onStep({ ...named(step), state: 'to do' });
    const { exitCode, error } = await run(step, verbs, json);
    const ended = { ...named(step), exitCode, ...(error?.code === undefined ? {} : { error: error.code }) };
    if (exitCode !== 0) {
      const rest = steps.slice(index + 1).map((later): StepResult => ({ ...named(later), state: 'not reached' }));
      const all: StepResult[] = [...results, { ...ended, state: 'failed' }, ...rest];
      throw new CliError(
        'HAWSER_SETUP_STEP_FAILED',
        `${step.title}: ${error?.message ?? (exitCode === 127 ? 'the program is not there' : `ended with ${exitCode}`)}`,
        {
          ...(error?.hint === undefined
            ? {}
            : { hint: `${error.hint} Then run hawser setup again: it goes on there.` }),
          details: { step: step.name, command: ended.command, exitCode, steps: JSON.stringify(all) },
        },
      );
    }
    results.push({ ...ended, state: 'done' });
  }
  return results;
}

async function run(step: SetupStep, verbs: VerbRunner, json: boolean): Promise<VerbEnd> {
  if (!json) return await verbs.show(step);
  return await verbs.ask(step.program === undefined ? { argv: [...step.argv, '--json'] } : step);
}

function checkOf({ program, check }: SetupStep): Verb {
  return { argv: check?.argv ?? [], ...(program === undefined ? {} : { program }) };
}

function named({ name, title, program = 'hawser', argv }: SetupStep): Pick<StepResult, 'name' | 'title' | 'command'> {
  return { name, title, command: quoteCommand([program, ...argv]) };
}
