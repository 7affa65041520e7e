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

/** One broken rule, as `kubectl` shows it. */
interface Problem {
  readonly field: string;
  readonly message: string;
}

/** Kinds whose names are names of the DNS (RFC 1123 subdomains); those of RBAC are freer. */
const freeNames = new Set(['Role', 'RoleBinding', 'ClusterRole', 'ClusterRoleBinding']);

/**
 * Holds an object to the rules that people trip over: names, labels, and what a pod must have. Of the thousands of rules
 * of a real server these are the few; what passes here may still be refused there.
 */
export function validate(kind: Kind, object: KubeObject): void {
  const problems: Problem[] = [];
  const { name, labels = {} } = object.metadata;
  if (!freeNames.has(kind.kind) && (name.length > 253 || !subdomain.test(name))) {
    const rule = `a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character`;
    problems.push({ field: 'metadata.name', message: `Invalid value: "${name}": ${rule}` });
  }
  checkLabels('metadata.labels', labels, problems);
  const template = templateOf(kind, object);
  if (template) checkPod(template.path, template.value, problems);
  if (kind.kind === 'Job' && template) {
    const { restartPolicy } = template.value.spec ?? {};
    const field = 'spec.template.spec.restartPolicy';
    if (restartPolicy === undefined) {
      problems.push({ field, message: 'Required value: valid values: "OnFailure", "Never"' });
    } else if (!['OnFailure', 'Never'].includes(restartPolicy)) {
      const message = `Unsupported value: "${restartPolicy}": supported values: "OnFailure", "Never"`;
      problems.push({ field, message });
    }
    if (name.length > 63) {
      problems.push({
        field: 'metadata.name',
        message: `Invalid value: "${name}": must be no more than 63 characters`,
      });
    }
  }
  if (problems.length === 0) return;
  const group = kind.group === '' ? '' : `.${kind.group}`;
  const said = problems.map(({ field, message }) => `${field}: ${message}`);
  const list = said.length === 1 ? said[0] : `[${said.join(', ')}]`;
  const causes = problems.map((problem) => ({ reason: 'FieldValueInvalid', ...problem }));
  const details = { name, group: kind.group, kind: kind.kind, causes };
  throw new ApiStatus(422, 'Invalid', `${kind.kind}${group} "${name}" is invalid: ${list}`, details);
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
  if (kind.kind === 'Pod' && kind.group === '') return { path: '', value: object };
  const spec = object['spec'] as { readonly template?: Template } | undefined;
  const isWorkload = kind.group === 'apps' || kind.kind === 'Job';
  return isWorkload ? { path: 'spec.template.', value: spec?.template ?? {} } : undefined;
}

function checkPod(path: string, { metadata, spec }: Template, problems: Problem[]): void {
  checkLabels(`${path}metadata.labels`, metadata?.labels ?? {}, problems);
  const containers = spec?.containers ?? [];
  if (containers.length === 0) problems.push({ field: `${path}spec.containers`, message: 'Required value' });
  const volumes = new Set((spec?.volumes ?? []).map(({ name }) => name));
  containers.forEach(({ name, image, env = [], volumeMounts = [] }, index) => {
    const at = `${path}spec.containers[${index}]`;
    if (!name) problems.push({ field: `${at}.name`, message: 'Required value' });
    else if (!labelName.test(name)) problems.push({ field: `${at}.name`, message: `Invalid value: "${name}"` });
    if (!image) problems.push({ field: `${at}.image`, message: 'Required value' });
    env.forEach((one, place) => {
      if (!one.name) problems.push({ field: `${at}.env[${place}].name`, message: 'Required value' });
    });
    volumeMounts.forEach((mount, place) => {
      if (!mount.mountPath)
        problems.push({ field: `${at}.volumeMounts[${place}].mountPath`, message: 'Required value' });
      if (!volumes.has(mount.name)) {
        problems.push({ field: `${at}.volumeMounts[${place}].name`, message: `Not found: "${mount.name ?? ''}"` });
      }
    });
  });
}

function checkLabels(path: string, labels: Readonly<Record<string, string>>, problems: Problem[]): void {
  const rule = `a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.'`;
  for (const value of Object.values(labels)) {
    if (value.length <= 63 && labelValue.test(value)) continue;
    const broken = value.length > 63 ? 'must be no more than 63 characters' : rule;
    problems.push({ field: path, message: `Invalid value: "${value}": ${broken}` });
  }
}
