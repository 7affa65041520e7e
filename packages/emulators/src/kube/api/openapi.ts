import { apiVersionOf, type Kind } from '../store/kinds.js';

/**
 * As much of the OpenAPI documents (version 3) as kubectl reads before it applies something: which kinds there are, and
 * that fields are validated, and dry runs made, by the server. Undefined for other paths.
 */
export function openApi(pathname: string, kinds: readonly Kind[]): object | undefined {
  const [root, version, ...rest] = pathname.replace(/\/$/, '').split('/').slice(1);
  if (root !== 'openapi' || version !== 'v3') return undefined;
  if (rest.length === 0) {
    const groups = [...new Set(kinds.map(groupPath))];
    const paths = groups.map((path) => [path, { serverRelativeURL: `/openapi/v3/${path}` }] as const);
    return { paths: Object.fromEntries(paths) };
  }
  const own = kinds.filter((kind) => groupPath(kind) === rest.join('/') && !kind.isReview);
  if (own.length === 0) return undefined;
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: 'v1.34.0' },
    paths: Object.fromEntries(own.map((kind) => [objectPath(kind), { patch: operation(kind) }])),
    components: { schemas: {} },
  };
}

function groupPath(kind: Kind): string {
  return kind.group === '' ? `api/${kind.version}` : `apis/${apiVersionOf(kind)}`;
}

function objectPath(kind: Kind): string {
  return `/${groupPath(kind)}/${kind.isNamespaced ? 'namespaces/{namespace}/' : ''}${kind.resource}/{name}`;
}

function operation({ group, version, kind }: Kind): object {
  const parameter = (name: string): object => ({ name, in: 'query', schema: { type: 'string', uniqueItems: true } });
  return {
    parameters: ['dryRun', 'fieldManager', 'fieldValidation', 'force'].map(parameter),
    requestBody: { content: { 'application/merge-patch+json': {}, 'application/json-patch+json': {} } },
    responses: { '200': { description: 'OK' } },
    'x-kubernetes-action': 'patch',
    'x-kubernetes-group-version-kind': { group, version, kind },
  };
}
