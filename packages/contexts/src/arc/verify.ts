import type { Cluster } from '@hawser/kube-client';
import { ContextsError } from '../errors.js';
import { systemClock, type Clock } from './clock.js';
import { seeCluster } from './collect/cluster.js';
import { watchChanges, type Changes } from './collect/changes.js';
import { createGithubClient, type Fetch } from './collect/github-client.js';
import { createProber, seeGithub } from './collect/github.js';
import { judge } from './checks/all.js';
import { findSet } from './checks/look.js';
import { cleaned } from './evidence/clean.js';
import type { Observation } from './evidence/observation.js';
import { createKept } from './kept.js';
import { apiOf } from './scope.js';
import type { Snapshot } from './snapshot.js';
import type { OidcEvidence, Report, Settings, Subject } from './types.js';
import { createVerification } from './verification.js';

/** What happens while one waits. */
export type ArcEvent =
  | { readonly type: 'look'; readonly report: Report }
  | { readonly type: 'changed' }
  | { readonly type: 'github-wait'; readonly ms: number; readonly why: string };

/** What is verified, by whom, and how long. */
export interface VerifyOptions {
  readonly subject: Subject;
  readonly cluster: Cluster;
  /** A token for {@link Subject.githubUrl}; it goes to that server only. */
  readonly token?: string | undefined;
  /** Default 600,000: upstream's. 0 looks once. */
  readonly timeoutMs?: number | undefined;
  /** Default 10,000: upstream's. Changes in the cluster are seen sooner. */
  readonly pollIntervalMs?: number | undefined;
  /** A job that has waited longer is one nobody takes. Default 600,000. */
  readonly queuedAfterMs?: number | undefined;
  /** Where the controller and its listeners are; default: everywhere. */
  readonly controllerNamespace?: string | undefined;
  /** `FILE@REF`: dispatch this workflow once all is well, and see its runner come and go (C11). */
  readonly probeWorkflow?: string | undefined;
  /** The OIDC checks of `@hawser/contexts`; asked once, told as C12. */
  readonly verifyOidc?: ((signal: AbortSignal | undefined) => Promise<OidcEvidence>) | undefined;
  /** Takes secrets out of what APIs say; the token goes in any case. */
  readonly redact?: ((text: string) => string) | undefined;
  readonly onEvent?: ((event: ArcEvent) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Default: the machine's. */
  readonly clock?: Clock | undefined;
  /** Default: the global one. */
  readonly fetch?: Fetch | undefined;
  /** One answer of GitHub may take this long. Default 30,000. */
  readonly requestTimeoutMs?: number | undefined;
}

/** How it ended, and what was seen on the way, ready to be replayed. */
export interface Verified {
  readonly report: Report;
  readonly snapshot: Snapshot;
}

/** Changes come in bursts: one look after the burst sees them all, and GitHub is not asked more often than this. */
const settleMs = 2_000;
/**
 * Looks at a scale set until all checks pass, waiting cannot help, or the time is over. Between looks it waits for the
 * poll interval or a change in the cluster, whichever is first.
 *
 * What it finds, a refusal by GitHub or the cluster among it, is the report; how it ended is `report.outcome`.
 *
 * @throws {@link ContextsError} `HAWSER_ARC_BAD_INPUT`; the signal's reason when it aborts
 */
export async function verifyRunners(options: VerifyOptions): Promise<Verified> {
  const watcher = await createWatcher(options);
  try {
    for (;;) {
      const verified = await watcher.look();
      if (verified.report.outcome !== 'waiting') return verified;
      await watcher.wait();
    }
  } finally {
    await watcher.close();
  }
}

/**
 * Looks again and again, whatever is found, and tells each report that differs from the one before in more than its time.
 * Ends when the signal aborts.
 */
export async function* watchRunners(options: VerifyOptions): AsyncIterable<Report> {
  const watcher = await createWatcher(options);
  let last = '';
  try {
    for (;;) {
      const { report } = await watcher.look();
      const told = JSON.stringify(report.checks);
      if (told !== last) yield report;
      last = told;
      await watcher.wait();
    }
  } catch (error) {
    if (!options.signal?.aborted) throw error;
  } finally {
    await watcher.close();
  }
}

/**
 * Records what is there, for `looks` looks or until a verification would end.
 *
 * @throws as {@link verifyRunners}; {@link ContextsError} `HAWSER_ARC_CLUSTER_FAILED` or `HAWSER_ARC_GITHUB_FAILED` when
 * the first look sees no scale sets or no list of runners; `details.because` has the code of the reason
 */
export async function recordRunners(
  options: VerifyOptions & { readonly looks?: number | undefined },
): Promise<Verified> {
  const watcher = await createWatcher(options);
  try {
    for (let looks = 1; ; looks++) {
      const verified = await watcher.look();
      if (looks === 1) refuseBlindness(verified.snapshot.observations[0]);
      if (options.looks === undefined ? verified.report.outcome !== 'waiting' : looks >= options.looks) return verified;
      await watcher.wait();
    }
  } finally {
    await watcher.close();
  }
}

/** A recording of nothing proves nothing. */
function refuseBlindness(first: Observation | undefined): void {
  if (!first) return;
  const { cluster, github } = first;
  if ('unseen' in cluster.sets) throw asError('HAWSER_ARC_CLUSTER_FAILED', cluster.sets.unseen);
  if ('unseen' in github.runners) throw asError('HAWSER_ARC_GITHUB_FAILED', github.runners.unseen);
}

function asError(
  code: 'HAWSER_ARC_CLUSTER_FAILED' | 'HAWSER_ARC_GITHUB_FAILED',
  unseen: { readonly code: string; readonly message: string; readonly hint: string },
): ContextsError {
  return new ContextsError(code, `Nothing to record: ${unseen.message}`, {
    hint: unseen.hint,
    details: { because: unseen.code },
  });
}

interface Watcher {
  look(): Promise<Verified>;
  /** Until the next look is due. */
  wait(): Promise<void>;
  close(): Promise<void>;
}

async function createWatcher(options: VerifyOptions): Promise<Watcher> {
  const { subject, cluster, token, signal, clock = systemClock, onEvent } = options;
  const settings: Settings = {
    timeoutMs: options.timeoutMs ?? 600_000,
    pollIntervalMs: options.pollIntervalMs ?? 10_000,
    queuedAfterMs: options.queuedAfterMs ?? 600_000,
  };
  if (settings.pollIntervalMs <= 0)
    throw new ContextsError('HAWSER_ARC_BAD_INPUT', 'The poll interval must be longer than nothing.');
  const redact = options.redact ?? ((text: string) => text);
  const clean = (text: string): string => redact(token ? text.replaceAll(token, '[redacted]') : text);
  const client = createGithubClient({
    apiUrl: apiOf(subject.githubUrl),
    token,
    fetch: options.fetch ?? ((url, init) => fetch(url, init)),
    clock,
    requestTimeoutMs: options.requestTimeoutMs ?? 30_000,
    onWait: ({ ms, why }) => onEvent?.({ type: 'github-wait', ms, why }),
  });
  const prober =
    options.probeWorkflow === undefined
      ? undefined
      : createProber(client, subject, options.probeWorkflow, () => clock.now());
  const startedMs = clock.now();
  const startedAt = new Date(startedMs).toISOString();
  const oidc = options.verifyOidc && cleaned(await options.verifyOidc(signal), clean);
  const verification = createVerification({ subject, settings, startedAt, oidc });
  const deadlineMs = startedMs + settings.timeoutMs;
  const kept = createKept();
  let changes: Changes | undefined;

  return {
    async look() {
      signal?.throwIfAborted();
      changes?.forget();
      // At least one look's worth of patience, else a timeout of 0 would allow for no retry at all.
      const untilMs = Math.max(deadlineMs, clock.now() + settings.pollIntervalMs);
      const call = { signal, untilMs };
      const seen = await seeCluster({
        cluster,
        subject,
        controllerNamespace: options.controllerNamespace,
        signal,
      });
      const github = await seeGithub(client, { subject, cluster: seen, call });
      const at = (): string => new Date(clock.now()).toISOString();
      const before = { at: at(), cluster: seen, github };
      const probe = prober && (await prober.look(mayProbe(before, { subject, settings }), call));
      const observation = cleaned({ ...before, at: at(), github: { ...github, ...(probe ? { probe } : {}) } }, clean);
      const name = findSet(seen.sets, subject)?.metadata.name ?? subject.scaleSet;
      changes ??= watchChanges(cluster, { namespace: subject.namespace, name, seen });
      kept.add(observation);
      const report = verification.take(observation);
      onEvent?.({ type: 'look', report });
      return {
        report,
        snapshot: {
          kind: 'hawser.arc.snapshot',
          version: 2,
          subject,
          settings,
          startedAt,
          ...(oidc ? { oidc } : {}),
          dropped: kept.dropped,
          observations: kept.observations,
        },
      };
    },
    async wait() {
      const leftMs = deadlineMs - clock.now();
      const waitMs = leftMs > 0 ? Math.min(settings.pollIntervalMs, leftMs) : settings.pollIntervalMs;
      const done = new AbortController();
      const either = signal ? AbortSignal.any([signal, done.signal]) : done.signal;
      const slept = clock.sleep(waitMs, either).then(() => 'slept' as const);
      const changed = changes?.next().then(() => 'changed' as const);
      try {
        if ((await Promise.race(changed ? [slept, changed] : [slept])) === 'slept') return;
      } finally {
        slept.catch(() => undefined);
        done.abort();
      }
      onEvent?.({ type: 'changed' });
      await clock.sleep(Math.min(settleMs, waitMs), signal);
    },
    close: async () => {
      await changes?.close();
    },
  };
}

/** Before controller, set, listener and their kin are well, a dispatched job would only wait. */
function mayProbe(
  observation: Observation,
  asked: { readonly subject: Subject; readonly settings: Settings },
): boolean {
  const first = new Set(['C1', 'C2', 'C3', 'C4', 'C5', 'C6']);
  return judge(observation, asked).every(({ id, status }) => !first.has(id) || status !== 'fail');
}
