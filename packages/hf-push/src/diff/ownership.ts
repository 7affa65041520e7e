import type { SpaceCommit } from '../hub/types.js';

/** A longer list is not written down, and then nothing is deleted by the next push. */
const KEPT_LIMIT = 16_384;

/** What a push of ours writes into the description of its commit, so that any machine can read it there. */
export interface PushRecord {
  /** Digest of what was pushed. */
  readonly contents: string;
  /** Paths of the commit's tree that were not pushed by us; undefined when there were too many to say. */
  readonly kept: readonly string[] | undefined;
  /** The commit whose tree this one repeats, if it rolled back. */
  readonly rolledBackTo?: string;
}

/**
 * The record as trailers. The files that we own are those of the commit's tree but for the kept ones: the short list is
 * the one that is written.
 */
export function describeRecord({ contents, kept, rolledBackTo }: PushRecord): string {
  const list = kept && JSON.stringify(kept.toSorted());
  return [
    `Hawser-Contents: ${contents}`,
    `Hawser-Kept: ${list !== undefined && list.length <= KEPT_LIMIT ? list : 'unknown'}`,
    ...(rolledBackTo === undefined ? [] : [`Hawser-Rolled-Back-To: ${rolledBackTo}`]),
  ].join('\n');
}

/** The record in a commit's description; undefined when the commit is not ours. */
export function readRecord({ message }: Pick<SpaceCommit, 'message'>): PushRecord | undefined {
  const contents = trailer(message, 'Hawser-Contents');
  if (contents === undefined) return undefined;
  const rolledBackTo = trailer(message, 'Hawser-Rolled-Back-To');
  return {
    contents,
    kept: pathsOf(trailer(message, 'Hawser-Kept') ?? ''),
    ...(rolledBackTo === undefined ? {} : { rolledBackTo }),
  };
}

function trailer(message: string, name: string): string | undefined {
  return new RegExp(`^${name}: (.+?)\\s*$`, 'm').exec(message)?.[1];
}

function pathsOf(text: string): readonly string[] | undefined {
  try {
    const list: unknown = JSON.parse(text);
    return Array.isArray(list) && list.every((path) => typeof path === 'string') ? list : undefined;
  } catch {
    return undefined;
  }
}
