import { type AskedPart, lookAtParts } from './ask-parts.js';
import { findStack } from './find-stack.js';
import type { StackPlaces } from './places.js';

/** How the stack stands. */
export interface StackStatus {
  /** `starting`: not ready yet. `failing`: it runs, but a part does not answer. `died`: its process was killed. */
  readonly state: 'up' | 'starting' | 'failing' | 'died' | 'down';
  readonly pid: number | null;
  /** ISO 8601, UTC. */
  readonly startedAt: string | null;
  readonly parts: readonly AskedPart[];
  /** Where everything of it lies. */
  readonly folder: string;
  readonly log: string;
}

/** Looks how the stack stands, and asks each part whether it is there. */
export async function statusOfStack(places: StackPlaces, signal: AbortSignal): Promise<StackStatus> {
  const { folder, log } = places;
  const found = await findStack(places);
  if (!found) return { state: 'down', pid: null, startedAt: null, parts: [], folder, log };
  const { pid, startedAt, isReady } = found.process;
  const facts = { pid, startedAt, folder, log };
  if (found.state === 'died') return { ...facts, state: 'died', parts: [] };
  if (!isReady) return { ...facts, state: 'starting', parts: [] };
  const parts = await lookAtParts(found.process.parts, signal);
  return { ...facts, state: parts.every(({ state }) => state === 'answers') ? 'up' : 'failing', parts };
}
