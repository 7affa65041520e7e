import { readFile, stat } from 'node:fs/promises';
import type { Context } from '@hawser/cli-kit';
import {
  ContextsError,
  largestSnapshotBytes,
  parseSnapshot,
  replaySnapshot,
  replayUpstream,
  subjectOf,
  verifyRunners,
  type OidcEvidence,
  type Verified,
} from '@hawser/contexts/arc';
import { connectArc } from './connect.js';
import type { Given } from './flags.js';
import { verifyOidc, type OidcFlags } from './oidc.js';
import { tellLooks } from './tell.js';

/** The flags of `hawser arc verify` that decide what is verified. */
export interface VerifyFlags extends Given, OidcFlags {
  readonly timeout?: number | undefined;
  readonly snapshot?: string | undefined;
  readonly 'verify-oidc': boolean;
  readonly 'probe-workflow'?: string | undefined;
}

/** A report, and what was seen, unless a snapshot told too little of it. */
export type VerifiedOrReplayed = Pick<Verified, 'report'> & Partial<Pick<Verified, 'snapshot'>>;

/** Verifies what is there, or what a snapshot tells. */
export async function runVerify(
  flags: VerifyFlags,
  context: Pick<Context, 'aws' | 'out' | 'signal' | 'onEnd'>,
): Promise<VerifiedOrReplayed> {
  const ask = (signal: AbortSignal | undefined): Promise<OidcEvidence> =>
    verifyOidc(flags, { aws: context.aws, signal });
  if (flags.snapshot !== undefined)
    return replayFile(flags, flags.snapshot, flags['verify-oidc'] ? await ask(context.signal) : undefined);
  const options = await connectArc(flags, context);
  return context.out.step(`Looking at ${options.subject.scaleSet}`, (step) =>
    verifyRunners({
      ...options,
      timeoutMs: flags.timeout,
      probeWorkflow: flags['probe-workflow'],
      onEvent: tellLooks(context.out, step),
      ...(flags['verify-oidc'] ? { verifyOidc: ask } : {}),
    }),
  );
}

async function replayFile(
  flags: VerifyFlags,
  path: string,
  oidc: OidcEvidence | undefined,
): Promise<VerifiedOrReplayed> {
  const snapshot = parseSnapshot(await readSnapshot(path));
  const { timeout: timeoutMs, 'poll-interval': pollIntervalMs, 'queued-after': queuedAfterMs } = flags;
  if (snapshot.version === 2) {
    const settings = {
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
      ...(pollIntervalMs === undefined ? {} : { pollIntervalMs }),
      ...(queuedAfterMs === undefined ? {} : { queuedAfterMs }),
    };
    return { report: replaySnapshot(snapshot, { settings, oidc }), snapshot };
  }
  const report = replayUpstream(snapshot, {
    // Its rules ask for none of these; they are told on.
    subject: subjectOf({
      owner: flags.owner ?? (flags.repository?.includes('/') ? undefined : 'unknown'),
      repository: flags.repository ?? 'unknown',
      scaleSet: flags['scale-set'] ?? 'unknown',
      namespace: flags.namespace,
    }),
    settings: {
      timeoutMs: timeoutMs ?? 600_000,
      pollIntervalMs: pollIntervalMs ?? 10_000,
      queuedAfterMs: queuedAfterMs ?? 600_000,
    },
    startedAt: new Date().toISOString(),
    oidc,
  });
  return { report };
}

async function readSnapshot(path: string): Promise<string> {
  const unreadable = (why: string, cause?: unknown): ContextsError =>
    new ContextsError('HAWSER_ARC_SNAPSHOT_INVALID', `The snapshot ${path} cannot be read: ${why}.`, { cause });
  try {
    const { size } = await stat(path);
    if (size > largestSnapshotBytes) throw unreadable(`it is larger than ${largestSnapshotBytes >> 20} MiB`);
    return await readFile(path, 'utf8');
  } catch (cause) {
    if (cause instanceof ContextsError) throw cause;
    const { code, message } = cause as NodeJS.ErrnoException;
    throw unreadable(code === 'ENOENT' ? 'there is no such file' : message, cause);
  }
}
