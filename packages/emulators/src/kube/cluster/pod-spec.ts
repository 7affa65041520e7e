import type { KubeObject } from '../types.js';

/** As much of a pod's specification as is looked at here (core/v1). */
export interface PodSpec {
  readonly nodeName?: string;
  readonly nodeSelector?: Readonly<Record<string, string>>;
  readonly serviceAccountName?: string;
  readonly terminationGracePeriodSeconds?: number;
  readonly containers: readonly Container[];
  readonly volumes?: readonly Volume[];
}

export interface Container {
  readonly name: string;
  readonly image: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly workingDir?: string;
  readonly env?: readonly EnvVar[];
  readonly envFrom?: readonly {
    readonly prefix?: string;
    readonly secretRef?: Reference;
    readonly configMapRef?: Reference;
  }[];
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string; readonly subPath?: string }[];
}

export interface Reference {
  readonly name: string;
  readonly optional?: boolean;
}

export interface EnvVar {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: {
    readonly fieldRef?: { readonly fieldPath: string };
    readonly secretKeyRef?: Reference & { readonly key: string };
    readonly configMapKeyRef?: Reference & { readonly key: string };
  };
}

/** Files of a volume out of a Secret, a ConfigMap or the pod itself. */
export interface Source {
  readonly secret?: Partial<Reference> & { readonly secretName?: string } & Files;
  readonly configMap?: Partial<Reference> & Files;
  readonly downwardAPI?: {
    readonly items?: readonly { readonly path: string; readonly fieldRef?: { readonly fieldPath: string } }[];
  };
}

interface Files {
  readonly items?: readonly { readonly key: string; readonly path: string; readonly mode?: number }[];
  readonly defaultMode?: number;
}

export interface Volume extends Source {
  readonly name: string;
  readonly emptyDir?: object;
  readonly hostPath?: { readonly path: string };
  readonly projected?: { readonly sources: readonly Source[]; readonly defaultMode?: number };
}

export function specOf(pod: KubeObject): PodSpec {
  return pod['spec'] as PodSpec;
}

/** What the downward API calls a field, as a text. */
export function fieldOf(pod: KubeObject, path: string): string {
  const [, root = '', key] = /^(metadata\.(?:labels|annotations))\['([^']*)'\]$/.exec(path) ?? [];
  const parts = key === undefined ? path.split('.') : [...root.split('.'), key];
  let value: unknown = pod;
  for (const part of parts) value = (value as Record<string, unknown> | undefined)?.[part];
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}
