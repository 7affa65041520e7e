import { apiVersionOf, type Kind } from '../store/kinds.js';

/** What `/api`, `/apis` and the lists of a group answer; undefined for other paths (meta/v1). */
export function discover(pathname: string, kinds: readonly Kind[]): object | undefined {
  const parts = pathname.replace(/\/$/, '').split('/').slice(1);
  if (parts[0] === 'api' && parts.length === 1) {
    return { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [] };
  }
  if (parts[0] === 'apis' && parts.length === 1)
    return { kind: 'APIGroupList', apiVersion: 'v1', groups: groups(kinds) };
  if (parts[0] === 'apis' && parts.length === 2) {
    const group = groups(kinds).find(({ name }) => name === parts[1]);
    return group && { kind: 'APIGroup', apiVersion: 'v1', ...group };
  }
  if (parts[0] === 'api' && parts.length === 2) return resources(kinds, '', parts[1]);
  if (parts[0] === 'apis' && parts.length === 3) return resources(kinds, parts[1], parts[2]);
  return undefined;
}

/** The release whose behaviour is followed. */
export const versionInfo = {
  major: '1',
  minor: '34',
  gitVersion: 'v1.34.0+hawser',
  gitCommit: '',
  gitTreeState: 'clean',
  buildDate: '2025-08-27T10:00:00Z',
  goVersion: 'none',
  compiler: 'none',
  platform: 'linux/amd64',
};

interface Group {
  readonly name: string;
  readonly versions: readonly { readonly groupVersion: string; readonly version: string }[];
  readonly preferredVersion: { readonly groupVersion: string; readonly version: string };
}

function groups(kinds: readonly Kind[]): readonly Group[] {
  const names = [...new Set(kinds.map(({ group }) => group))].filter((name) => name !== '');
  return names.map((name) => {
    const own = kinds.filter(({ group }) => group === name);
    const versions = [...new Set(own.map(({ version }) => version))].map((version) => ({
      groupVersion: `${name}/${version}`,
      version,
    }));
    return { name, versions, preferredVersion: versions[0] ?? { groupVersion: name, version: '' } };
  });
}

function resources(kinds: readonly Kind[], group = '', version = ''): object | undefined {
  const own = kinds.filter((kind) => kind.group === group && kind.version === version);
  if (own.length === 0) return undefined;
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: apiVersionOf({ group, version }),
    resources: own.flatMap((kind) => [resource(kind), ...kind.subresources.map((name) => subresource(kind, name))]),
  };
}

function resource(kind: Kind): object {
  return {
    name: kind.resource,
    singularName: kind.kind.toLowerCase(),
    namespaced: kind.isNamespaced,
    kind: kind.kind,
    verbs: kind.isReview
      ? ['create']
      : ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'],
    shortNames: kind.shortNames,
  };
}

function subresource(kind: Kind, name: string): object {
  const verbs = name === 'status' ? ['get', 'patch', 'update'] : ['create', 'get'];
  return { name: `${kind.resource}/${name}`, singularName: '', namespaced: kind.isNamespaced, kind: kind.kind, verbs };
}
