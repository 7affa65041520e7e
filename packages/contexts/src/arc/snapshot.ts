import { ContextsError } from '../errors.js';
import { observation, type Observation, type UpstreamObservation } from './evidence/observation.js';
import { BadShape, list, members, object, oneOf, optional, text, time, whole, type Reader } from './evidence/shape.js';
import type { OidcEvidence, Settings, Subject } from './types.js';

/** A recording in our own form: what the APIs answered, reduced to what is judged, and when. */
export interface Snapshot {
  readonly kind: 'hawser.arc.snapshot';
  readonly version: 2;
  readonly subject: Subject;
  readonly settings: Settings;
  readonly startedAt: string;
  readonly oidc?: OidcEvidence;
  /** How many looks were dropped from the beginning, to keep it small. */
  readonly dropped: number;
  readonly observations: readonly Observation[];
}

/** A recording in the form of upstream's script: a list, or `{"iterations": […]}`. */
export interface UpstreamSnapshot {
  readonly version: 1;
  readonly iterations: readonly Omit<UpstreamObservation, 'at'>[];
}

/** A snapshot must not be larger than this. */
export const largestSnapshotBytes: number = 64 << 20;

const subject: Reader<Subject> = object({
  owner: text,
  repository: text,
  scaleSet: text,
  namespace: text,
  githubUrl: text,
  self: optional(text),
});

const settings: Reader<Settings> = object({ timeoutMs: whole, pollIntervalMs: whole, queuedAfterMs: whole });

const oidc: Reader<OidcEvidence> = object({
  identity: optional(object({ arn: text, account: text, source: text })),
  checks: list(
    object({
      name: text,
      status: oneOf('pass', 'warn', 'fail', 'skipped'),
      summary: text,
      advice: optional(text),
    }),
  ),
});

const snapshot: Reader<Snapshot> = (value, path) => {
  const { version, ...rest } = object({
    kind: oneOf('hawser.arc.snapshot'),
    version: whole,
    subject,
    settings,
    startedAt: time,
    oidc: optional(oidc),
    dropped: whole,
    observations: list(observation),
  })(value, path);
  if (version !== 2) throw new BadShape('version', '2', version);
  if (rest.observations.length === 0) throw new BadShape('observations', 'at least one', 'none');
  return { version: 2, ...rest };
};

/**
 * Reads a snapshot of either form.
 *
 * @throws {@link ContextsError} `HAWSER_ARC_SNAPSHOT_INVALID`, saying where
 */
export function parseSnapshot(content: string): Snapshot | UpstreamSnapshot {
  let value: unknown;
  try {
    value = JSON.parse(content);
  } catch (cause) {
    throw invalid(`The snapshot is not JSON: ${cause instanceof Error ? cause.message : String(cause)}.`, cause);
  }
  try {
    if (typeof value === 'object' && value !== null && Object.hasOwn(value, 'kind')) return snapshot(value, '');
    return upstreamSnapshot(value);
  } catch (cause) {
    if (cause instanceof BadShape) throw invalid(`The snapshot is invalid: ${cause.message}`, cause);
    throw cause;
  }
}

/** A snapshot as a file. */
export function formatSnapshot(one: Snapshot): string {
  return `${JSON.stringify(one, null, 1)}\n`;
}

/** What upstream's script takes: entries may lack either list, names and claims may be of any type (Python's `bool`). */
function upstreamSnapshot(value: unknown): UpstreamSnapshot {
  const entries = Array.isArray(value) ? value : members(value, '')['iterations'];
  if (!Array.isArray(entries)) throw new BadShape('', 'a list, or {"iterations": […]}', value);
  if (entries.length === 0) throw new BadShape('iterations', 'at least one', 'none');
  const iterations = list((entry, path) => {
    const { pods = [], runners = [] } = object({
      pods: optional(list(worded)),
      runners: optional(list((one, where) => members(one, where))),
    })(entry, path);
    return {
      pods,
      runners: runners.map(({ name = 'unknown', busy }) => ({ name: worded(name), busy: isTruthy(busy) })),
    };
  })(entries, 'iterations');
  return { version: 1, iterations };
}

/** Anything as a word; what is nested is not looked into, however deep. */
function worded(value: unknown): string {
  return typeof value === 'object' && value !== null ? 'something nested' : String(value);
}

/** What Python takes for true. */
function isTruthy(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (typeof value === 'object' && value !== null) return Object.keys(value).length > 0;
  return Boolean(value);
}

function invalid(message: string, cause: unknown): ContextsError {
  return new ContextsError('HAWSER_ARC_SNAPSHOT_INVALID', message, { cause });
}
