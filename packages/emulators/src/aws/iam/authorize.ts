import { AwsError } from '../../ssm/api/aws-error.js';
import type { Match } from '../wire/match.js';
import type { World } from '../world.js';
import type { Caller } from './caller.js';
import { isAllowed } from './evaluate.js';
import type { Roles } from './roles.js';
import { wishesOf, type Lookup } from './wishes.js';

const administrators = 'arn:aws:iam::aws:policy/AdministratorAccess';

/**
 * Holds a caller to the policies of their role: actions, resources and simple conditions. The account's administrator may
 * do everything, and so may a role that nobody made. What AWS's managed policies contain is not known: they allow nothing.
 *
 * @throws AwsError AccessDeniedException
 */
export function authorize(world: World, roles: Roles, lookup: Lookup, caller: Caller, match: Match): void {
  const role = caller.role === undefined ? undefined : roles.all.get(caller.role);
  if (role === undefined || role.managed.includes(administrators)) return;
  const denied = wishesOf(world, lookup, match).find((wish) => !isAllowed(role.policies, wish));
  if (denied === undefined) return;
  throw new AwsError(
    'AccessDeniedException',
    `User: ${caller.arn} is not authorized to perform: ${denied.action} on resource: ${denied.resource} ` +
      `because no identity-based policy allows the ${denied.action} action`,
    { status: match.service === 'lambda' ? 403 : 400 },
  );
}
