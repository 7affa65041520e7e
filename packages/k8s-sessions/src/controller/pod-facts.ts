import { isPodOver } from './verdict.js';
import type { PodFact } from './ports.js';

/** The newest that the cluster said of each session's pod, and since when it is over. */
export class PodFacts {
  readonly #facts = new Map<string, { readonly fact: PodFact; readonly overSinceMs: number | null }>();
  /** Since when everything is heard; null while nothing is. */
  watchingSinceMs: number | null = null;

  /** Takes a fact in. One of an older attempt changes nothing. */
  note(fact: PodFact, nowMs: number): void {
    const before = this.#facts.get(fact.session);
    if (before && before.fact.attempt > fact.attempt) return;
    const isSame = before?.fact.attempt === fact.attempt;
    // A pod that was seen to end tells how; that it is gone later tells less.
    const terminated = fact.terminated ?? (isSame ? before.fact.terminated : null);
    const overSinceMs = isPodOver(fact) ? ((isSame ? before.overSinceMs : null) ?? nowMs) : null;
    this.#facts.set(fact.session, { fact: { ...fact, terminated }, overSinceMs });
  }

  of(session: string): { readonly fact: PodFact | undefined; readonly overSinceMs: number | null } {
    return this.#facts.get(session) ?? { fact: undefined, overSinceMs: null };
  }

  forget(session: string): void {
    this.#facts.delete(session);
  }

  all(): Iterable<PodFact> {
    return [...this.#facts.values()].map(({ fact }) => fact);
  }
}
