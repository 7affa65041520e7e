import { defineDocument, type DocumentDefinition } from '@hawser/state-store';
import { isMap } from '../files.js';
import { contextsSchema, MAX_HISTORY } from './contexts-schema.js';
import { validateContexts } from './contexts-validator.generated.js';

/** Where a context points Prefect. */
export interface PrefectPart {
  /** Name of the profile. */
  readonly profile: string;
  /** Ends in `/api`, as Prefect wants it. */
  readonly apiUrl: string;
  /** The profiles file; unknown of contexts that were taken over from an older file. */
  readonly file?: string;
  /** The tunnel whose port is in the URL, when it is one. */
  readonly tunnel?: string;
}

/** Where a context points kubectl. */
export interface KubernetesPart {
  /** Name of the entry under `contexts` of the kubeconfig. */
  readonly context: string;
  /** Name of the EKS cluster. */
  readonly cluster: string;
  /** The kubeconfig; unknown of contexts that were taken over from an older file that did not say. */
  readonly kubeconfig?: string;
  readonly arn?: string;
  readonly region?: string;
  /** Address of the API server as the kubeconfig has it. */
  readonly server?: string;
  readonly namespace?: string;
  readonly roleArn?: string;
  /** Profile of the AWS configuration that the token is made with. */
  readonly awsProfile?: string;
  /** The tunnel the server is reached through. */
  readonly tunnel?: string;
}

/** One step of a path into a file: a key, or the item of a list that has this name. */
export type WrittenStep = string | { readonly name: string };

/** One place of somebody else's file that is ours, so that it can be taken back exactly. */
export interface WrittenPlace {
  /** Absolute, links as the person wrote them. */
  readonly file: string;
  readonly format: 'toml' | 'kubeconfig';
  readonly path: readonly WrittenStep[];
  /** SHA-256 over what we put there, secrets left out. */
  readonly hash: string;
  /** What is to be there again: the value before ours, where that is no secret and no whole entry. */
  readonly before?: string;
  /** Keys on the way that were missing, and were made by us: this many, counted from the end of the path. */
  readonly made?: number;
}

/** A context at one time, without its bookkeeping. */
export interface ContextTargets {
  readonly prefect?: PrefectPart;
  readonly kubernetes?: KubernetesPart;
}

/** A context: where programs are pointed, and what was written to point them there. */
export interface ContextRecord extends ContextTargets {
  /** UTC, ISO 8601. */
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly written: readonly WrittenPlace[];
  /** What it pointed to before, newest first, at most {@link MAX_HISTORY}. */
  readonly history: readonly (ContextTargets & { readonly until: string })[];
}

/** The data of `contexts.json`. */
export interface ContextsData {
  /** The context last made or chosen. */
  readonly current?: string;
  readonly contexts: Readonly<Record<string, ContextRecord>>;
}

/**
 * `contexts.json` in the state folder.
 *
 * A file of upstream's shape, `{ entries: [{ prefect, kubernetes, recorded_at }] }`, is taken over: one context for each
 * Prefect profile (or kubectl context, where an entry has no profile), its earlier entries as history.
 */
export const contextsDocument: DocumentDefinition<ContextsData> = defineDocument<ContextsData>({
  name: 'contexts',
  version: 1,
  schema: contextsSchema,
  validate: validateContexts,
  default: () => ({ contexts: {} }),
  migrations: { 1: fromEntries },
  sensitive: true,
});

function fromEntries(data: unknown): ContextsData {
  const entries = isMap(data) && Array.isArray(data['entries']) ? (data['entries'] as readonly unknown[]) : [];
  const contexts: Record<string, ContextRecord> = {};
  let current: string | undefined;
  for (const entry of entries) {
    if (!isMap(entry)) continue;
    const targets = targetsOfEntry(entry);
    const name = targets.prefect?.profile ?? targets.kubernetes?.context;
    if (name === undefined) continue;
    const at = textIn(entry, 'recorded_at') ?? new Date(0).toISOString();
    contexts[name] = followedBy(contexts[name], targets, at);
    current = name;
  }
  return { ...(current === undefined ? {} : { current }), contexts };
}

/** The record with the targets of now, the ones before in its history. */
export function followedBy(old: ContextRecord | undefined, targets: ContextTargets, at: string): ContextRecord {
  if (old === undefined) return { ...targets, createdAt: at, updatedAt: at, written: [], history: [] };
  const { prefect, kubernetes, createdAt, written, history } = old;
  const before = { ...(prefect === undefined ? {} : { prefect }), ...(kubernetes === undefined ? {} : { kubernetes }) };
  return {
    ...targets,
    createdAt,
    updatedAt: at,
    written,
    history: [{ ...before, until: at }, ...history].slice(0, MAX_HISTORY),
  };
}

/** Upstream wrote the namespace into either part, and a kubeconfig of `null` for the usual one. */
function targetsOfEntry(entry: Record<string, unknown>): ContextTargets {
  const prefect = isMap(entry['prefect']) ? entry['prefect'] : {};
  const kubernetes = isMap(entry['kubernetes']) ? entry['kubernetes'] : {};
  const profile = textIn(prefect, 'profile');
  const apiUrl = textIn(prefect, 'api_url');
  const cluster = textIn(kubernetes, 'cluster');
  const kubeconfig = textIn(kubernetes, 'kubeconfig');
  const namespace = textIn(kubernetes, 'namespace') ?? textIn(prefect, 'namespace');
  return {
    ...(profile === undefined || apiUrl === undefined ? {} : { prefect: { profile, apiUrl } }),
    ...(cluster === undefined
      ? {}
      : {
          kubernetes: {
            context: textIn(kubernetes, 'context') ?? cluster,
            cluster,
            ...(kubeconfig === undefined ? {} : { kubeconfig }),
            ...(namespace === undefined ? {} : { namespace }),
          },
        }),
  };
}

function textIn(map: Readonly<Record<string, unknown>>, key: string): string | undefined {
  const value = map[key];
  return typeof value === 'string' && value !== '' ? value : undefined;
}
