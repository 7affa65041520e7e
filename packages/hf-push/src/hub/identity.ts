import { HfPushError } from '../errors.js';
import type { Http } from '../http/http.js';
import { officially } from './official.js';
import type { Identity } from './types.js';

/** What the official library does not type of an organization, yet the Hub sends. */
interface Org {
  readonly name: string;
  readonly roleInOrg?: string;
  readonly isEnterprise?: boolean;
  readonly plan?: string;
}

/** Who the token stands for: GET /api/whoami-v2, which the Hub limits more than anything else. */
export async function readIdentity(http: Http): Promise<Identity> {
  const accessToken = http.token;
  if (accessToken === undefined)
    throw new HfPushError('HAWSER_HF_TOKEN_MISSING', 'There is no token for the Hub on this machine');
  const me = await officially(http, ({ whoAmI }, params) => whoAmI({ ...params, accessToken }));
  if (typeof me.name !== 'string')
    throw new HfPushError('HAWSER_HF_PROTOCOL', 'The Hub says that the token is valid, but not whose it is');
  const orgs: readonly unknown[] = 'orgs' in me && Array.isArray(me.orgs) ? me.orgs : [];
  return {
    name: me.name,
    type: me.type,
    isPro: 'isPro' in me && me.isPro,
    orgs: orgs.filter(isOrg).map((org) => ({
      name: org.name,
      role: org.roleInOrg,
      isPaid: org.isEnterprise === true || (org.plan !== undefined && org.plan !== 'free'),
    })),
    tokenRole: me.auth?.accessToken?.role,
  };
}

function isOrg(org: unknown): org is Org {
  return typeof (org as Org | null)?.name === 'string';
}
