import { readFile } from 'node:fs/promises';
import { HfPushError, type Plan } from '@hawser/hf-push';
import { CliError } from '../errors.js';
import { writeWhole } from '../wiring/write-whole.js';

/** Reads a plan; the library says what is wrong with one that is JSON. @throws CliError HAWSER_HF_PLAN_FILE. */
export async function readPlan(path: string): Promise<Plan> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Plan;
  } catch (cause) {
    throw new CliError('HAWSER_HF_PLAN_FILE', `${path} cannot be read as a plan: ${(cause as Error).message}`, {
      cause,
    });
  }
}

/**
 * Writes a plan for {@link readPlan}, whole or not at all: a plan that was there stays when there is no room for the next.
 *
 * @throws HfPushError HAWSER_HF_LOCAL_FILE.
 */
export async function writePlan(path: string, plan: Plan): Promise<void> {
  try {
    await writeWhole(path, `${JSON.stringify(plan, null, 2)}\n`);
  } catch (cause) {
    throw new HfPushError(
      'HAWSER_HF_LOCAL_FILE',
      `The plan cannot be written to ${path}: ${(cause as Error).message}`,
      {
        cause,
      },
    );
  }
}
