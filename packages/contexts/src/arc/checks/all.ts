import { isUpstream, type Observation, type UpstreamObservation } from '../evidence/observation.js';
import type { CheckResult, Finding, OidcEvidence, Settings, Subject } from '../types.js';
import { controllerCheck } from './c1-controller.js';
import { scaleSetCheck } from './c2-scale-set.js';
import { listenerCheck } from './c3-listener.js';
import { failedCheck } from './c4-failed.js';
import { stuckCheck } from './c5-stuck.js';
import { terminatingCheck } from './c6-terminating.js';
import { drainedByUpstream, drainedCheck } from './c7-drained.js';
import { githubByUpstream, githubCheck } from './c8-github.js';
import { queuedCheck } from './c9-queued.js';
import { secretCheck } from './c10-secret.js';
import { probeCheck } from './c11-probe.js';
import { judgeOidc, oidcCheck } from './c12-oidc.js';
import { findSet, type Check, type Look } from './look.js';

/** Every check, in the order in which they build on each other. */
export const checks: readonly Check[] = [
  controllerCheck,
  scaleSetCheck,
  listenerCheck,
  failedCheck,
  stuckCheck,
  terminatingCheck,
  drainedCheck,
  githubCheck,
  queuedCheck,
  secretCheck,
  probeCheck,
  oidcCheck,
];

/** What every check finds in one look. */
export function judge(
  observation: Observation | UpstreamObservation,
  asked: { readonly subject: Subject; readonly settings: Settings; readonly oidc?: OidcEvidence | undefined },
): readonly CheckResult[] {
  const find = isUpstream(observation)
    ? upstreamFinder(observation, asked.oidc)
    : finder({
        observation,
        nowMs: Date.parse(observation.at),
        subject: asked.subject,
        settings: asked.settings,
        set: findSet(observation.cluster.sets, asked.subject),
        oidc: asked.oidc,
      });
  return checks.map((check) => ({ id: check.id, title: check.title, ...find(check) }));
}

function finder(look: Look): (check: Check) => Finding {
  return (check) => check.judge(look);
}

function upstreamFinder(observation: UpstreamObservation, oidc: OidcEvidence | undefined): (check: Check) => Finding {
  return (check) => {
    if (check.id === 'C7') return drainedByUpstream(observation);
    if (check.id === 'C8') return githubByUpstream(observation);
    if (check.id === 'C12') return judgeOidc(oidc);
    return { status: 'skipped', summary: 'The snapshot does not tell.' };
  };
}
