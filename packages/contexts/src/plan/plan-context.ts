import { homedir } from 'node:os';
import type { Store } from '@hawser/state-store';
import { ContextsError } from '../errors.js';
import { kubeconfigPaths } from '../kubeconfig/choose.js';
import {
  kubeEntries,
  regionOfArn,
  type ClusterFacts,
  type TokenCommand,
  type TunnelledServer,
} from '../kubeconfig/entries.js';
import { explainOverride, findOverrides } from '../prefect/overrides.js';
import { profilesFileOf, readProjectSettings } from '../prefect/project-settings.js';
import { checkPrefectUrl } from '../prefect/url.js';
import type { Environment } from '../types.js';
import { contextsDocument, type ContextRecord, type WrittenPlace } from './contexts-document.js';
import { initIntent, type KubernetesTarget, type PrefectTarget } from './init-intent.js';
import { notFound, removeIntent, useIntent } from './other-intents.js';
import { draftPlan, type ContextPlan } from './plan.js';

/** Where plans look for the files of others, and where they are recorded. */
export interface PlanPlace {
  readonly store: Store;
  readonly env: Environment;
  /** The working folder. */
  readonly directory: string;
  /** The user's unless given. */
  readonly home?: string;
  readonly now?: () => Date;
}

/** Where Prefect is to be pointed. */
export interface PrefectWish {
  readonly profile: string;
  /** Must end in `/api`; see {@link checkPrefectUrl}. */
  readonly apiUrl: string;
  /** The tunnel the address is of. */
  readonly tunnel?: string | undefined;
  /** Written into the profile; without it the profile gets no secret. */
  readonly apiKey?: string | undefined;
}

/** Where kubectl is to be pointed. */
export interface KubernetesWish {
  /** As `describeCluster` gives it. */
  readonly cluster: ClusterFacts & { readonly endpointPublicAccess?: boolean };
  readonly token: TokenCommand;
  /** Name of the kubectl context; the context's own unless given. */
  readonly context?: string | undefined;
  /** This file, instead of those of `KUBECONFIG`. */
  readonly kubeconfig?: string | undefined;
  readonly namespace?: string | undefined;
  readonly roleArn?: string | undefined;
  /** Written as `AWS_PROFILE` for the token program. */
  readonly awsProfile?: string | undefined;
  readonly tunnel?: TunnelledServer | undefined;
}

/** What {@link planContext} is told. */
export interface PlanContextOptions extends PlanPlace {
  readonly name: string;
  readonly prefect?: PrefectWish | undefined;
  readonly kubernetes?: KubernetesWish | undefined;
  /** Whether profile and kubectl context become the chosen ones. True unless given. */
  readonly switches?: boolean;
  /** Whether what is there already and differs may be replaced. False unless given. */
  readonly overwrite?: boolean;
  /** Places that another program has written for us, to be recorded as ours. */
  readonly claimed?: readonly WrittenPlace[];
}

/**
 * Plans a context: a Prefect profile, the entries of a cluster in a kubeconfig, both chosen, and all of it recorded.
 *
 * @throws ContextsError HAWSER_CTX_BAD_INPUT for what cannot be, HAWSER_CTX_EXISTS for what others made and
 *   HAWSER_CTX_EDITED for what they changed (neither with `overwrite`), HAWSER_CTX_FILE_INVALID for files that cannot be
 *   read
 */
export async function planContext(options: PlanContextOptions): Promise<ContextPlan> {
  const { name, store, switches = true, overwrite = false, claimed = [] } = options;
  checkName(name, 'context');
  if (options.prefect === undefined && options.kubernetes === undefined) {
    throw new ContextsError('HAWSER_CTX_BAD_INPUT', `The context ${name} would point nothing anywhere.`, {
      hint: 'Leave out --no-prefect, or name a cluster with --eks-cluster.',
    });
  }
  const prefect = await prefectTarget(options);
  const kubernetes = kubernetesTarget(options);
  const known = (await store.document(contextsDocument).read()).data.contexts[name];
  const intent = initIntent(
    { context: name, prefect: prefect?.target, kubernetes, switches, overwrite, claimed },
    known,
  );
  const plan = await draftPlan(store, intent, timeOf(options));
  return { ...plan, notes: [...plan.notes, ...(prefect?.notes ?? []), ...tunnelNotes(options)] };
}

