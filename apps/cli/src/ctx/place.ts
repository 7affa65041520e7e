import { homedir } from 'node:os';
import type { Context } from '@hawser/cli-kit';
import type { PlanPlace } from '@hawser/contexts';

/** Where this process stands. */
export async function placeHere({ state }: Pick<Context, 'state'>): Promise<PlanPlace & { readonly home: string }> {
  return { store: await state(), env: process.env, directory: process.cwd(), home: homedir() };
}
