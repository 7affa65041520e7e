import type { UpstreamObservation } from './evidence/observation.js';
import type { Snapshot, UpstreamSnapshot } from './snapshot.js';
import type { OidcEvidence, Report, Settings, Subject } from './types.js';
import { createVerification } from './verification.js';

/** What a replay may be asked beside what was recorded. */
export interface ReplayOptions {
  /** Default: the recorded ones. */
  readonly settings?: Partial<Settings>;
  /** Default: what was recorded, if it was. */
  readonly oidc?: OidcEvidence | undefined;
  /** Told after each look. */
  readonly onReport?: ((report: Report) => void) | undefined;
}

/**
 * Judges a recording as it was judged when it was made: the same looks at the same times give the same report, byte for
 * byte. No clock and no network is asked.
 */
export function replaySnapshot(snapshot: Snapshot, options: ReplayOptions = {}): Report {
  const verification = createVerification({
    subject: snapshot.subject,
    settings: { ...snapshot.settings, ...options.settings },
    startedAt: snapshot.startedAt,
    oidc: options.oidc ?? snapshot.oidc,
    polls: snapshot.dropped,
  });
  return replay(verification, snapshot.observations, options);
}

/**
 * Judges a snapshot of upstream's script by its rules: no pod left and no runner busy. Each look eats one entry, no time
 * passes between them, and running out of entries is a failure.
 */
export function replayUpstream(
  snapshot: UpstreamSnapshot,
  options: ReplayOptions & { readonly subject: Subject; readonly settings: Settings; readonly startedAt: string },
): Report {
  const { subject, settings, startedAt, oidc } = options;
  const looks = snapshot.iterations.map((one): UpstreamObservation => ({ at: startedAt, ...one }));
  return replay(createVerification({ subject, settings, startedAt, oidc }), looks, options);
}

function replay<Look>(
  verification: { take(look: Look): Report; end(): Report },
  looks: readonly Look[],
  { onReport }: ReplayOptions,
): Report {
  for (const look of looks) {
    const report = verification.take(look);
    onReport?.(report);
    if (report.outcome !== 'waiting') return report;
  }
  return verification.end();
}