/**
 * Plans to take back exactly what was written for a context.
 *
 * @throws ContextsError HAWSER_CTX_NOT_FOUND, HAWSER_CTX_EDITED (not with `overwrite`), HAWSER_CTX_FILE_INVALID
 */
export async function planRemoval(
  options: PlanPlace & { readonly name: string; readonly overwrite?: boolean },
): Promise<ContextPlan> {
  const { name, store, overwrite = false } = options;
  const known = await readRecord(options);
  const intent = removeIntent(name, known, { kubeconfigs: kubeconfigPaths(placeOf(options)), overwrite });
  return draftPlan(store, intent, timeOf(options));
}

/**
 * Plans to make a context's profile and kubectl context the chosen ones.
 *
 * @throws ContextsError HAWSER_CTX_NOT_FOUND, also when an entry is not there any more; HAWSER_CTX_BAD_INPUT when it is
 *   not known which files it is in; HAWSER_CTX_FILE_INVALID
 */
export async function planUse(options: PlanPlace & { readonly name: string }): Promise<ContextPlan> {
  const known = await readRecord(options);
  return draftPlan(options.store, useIntent(options.name, known, kubeconfigPaths(placeOf(options))), timeOf(options));
}

async function readRecord({ store, name }: PlanPlace & { readonly name: string }): Promise<ContextRecord> {
  const { data } = await store.document(contextsDocument).read();
  const record = data.contexts[name];
  if (record === undefined) throw notFound(name);
  return record;
}

async function prefectTarget(
  options: PlanContextOptions,
): Promise<{ readonly target: PrefectTarget; readonly notes: readonly string[] } | undefined> {
  const { prefect, env } = options;
  if (prefect === undefined) return undefined;
  const { profile, tunnel, apiKey } = prefect;
  checkName(profile, 'profile');
  const apiUrl = checkPrefectUrl(prefect.apiUrl);
  const place = placeOf(options);
  const settings = await readProjectSettings(place);
  const { path: file } = profilesFileOf(settings, place);
  return {
    target: { profile, apiUrl, file, ...(tunnel === undefined ? {} : { tunnel }), apiKey },
    notes: findOverrides(settings, env, { profile, apiUrl }).map(explainOverride),
  };
}

function kubernetesTarget(options: PlanContextOptions): KubernetesTarget | undefined {
  const { kubernetes, name } = options;
  if (kubernetes === undefined) return undefined;
  const { cluster, token, context = name, kubeconfig, namespace, roleArn, awsProfile, tunnel } = kubernetes;
  checkName(context, 'kubectl context');
  const entries = kubeEntries({ facts: cluster, context, token, namespace, roleArn, awsProfile, tunnel });
  const { server } = entries.cluster.value['cluster'] as { readonly server: string };
  return {
    context,
    cluster: cluster.name,
    arn: cluster.arn,
    region: regionOfArn(cluster.arn),
    server,
    ...(namespace === undefined ? {} : { namespace }),
    ...(roleArn === undefined ? {} : { roleArn }),
    ...(awsProfile === undefined ? {} : { awsProfile }),
    ...(tunnel === undefined ? {} : { tunnel: tunnel.name }),
    files: kubeconfigPaths({ ...placeOf(options), kubeconfig }),
    entries,
  };
}

function tunnelNotes({ kubernetes }: PlanContextOptions): readonly string[] {
  if (kubernetes?.cluster.endpointPublicAccess !== false || kubernetes.tunnel !== undefined) return [];
  return [
    `The API server of ${kubernetes.cluster.name} has no public endpoint: from outside its network it is reached through a tunnel (--kube-tunnel).`,
  ];
}

function placeOf({ env, directory, home = homedir() }: PlanPlace): {
  readonly env: Environment;
  readonly directory: string;
  readonly home: string;
} {
  return { env, directory, home };
}

function timeOf({ now = () => new Date() }: PlanPlace): Date {
  return now();
}

/** Any text may be a name, but for what would break out of its line. */
function checkName(name: string, what: string): void {
  // oxlint-disable-next-line no-control-regex
  if (name.trim() !== '' && !/[\u0000-\u001F\u007F]/.test(name)) return;
  throw new ContextsError('HAWSER_CTX_BAD_INPUT', `'${name}' cannot be the name of a ${what}.`, {
    hint: 'A name is any text in one line that is not blank.',
  });
}
