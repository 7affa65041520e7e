import { apiVersionOf, type Kind } from '../store/kinds.js';
import { badRequest } from './status.js';
import type { Identity, World } from './world.js';

/** Answers what somebody asks about themselves (authorization.k8s.io/v1 and authentication.k8s.io/v1). */
export function review(world: World, who: Identity, kind: Kind, asked: unknown): object {
  const about = { kind: kind.kind, apiVersion: apiVersionOf(kind), metadata: {} };
  if (kind.kind === 'SelfSubjectReview') {
    return { ...about, status: { userInfo: { username: who.user, groups: who.groups } } };
  }
  const spec = (asked as AccessReview).spec;
  if (spec?.nonResourceAttributes) return { ...about, spec, status: { allowed: true } };
  const attributes = spec?.resourceAttributes;
  if (!attributes) throw badRequest('exactly one of nonResourceAttributes or resourceAttributes must be specified');
  const { namespace, subresource, name } = attributes;
  const allowed = world.may(who, {
    verb: attributes.verb ?? '',
    group: attributes.group ?? '',
    resource: attributes.resource ?? '',
    // Empty means all namespaces, or none.
    ...(namespace && { namespace }),
    ...(subresource && { subresource }),
    ...(name && { name }),
  });
  return { ...about, spec, status: { allowed } };
}

interface AccessReview {
  readonly spec?: {
    readonly nonResourceAttributes?: object;
    readonly resourceAttributes?: {
      readonly verb?: string;
      readonly group?: string;
      readonly resource?: string;
      readonly namespace?: string;
      readonly subresource?: string;
      readonly name?: string;
    };
  };
}
