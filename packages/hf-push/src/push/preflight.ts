import { HfPushError } from '../errors.js';
import type { Identity, SpaceInfo } from '../hub/types.js';

/**
 * Refuses what the token's owner surely may not do, before anything is made or sent.
 *
 * @throws HfPushError HAWSER_HF_TOKEN_READ_ONLY, HAWSER_HF_ACCESS_DENIED, HAWSER_HF_CONTRIBUTOR.
 */
export function checkRole(
  me: Identity,
  { space, exists, pr }: { readonly space: string; readonly exists: boolean; readonly pr: boolean },
): void {
  if (me.tokenRole === 'read')
    throw new HfPushError('HAWSER_HF_TOKEN_READ_ONLY', `The token of ${me.name} may only read`);
  const [namespace = ''] = space.split('/');
  if (me.type !== 'user' || namespace === me.name) return;
  const what = exists ? `Failed to upload to space ${space}` : `Failed to create space ${space}`;
  const org = me.orgs.find(({ name }) => name === namespace);
  if (!org && pr) return;
  if (!org)
    throw new HfPushError('HAWSER_HF_ACCESS_DENIED', `${what}: ${me.name} is no member of ${namespace}`, {
      details: { namespace, organizations: me.orgs.map(({ name }) => name) },
    });
  if (pr) return;
  if (org.role === 'contributor')
    throw new HfPushError(
      'HAWSER_HF_CONTRIBUTOR',
      `${what}: ${me.name} is a contributor of ${namespace}, who may only propose`,
    );
  if (org.role === 'read')
    throw new HfPushError('HAWSER_HF_ACCESS_DENIED', `${what}: ${me.name} may only read in ${namespace}`, {
      hint: `Ask an admin of ${namespace} for the write role.`,
    });
}

/** Leaves Spaces of other kinds alone. @throws HfPushError HAWSER_HF_SPACE_WRONG_SDK. */
export function checkSdk(space: string, { sdk }: SpaceInfo): void {
  if (sdk === undefined || sdk === 'docker') return;
  throw new HfPushError('HAWSER_HF_SPACE_WRONG_SDK', `Failed to create space ${space}: it is a ${sdk} Space`, {
    details: { space, sdk },
  });
}

/** Whether the namespace is known to have no plan that lets it make Docker Spaces. */
export function lacksPlan(me: Identity, namespace: string): boolean {
  if (me.type !== 'user') return false;
  if (namespace === me.name) return !me.isPro;
  return me.orgs.some(({ name, isPaid }) => name === namespace && !isPaid) && !me.isPro;
}
