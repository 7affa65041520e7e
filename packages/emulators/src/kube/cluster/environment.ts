import type { KubeObject } from '../types.js';
import type { Shelf } from './parts.js';
import { type Container, type EnvVar, fieldOf } from './pod-spec.js';
import { readData } from './volumes.js';

/** Environment of a container, in the order in which it is written; a later one may use an earlier. */
export function environmentOf(
  shelf: Shelf,
  pod: KubeObject,
  container: Container,
  place: (text: string) => string,
): Readonly<Record<string, string>> {
  const namespace = pod.metadata.namespace ?? '';
  const env: Record<string, string> = {};
  for (const { prefix = '', secretRef, configMapRef } of container.envFrom ?? []) {
    const data = secretRef
      ? readData(shelf, namespace, 'Secret', secretRef)
      : configMapRef
        ? readData(shelf, namespace, 'ConfigMap', configMapRef)
        : new Map<string, Buffer>();
    for (const [key, bytes] of data) env[`${prefix}${key}`] = bytes.toString();
  }
  for (const one of container.env ?? []) {
    const value = valueOf(shelf, pod, namespace, one);
    if (value !== undefined) env[one.name] = place(expand(value, env));
  }
  return env;
}

function valueOf(shelf: Shelf, pod: KubeObject, namespace: string, { value, valueFrom }: EnvVar): string | undefined {
  if (!valueFrom) return value ?? '';
  const { fieldRef, secretKeyRef, configMapKeyRef } = valueFrom;
  if (fieldRef) return fieldOf(pod, fieldRef.fieldPath);
  if (secretKeyRef) return readData(shelf, namespace, 'Secret', secretKeyRef).get(secretKeyRef.key)?.toString();
  if (configMapKeyRef) {
    return readData(shelf, namespace, 'ConfigMap', configMapKeyRef).get(configMapKeyRef.key)?.toString();
  }
  return undefined;
}

/** `$(NAME)` is put in where it is known, `$$` is a dollar sign (Kubernetes documentation, "Define dependent environment variables"). */
export function expand(text: string, env: Readonly<Record<string, string>>): string {
  return text.replaceAll(/\$\$|\$\(([^)]+)\)/g, (all, name: string | undefined) =>
    name === undefined ? '$' : (env[name] ?? all),
  );
}
