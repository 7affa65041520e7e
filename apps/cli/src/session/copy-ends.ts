import { CliError } from '../errors.js';

/** Which way a file goes, and between what. */
export interface CopyEnds {
  readonly way: 'up' | 'down';
  /** What the person typed for the node. */
  readonly target: string;
  readonly from: string;
  readonly to: string;
}

/**
 * Tells the end on a node from the end here: `TARGET:PATH`, where TARGET has no slash unless it begins with `ecs:`, or is
 * `tag:Key=Value`. A file here whose name has a colon is written with a slash: `./a:b`.
 *
 * @throws CliError HAWSER_SSM_CP_ARGUMENTS when not exactly one of them is on a node
 */
export function readCopyEnds(from: string, to: string): CopyEnds {
  const [there, goal] = [splitRemote(from), splitRemote(to)];
  if (there && !goal) return { way: 'down', target: there.target, from: there.path, to };
  if (goal && !there) return { way: 'up', target: goal.target, from, to: goal.path };
  throw new CliError('HAWSER_SSM_CP_ARGUMENTS', there ? 'Both ends are on a node.' : 'Both ends are here.');
}

function splitRemote(text: string): { readonly target: string; readonly path: string } | undefined {
  // A drive of Windows is no node.
  if (/^[A-Za-z]:[\\/]/.test(text)) return undefined;
  const [, target, path] = /^(tag:[^=]+=[^:]+|ecs:[^:]+|[^:/\\]+):(.*)$/s.exec(text) ?? [];
  return target === undefined ? undefined : { target, path: path || '.' };
}
