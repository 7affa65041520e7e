import { basename } from 'node:path';
import type { EksCluster } from '../eks/describe.js';
import { isMap, readValue, textIn, valueIn } from '../files.js';
import { type KubeconfigPlace, kubeconfigPaths } from '../kubeconfig/choose.js';
import { shellWord } from '../shell-word.js';
import { verdict, type Verdict } from './verdict.js';

/** What a kubeconfig is compared with. */
export interface KubeconfigCheck extends KubeconfigPlace {
  readonly cluster: EksCluster;
  readonly region: string;
  /** A context that must be there; else any that leads to the cluster. */
  readonly context?: string | undefined;
}

interface Entry {
  readonly context: string;
  readonly cluster: unknown;
  readonly user: unknown;
}

/**
 * Whether kubectl would reach this cluster as it is set up here: a context whose cluster has the right server (or a tunnel
 * that checks the right name) and CA, and whose user makes tokens for it.
 */
export async function checkKubeconfig(check: KubeconfigCheck): Promise<Verdict> {
  const paths = kubeconfigPaths(check);
  const facts = { files: paths };
  const mend = `hawser ctx init --eks-cluster ${check.cluster.name}${check.context === undefined ? '' : ` --kube-context ${shellWord(check.context)}`}`;
  let merged: Kubeconfig;
  try {
    merged = await mergeFiles(paths);
  } catch (error) {
    return verdict('kubeconfig', 'fail', (error as Error).message, {
      code: 'HAWSER_CTX_FILE_INVALID',
      next: 'Correct the file that is named.',
      facts,
    });
  }
  const entry = findEntry(merged, check);
  if (entry === undefined) {
    const found = `no context ${check.context ?? `for ${check.cluster.name}`} in ${paths.join(', ')}`;
    return verdict('kubeconfig', check.context === undefined ? 'warn' : 'fail', found, { next: mend, facts });
  }
  const wrong = complaints(entry, check);
  const told = { ...facts, context: entry.context, current: merged.current === entry.context, complaints: wrong };
  if (wrong.length > 0) {
    return verdict('kubeconfig', 'fail', `the context ${entry.context} ${wrong.join('; ')}`, {
      next: `${mend} --overwrite`,
      facts: told,
    });
  }
  const which = merged.current === entry.context ? 'the current context' : 'not the current context';
  return verdict('kubeconfig', 'pass', `${entry.context}, ${which}`, { facts: told });
}

interface Kubeconfig {
  readonly clusters: ReadonlyMap<string, unknown>;
  readonly users: ReadonlyMap<string, unknown>;
  readonly contexts: ReadonlyMap<string, unknown>;
  readonly current: string | undefined;
}

/** As kubectl merges: the first file that has an entry wins. */
async function mergeFiles(paths: readonly string[]): Promise<Kubeconfig> {
  const merged = {
    clusters: new Map<string, unknown>(),
    users: new Map<string, unknown>(),
    contexts: new Map<string, unknown>(),
  };
  let current: string | undefined;
  for (const path of paths) {
    const value = await readValue(path, 'kubeconfig');
    current ??= textIn(value, 'current-context');
    for (const list of ['clusters', 'users', 'contexts'] as const) {
      const items = valueIn(value, list);
      for (const item of Array.isArray(items) ? (items as readonly unknown[]) : []) {
        const name = textIn(item, 'name');
        if (name !== undefined && !merged[list].has(name)) merged[list].set(name, valueIn(item, list.slice(0, -1)));
      }
    }
  }
  return { ...merged, current };
}

function findEntry({ clusters, users, contexts, current }: Kubeconfig, check: KubeconfigCheck): Entry | undefined {
  const entries = [...contexts].map(([context, value]) => ({
    context,
    cluster: clusters.get(textIn(value, 'cluster') ?? ''),
    user: users.get(textIn(value, 'user') ?? ''),
    clusterName: textIn(value, 'cluster') ?? '',
  }));
  if (check.context !== undefined) return entries.find(({ context }) => context === check.context);
  const { arn, endpoint } = check.cluster;
  const ours = entries.filter(
    ({ cluster, clusterName }) =>
      clusterName === arn || clusterName.startsWith(`${arn}/`) || textIn(cluster, 'server') === endpoint,
  );
  return ours.find(({ context }) => context === current) ?? ours[0];
}

/** What is wrong with an entry, as ends of a sentence about it. */
function complaints({ cluster, user }: Entry, check: KubeconfigCheck): readonly string[] {
  const { endpoint, certificateAuthority } = check.cluster;
  if (cluster === undefined) return ['names a cluster that is not there'];
  const wrong: string[] = [];
  const server = textIn(cluster, 'server');
  const tunnelled = textIn(cluster, 'tls-server-name');
  if (server !== endpoint && (tunnelled === undefined || tunnelled !== new URL(endpoint).hostname)) {
    wrong.push(`leads to ${server ?? 'no server'}, and the cluster is at ${endpoint}`);
  }
  const ca = textIn(cluster, 'certificate-authority-data');
  if (ca !== undefined && ca !== certificateAuthority) wrong.push('has another CA than the cluster');
  if (valueIn(cluster, 'insecure-skip-tls-verify') === true) wrong.push('does not check the certificate');
  if (!isMap(user)) return [...wrong, 'names a user that is not there'];
  const exec = valueIn(user, 'exec');
  if (exec === undefined) wrong.push('has a user without a program that makes tokens');
  else wrong.push(...execComplaints(exec, check));
  return wrong;
}

function execComplaints(exec: unknown, { cluster, region }: KubeconfigCheck): readonly string[] {
  const given = valueIn(exec, 'args');
  const args = (Array.isArray(given) ? (given as readonly unknown[]) : []).map(String);
  const program = [basename(textIn(exec, 'command') ?? ''), ...args].join(' ');
  if (!/eks-token|eks get-token|aws-iam-authenticator/.test(program)) {
    return ['has a user whose program is none that makes EKS tokens'];
  }
  const valueOf = (names: readonly string[]): string | undefined =>
    names
      .flatMap((name) => [args[args.indexOf(name) + 1 || args.length], ...args.map((arg) => arg.split(`${name}=`)[1])])
      .find((value) => value !== undefined);
  const named = valueOf(['--cluster-name', '--cluster-id', '-i']);
  const where = valueOf(['--region']);
  return [
    ...(named === undefined || named === cluster.name || named === cluster.outpostId
      ? []
      : [`makes tokens for the cluster ${named}`]),
    ...(where === undefined || where === region ? [] : [`makes tokens for the region ${where}`]),
  ];
}
