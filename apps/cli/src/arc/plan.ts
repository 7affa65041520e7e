import { join, resolve } from 'node:path';
import type { Context, Result } from '@hawser/cli-kit';
import { connectArc } from './connect.js';
import type { KeepFlags } from './keep.js';
import type { VerifyFlags } from './run-verify.js';

/** What `--dry-run` tells. */
export interface ArcPlan {
  /** A recording, or where the cluster and GitHub are. */
  readonly looks_at: string;
  readonly owner?: string;
  readonly repository?: string;
  readonly scale_set?: string;
  readonly namespace?: string;
  readonly github_url?: string;
  /** Whether there is a token; never the token. */
  readonly has_token?: boolean;
  readonly dispatches?: string;
  /** Folder the results would go to. */
  readonly keeps_in?: string;
  readonly status_path?: string;
}

/** Says what would be looked at. The kubeconfig is read, and nobody is asked anything. */
export async function planVerify(
  flags: VerifyFlags & KeepFlags,
  context: Pick<Context, 'out' | 'signal' | 'onEnd' | 'state'>,
): Promise<Result<ArcPlan>> {
  const places = {
    ...(flags['store-summary'] === false
      ? {}
      : { keeps_in: resolve(flags['store-dir'] ?? join((await context.state()).directory, 'arc')) }),
    ...(flags['status-path'] === undefined ? {} : { status_path: resolve(flags['status-path']) }),
  };
  const plan = { ...(await whatIsLookedAt(flags, context)), ...places };
  const text = Object.entries(plan)
    .map(([name, value]) => `${name.replaceAll('_', ' ')}: ${String(value)}`)
    .join('\n');
  return { data: plan, text };
}

async function whatIsLookedAt(
  flags: VerifyFlags,
  context: Pick<Context, 'out' | 'signal' | 'onEnd'>,
): Promise<ArcPlan> {
  if (flags.snapshot !== undefined) return { looks_at: resolve(flags.snapshot) };
  const { cluster, subject, token } = await connectArc(flags, context);
  const probe = flags['probe-workflow'];
  return {
    looks_at: `${cluster.server} (context ${cluster.context})`,
    owner: subject.owner,
    repository: subject.repository,
    scale_set: subject.scaleSet,
    namespace: subject.namespace,
    github_url: subject.githubUrl,
    has_token: token !== undefined,
    ...(probe === undefined ? {} : { dispatches: probe }),
  };
}
