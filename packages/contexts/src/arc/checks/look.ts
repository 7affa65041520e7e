import type { EphemeralRunner, ScaleSet } from '../evidence/cluster.js';
import type { Observation, Seen, Unseen } from '../evidence/observation.js';
import type { GithubRunner } from '../evidence/github.js';
import type { CheckId, Finding, OidcEvidence, Settings, Subject } from '../types.js';

/** What a check judges: one look at the world, and what was asked. */
export interface Look {
  readonly observation: Observation;
  readonly nowMs: number;
  readonly subject: Subject;
  readonly settings: Settings;
  /** The scale set that was asked for, when it was seen. */
  readonly set: ScaleSet | undefined;
  readonly oidc: OidcEvidence | undefined;
}

/** One check. It is pure: the same look gives the same finding. */
export interface Check {
  readonly id: CheckId;
  readonly title: string;
  judge(look: Look): Finding;
}

/** The set of that name: its own, or the one in `runs-on`. */
export function findSet(sets: Seen<readonly ScaleSet[]>, { scaleSet, namespace }: Subject): ScaleSet | undefined {
  if (!('seen' in sets)) return undefined;
  const here = sets.seen.filter(({ metadata }) => metadata.namespace === undefined || metadata.namespace === namespace);
  return (
    here.find(({ metadata }) => metadata.name === scaleSet) ??
    here.find(({ spec }) => spec.runnerScaleSetName === scaleSet)
  );
}

/** What `runs-on` may say to get a runner of this set, in lower case. */
export function labelsOf(set: ScaleSet | undefined, { scaleSet }: Subject): ReadonlySet<string> {
  const name = set === undefined ? scaleSet : (set.spec.runnerScaleSetName ?? set.metadata.name);
  return new Set([name, ...(set?.spec.runnerScaleSetLabels ?? [])].map((label) => label.toLowerCase()));
}

/** The runners of a list that are of this set: by id, or by the name and label the controller gives them. */
export function ofThisSet(
  runners: readonly GithubRunner[],
  known: readonly EphemeralRunner[],
  look: Pick<Look, 'set' | 'subject'>,
): readonly GithubRunner[] {
  const ids = new Set(known.flatMap(({ status }) => (status?.runnerId ? [status.runnerId] : [])));
  const name = look.set?.metadata.name ?? look.subject.scaleSet;
  const labels = labelsOf(look.set, look.subject);
  return runners.filter(
    (runner) =>
      ids.has(runner.id) ||
      isNamedAfter(runner.name, name) ||
      runner.labels.some((label) => labels.has(label.name.toLowerCase())),
  );
}

/**
 * Whether the controller made this name of that set's: `SET-xxxxx-runner-yyyyy`. So a runner of `linux-large` is none of
 * `linux`.
 */
export function isNamedAfter(runner: string, set: string): boolean {
  return runner.startsWith(`${set}-`) && /^[a-z\d]{5}-runner-[a-z\d]{5}$/u.test(runner.slice(set.length + 1));
}

/** A check that cannot tell, because something it needs was not seen. */
export function cannotTell(
  what: string,
  unseen: Unseen,
  { optional = false }: { readonly optional?: boolean } = {},
): Finding {
  return {
    status: optional && unseen.refused ? 'skipped' : 'fail',
    summary: `${what} could not be seen: ${unseen.message}`,
    advice: unseen.hint,
    evidence: { code: unseen.code },
    ...(unseen.refused && !optional ? { final: true } : {}),
  };
}

/** `1 runner`, `2 runners`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** The first few names, and how many more there are. */
export function names(all: readonly string[], most = 5): string {
  const shown = all.slice(0, most).join(', ');
  return all.length > most ? `${shown} and ${all.length - most} more` : shown;
}
