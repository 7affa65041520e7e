import type { Context } from '@hawser/cli-kit';
import { type ContextCheck, examineContext, type TunnelLookup } from '@hawser/contexts';
import { findContext } from './listed.js';
import { placeHere } from './place.js';

/** What `--json` says of an examination. */
export interface ExaminedContext {
  readonly context: string;
  readonly checks: readonly ContextCheck[];
}

/** Examines a context, or the current one. */
export async function examine(
  name: string | undefined,
  context: Pick<Context, 'state' | 'signal'>,
  tunnels: TunnelLookup,
): Promise<ExaminedContext> {
  const { store, ...place } = await placeHere(context);
  const { name: found, ...record } = await findContext(store, name);
  const checks = await examineContext({ ...place, name: found, record, tunnels, signal: context.signal });
  return { context: found, checks };
}
