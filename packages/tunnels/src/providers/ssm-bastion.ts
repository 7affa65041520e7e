import { SsmChannelError } from '@hawser/ssm-channel';
import { type FoundTarget, findTarget } from '@hawser/ssm-channel/aws';
import type { AwsApi } from '@hawser/ssm-channel/aws';

/** A node to go through. */
export interface Bastion {
  readonly target: string;
  readonly label: string;
}

interface Candidate {
  readonly id: string;
  readonly name?: string;
  readonly online: boolean;
}

/**
 * Finds the nodes that a link may go through, in the order in which they are tried. Several online nodes of one name or
 * tag are alike to a tunnel: they come by name, then by id, so that every start takes the same one.
 *
 * @throws SsmChannelError as `findTarget` does; several nodes are never HAWSER_SSM_TARGET_AMBIGUOUS.
 */
export async function findBastions(
  text: string,
  api: Pick<AwsApi, 'describeInstances' | 'describeTask'>,
  signal: AbortSignal,
): Promise<readonly [Bastion, ...Bastion[]]> {
  try {
    const { target, label }: FoundTarget = await findTarget(text, api, { signal });
    return [{ target, label }];
  } catch (error) {
    if (!(error instanceof SsmChannelError) || error.code !== 'HAWSER_SSM_TARGET_AMBIGUOUS') throw error;
    const candidates = error.details?.['candidates'];
    if (!Array.isArray(candidates) || !candidates.every(isNode)) throw error;
    const [first, ...others] = candidates
      .filter(({ online }) => online)
      .toSorted((one, other) => compare(one.name ?? one.id, other.name ?? other.id) || compare(one.id, other.id))
      .map(({ id, name }) => ({ target: id, label: name === undefined ? id : `${id} (${name})` }));
    if (first !== undefined) return [first, ...others];
    throw new SsmChannelError(
      'HAWSER_SSM_TARGET_NOT_CONNECTED',
      `None of the ${candidates.length} nodes that answer to ${text} is in touch with Session Manager`,
      { cause: error },
    );
  }
}

/** Containers of a task are ambiguous too, but not alike. */
function isNode(candidate: unknown): candidate is Candidate {
  return typeof candidate === 'object' && candidate !== null && 'online' in candidate;
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
