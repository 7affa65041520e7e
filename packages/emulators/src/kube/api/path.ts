/** A path under `/api` or `/apis`, in its parts. */
export interface ResourcePath {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly subresource?: string;
}

/** Undefined when the path does not name a resource (Kubernetes API concepts, "Resource URIs"). */
export function parsePath(pathname: string): ResourcePath | undefined {
  const parts = pathname.split('/').slice(1).map(decodeURIComponent);
  const root = parts.shift();
  if (root !== 'api' && root !== 'apis') return undefined;
  const group = root === 'api' ? '' : (parts.shift() ?? '');
  const [version, ...rest] = parts;
  if (!version || rest.length === 0 || rest.includes('')) return undefined;
  // `namespaces/NAME` alone, and its subresources, are the namespace itself.
  const isWithin = rest[0] === 'namespaces' && rest.length > 2 && !(group === '' && isOfNamespace(rest));
  const [resource = '', name, ...subresource] = isWithin ? rest.slice(2) : rest;
  return {
    group,
    version,
    resource,
    ...(isWithin && { namespace: rest[1] as string }),
    ...(name !== undefined && { name }),
    ...(subresource.length > 0 && { subresource: subresource.join('/') }),
  };
}

function isOfNamespace(rest: readonly string[]): boolean {
  return rest.length === 3 && (rest[2] === 'status' || rest[2] === 'finalize');
}
