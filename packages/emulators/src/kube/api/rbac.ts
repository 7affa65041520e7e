import type { Shelf } from '../cluster/parts.js';
import type { KubeObject } from '../types.js';
import type { AccessRequest, Identity } from './world.js';

interface Rule {
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

interface Binding {
  readonly roleRef: { readonly kind: string; readonly name: string };
  readonly subjects?: readonly { readonly kind: string; readonly name: string; readonly namespace?: string }[];
}

/**
 * Whether the roles that are bound to somebody allow a request (Kubernetes documentation, "Using RBAC Authorization").
 * Roles are read as they are now; `system:masters` may do everything.
 */
export function allowedByRoles(shelf: Shelf, who: Identity, what: AccessRequest): boolean {
  if (who.groups.includes('system:masters')) return true;
  return rulesFor(shelf, who, what.namespace).some((rule) => allows(rule, what));
}

function rulesFor(shelf: Shelf, who: Identity, namespace: string | undefined): readonly Rule[] {
  const list = (kind: string, within?: string): readonly KubeObject[] =>
    shelf.store.list(shelf.kind('rbac.authorization.k8s.io/v1', kind), within);
  const bindings = [
    ...list('ClusterRoleBinding').map((binding) => ({ binding, within: undefined })),
    ...(namespace === undefined
      ? []
      : list('RoleBinding', namespace).map((binding) => ({ binding, within: namespace }))),
  ];
  return bindings.flatMap(({ binding, within }) => {
    const { roleRef, subjects = [] } = binding as unknown as Binding;
    if (!subjects.some((subject) => isSubject(subject, who, within))) return [];
    const role = list(roleRef.kind, roleRef.kind === 'Role' ? within : undefined).find(
      ({ metadata }) => metadata.name === roleRef.name,
    );
    return (role?.['rules'] as readonly Rule[] | undefined) ?? [];
  });
}

function isSubject(
  { kind, name, namespace }: NonNullable<Binding['subjects']>[number],
  { user, groups }: Identity,
  within: string | undefined,
): boolean {
  if (kind === 'User') return name === user;
  if (kind === 'Group') return groups.includes(name);
  return kind === 'ServiceAccount' && user === `system:serviceaccount:${namespace ?? within ?? ''}:${name}`;
}

function allows(rule: Rule, { verb, group, resource, subresource, name }: AccessRequest): boolean {
  const has = (list: readonly string[] | undefined, ...wanted: readonly string[]): boolean =>
    list !== undefined && (list.includes('*') || wanted.some((one) => list.includes(one)));
  const { resourceNames = [] } = rule;
  const isNamed = resourceNames.length === 0 || (name !== undefined && resourceNames.includes(name));
  const resources = subresource === undefined ? [resource] : [`${resource}/${subresource}`, `*/${subresource}`];
  return has(rule.verbs, verb) && has(rule.apiGroups, group) && has(rule.resources, ...resources) && isNamed;
}
