import type { ResourcePath } from './path.js';
import { ApiStatus } from './status.js';
import type { AccessRequest, Identity, World } from './world.js';

/** Paths that answer to everybody (the cluster role `system:public-info-viewer`). */
const publicPaths = new Set(['/healthz', '/livez', '/readyz', '/version']);

/** Whether a path needs no credentials. */
export function isPublic(pathname: string): boolean {
  return publicPaths.has(pathname.replace(/\/$/, ''));
}

/** The verb of a request on a resource (Kubernetes documentation, "Authorization Overview"). */
export function verbOf(method: string, path: ResourcePath, isWatch: boolean): string {
  const onOne = path.name !== undefined;
  if (isWatch) return 'watch';
  if (method === 'GET' || method === 'HEAD') return onOne ? 'get' : 'list';
  if (method === 'DELETE') return onOne ? 'delete' : 'deletecollection';
  return { POST: 'create', PUT: 'update', PATCH: 'patch' }[method] ?? method.toLowerCase();
}

/** Throws the 403 a real server words this way, so that clients can be tested on it. */
export function demand(world: World, who: Identity, verb: string, path: ResourcePath): void {
  if (world.may(who, accessRequest(verb, path))) return;
  const resource = path.subresource ? `${path.resource}/${path.subresource}` : path.resource;
  const what = path.name === undefined ? path.resource : `${path.resource} "${path.name}"`;
  const where = path.namespace === undefined ? 'at the cluster scope' : `in the namespace "${path.namespace}"`;
  throw new ApiStatus(
    403,
    'Forbidden',
    `${what} is forbidden: User "${who.user}" cannot ${verb} resource "${resource}" in API group "${path.group}" ${where}`,
    { kind: path.resource, group: path.group, ...(path.name !== undefined && { name: path.name }) },
  );
}

function accessRequest(verb: string, path: ResourcePath): AccessRequest {
  return {
    verb,
    group: path.group,
    resource: path.resource,
    ...(path.namespace !== undefined && { namespace: path.namespace }),
    ...(path.subresource !== undefined && { subresource: path.subresource }),
    ...(path.name !== undefined && { name: path.name }),
  };
}
