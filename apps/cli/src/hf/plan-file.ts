import { readFile, writeFile } from 'node:fs/promises';
import type { Plan } from '@hawser/hf-push';
import { CliError } from '../errors.js';

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

/** Writes a plan for {@link readPlan}. @throws CliError HAWSER_HF_PLAN_FILE. */
export async function writePlan(path: string, plan: Plan): Promise<void> {
  try {
    await writeFile(path, `${JSON.stringify(plan, null, 2)}\n`);
  } catch (cause) {
    throw new CliError('HAWSER_HF_PLAN_FILE', `The plan cannot be written to ${path}: ${(cause as Error).message}`, {
      hint: 'Choose another file for --output.',
      cause,
    });
  }
}
