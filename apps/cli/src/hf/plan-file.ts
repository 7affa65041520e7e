import { readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { HfPushError, type Plan } from '@hawser/hf-push';
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

/**
 * Writes a plan for {@link readPlan}, whole or not at all: a plan that was there stays when there is no room for the next.
 *
 * @throws HfPushError HAWSER_HF_LOCAL_FILE.
 */
export async function writePlan(path: string, plan: Plan): Promise<void> {
  const text = `${JSON.stringify(plan, null, 2)}\n`;
  const target = await realpath(path).catch(() => path);
  const draft = `${target}.${process.pid}.tmp`;
  try {
    const there = await stat(target).catch(() => undefined);
    // A pipe or a device is written to, not replaced.
    if (there && !there.isFile()) return await writeFile(target, text);
    await writeFile(draft, text);
    await rename(draft, target);
  } catch (cause) {
    await rm(draft, { force: true });
    throw new HfPushError(
      'HAWSER_HF_LOCAL_FILE',
      `The plan cannot be written to ${path}: ${(cause as Error).message}`,
      {
        cause,
      },
    );
  }
}
