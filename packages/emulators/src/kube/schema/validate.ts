import { ApiStatus } from '../api/status.js';
import type { Kind } from '../store/kinds.js';
import type { KubeObject } from '../types.js';

interface Template {
  readonly metadata?: { readonly labels?: Readonly<Record<string, string>> };
  readonly spec?: {
    readonly restartPolicy?: string;
    readonly containers?: readonly {
      readonly name?: string;
      readonly image?: string;
      readonly env?: readonly { readonly name?: string }[];
      readonly volumeMounts?: readonly { readonly name?: string; readonly mountPath?: string }[];
    }[];
    readonly volumes?: readonly { readonly name?: string }[];
  };
}

const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const labelName = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const labelValue = /^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$/;

/** Kinds whose names are names of the DNS (RFC 1123 subdomains); those of RBAC are freer. */
const freeNames = new Set(['Role', 'RoleBinding', 'ClusterRole', 'ClusterRoleBinding']);

/**
 * Holds an object to the rules that people trip over: names, labels, and what a pod must have. Of the thousands of rules
 * of a real server these are the few; what passes here may still be refused there.
 */
export function validate(kind: Kind, object: KubeObject): void {
  const problems: string[] = [];
  const { name, labels = {} } = object.metadata;
  if (!freeNames.has(kind.kind) && (name.length > 253 || !subdomain.test(name))) {
    problems.push(
      `metadata.name: Invalid value: "${name}": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character`,
    );
  }
  checkLabels('metadata.labels', labels, problems);
  const template = templateOf(kind, object);
  if (template) checkPod(template.path, template.value, problems);
  if (kind.kind === 'Job' && template) {
    const { restartPolicy } = template.value.spec ?? {};
    if (restartPolicy === undefined) {
      problems.push('spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"');
    } else if (!['OnFailure', 'Never'].includes(restartPolicy)) {
      problems.push(
        `spec.template.spec.restartPolicy: Unsupported value: "${restartPolicy}": supported values: "OnFailure", "Never"`,
      );
    }
    if (name.length > 63) problems.push('metadata.name: Invalid value: must be no more than 63 characters');
  }
  if (problems.length === 0) return;
  const group = kind.group === '' ? '' : `.${kind.group}`;
  const list = problems.length === 1 ? problems[0] : `[${problems.join(', ')}]`;
  throw new ApiStatus(422, 'Invalid', `${kind.kind}${group} "${name}" is invalid: ${list}`, {
    name,
    group: kind.group,
    kind: kind.kind,
  });
}

/** What may not change once it is there. */
export function validateUpdate(kind: Kind, old: KubeObject, next: KubeObject): void {
  const read = (object: KubeObject, key: string): string =>
    JSON.stringify((object['spec'] as Readonly<Record<string, unknown>> | undefined)?.[key]);
  const refuse = (path: string): ApiStatus =>
    new ApiStatus(422, 'Invalid', `${kind.kind} "${old.metadata.name}" is invalid: ${path}: field is immutable`);
  if (kind.kind === 'Job' && read(old, 'template') !== read(next, 'template')) throw refuse('spec.template');
  const isFixed = kind.kind === 'Secret' || kind.kind === 'ConfigMap' ? old['immutable'] === true : false;
  if (isFixed && JSON.stringify(old['data']) !== JSON.stringify(next['data'])) throw refuse('data');
}

function templateOf(kind: Kind, object: KubeObject): { readonly path: string; readonly value: Template } | undefined {
  if (kind.kind === 'Pod' && kind.group === '') return { path: '', value: object as Template };
  const spec = object['spec'] as { readonly template?: Template } | undefined;
  const isWorkload = kind.group === 'apps' || kind.kind === 'Job';
  return isWorkload ? { path: 'spec.template.', value: spec?.template ?? {} } : undefined;
}

function checkPod(path: string, { metadata, spec }: Template, problems: string[]): void {
  checkLabels(`${path}metadata.labels`, metadata?.labels ?? {}, problems);
  const containers = spec?.containers ?? [];
  if (containers.length === 0) problems.push(`${path}spec.containers: Required value`);
  const volumes = new Set((spec?.volumes ?? []).map(({ name }) => name));
  containers.forEach(({ name, image, env = [], volumeMounts = [] }, index) => {
    const at = `${path}spec.containers[${index}]`;
    if (!name) problems.push(`${at}.name: Required value`);
    else if (!labelName.test(name)) problems.push(`${at}.name: Invalid value: "${name}"`);
    if (!image) problems.push(`${at}.image: Required value`);
    env.forEach((one, place) => {
      if (!one.name) problems.push(`${at}.env[${place}].name: Required value`);
    });
    volumeMounts.forEach((mount, place) => {
      if (!mount.mountPath) problems.push(`${at}.volumeMounts[${place}].mountPath: Required value`);
      if (!volumes.has(mount.name))
        problems.push(`${at}.volumeMounts[${place}].name: Not found: "${mount.name ?? ''}"`);
    });
  });
}

function checkLabels(path: string, labels: Readonly<Record<string, string>>, problems: string[]): void {
  for (const value of Object.values(labels)) {
    if (value.length > 63) problems.push(`${path}: Invalid value: "${value}": must be no more than 63 characters`);
    else if (!labelValue.test(value))
      problems.push(
        `${path}: Invalid value: "${value}": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.'`,
      );
  }
}
