import type { Authenticator, Caller } from '../ports.js';
import type { AuthMode } from './names.js';

/** Header in which the entry says whom API Gateway let in by IAM. What a request brings of that name is taken away. */
export const callerArnHeader = 'x-hawser-caller-arn';

/**
 * Knows callers by what the stack asks for: a key, an IAM principal that signed its request, or either. IAM has decided
 * by then that a principal may call, so it may do everything.
 */
export function createAwsAuthenticator(mode: AuthMode, keys: Authenticator): Authenticator {
  return {
    authenticate: async (request): Promise<Caller | undefined> => {
      const arn = request.headers.get(callerArnHeader);
      if (arn !== null && mode !== 'api-key') return { arn, name: arn, scopes: ['admin'] };
      return mode === 'iam' ? undefined : keys.authenticate(request);
    },
  };
}
