import type { QueryService } from '../wire/service.js';
import type { World } from '../world.js';

/** The Security Token Service: who somebody is. */
export function createStsService(world: World): QueryService {
  return {
    protocol: 'query',
    name: 'sts',
    version: '2011-06-15',
    namespace: 'https://sts.amazonaws.com/doc/2011-06-15/',
    operations: {
      GetCallerIdentity: (_input, { caller }) => ({
        Arn: caller.arn,
        UserId: caller.userId,
        Account: world.accountId,
      }),
    },
  };
}
