import type { HttpRequest, HttpResponse } from '../../http/server.js';
import type { Credentials } from '../../http/sigv4.js';
import type { World } from '../world.js';
import type { Keyring } from './caller.js';

/** Credentials of task roles, as containers fetch them. */
export interface TaskCredentials {
  /** Path under which a task finds its credentials. */
  issue(roleArn: string, taskId: string): string;
  answer(request: HttpRequest): HttpResponse | undefined;
}

const lifeMs = 6 * 3_600_000;

/**
 * Makes the endpoint that `AWS_CONTAINER_CREDENTIALS_FULL_URI` leads to.
 *
 * @see Amazon ECS developer guide "Task IAM role"
 */
export function createTaskCredentials(world: World, keyring: Keyring): TaskCredentials {
  const known = new Map<string, { readonly roleArn: string; readonly credentials: Credentials }>();
  return {
    issue: (roleArn, taskId) => {
      const path = `/v2/credentials/${taskId}`;
      if (!known.has(path))
        known.set(path, { roleArn, credentials: keyring.issue(roleArn.split('/').at(-1)!, taskId) });
      return path;
    },
    answer: ({ method, url }) => {
      const one = method === 'GET' ? known.get(url) : undefined;
      return (
        one && {
          status: 200,
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({
            RoleArn: one.roleArn,
            AccessKeyId: one.credentials.accessKeyId,
            SecretAccessKey: one.credentials.secretAccessKey,
            Token: one.credentials.sessionToken,
            Expiration: new Date(world.nowMs() + lifeMs).toISOString(),
          }),
        }
      );
    },
  };
}
