import type { EnvChange, EnvDiff, EnvOffer, EnvPlan, EnvWritten } from '@hawser/contexts';

/** A value and where it is from; a secret's value is left out. */
export type ShownOffer = Omit<EnvOffer, 'value'> & { readonly value?: string };

/** One variable, as it may be shown. */
export interface ShownLine extends ShownOffer {
  readonly name: string;
  readonly change: EnvChange['change'];
  readonly byHand: boolean;
  readonly lost: readonly ShownOffer[];
}

/** What the `env` commands tell. */
export interface EnvFacts {
  readonly path: string;
  readonly target: string;
  readonly format: EnvDiff['format'];
  readonly stale: boolean;
  /** Only of `env write`. */
  readonly action?: EnvWritten['action'];
  readonly variables: readonly ShownLine[];
  /** Names that the block has and would lose. */
  readonly removed: readonly string[];
}

/** Puts a plan and what became of it together, without any secret. */
export function envFacts(plan: EnvPlan, diff: EnvDiff | EnvWritten): EnvFacts {
  const changes = new Map(diff.changes.map((change) => [change.name, change]));
  return {
    path: diff.path,
    target: plan.target,
    format: diff.format,
    stale: diff.stale,
    ...('action' in diff ? { action: diff.action } : {}),
    variables: plan.lines.map(({ name, lost, ...offer }) => ({
      name,
      ...shown(offer),
      change: changes.get(name)?.change ?? 'same',
      byHand: changes.get(name)?.byHand ?? false,
      lost: lost.map(shown),
    })),
    removed: diff.changes.filter(({ change }) => change === 'remove').map(({ name }) => name),
  };
}

function shown({ value, source, detail, secret }: EnvOffer): ShownOffer {
  return { source, detail, secret, ...(secret ? {} : { value }) };
}
