import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, dirname, isAbsolute, join, resolve } from 'node:path';
import { parse } from 'yaml';
import { KubeClientError } from '../errors.js';
import type { ClusterOptions } from '../types.js';
import type { Access, ClusterEntry, UserEntry } from './access.js';
import { readServiceAccount } from './service-account.js';

interface Document {
  readonly clusters?: readonly { readonly name: string; readonly cluster: ClusterEntry }[] | null;
  readonly users?: readonly { readonly name: string; readonly user?: UserEntry | null }[] | null;
  readonly contexts?:
    | readonly {
        readonly name: string;
        readonly context: { readonly cluster: string; readonly user?: string; readonly namespace?: string };
      }[]
    | null;
  readonly 'current-context'?: string;
}

/** A document and where it lies. */
interface Read {
  readonly path: string;
  readonly document: Document;
}

/**
 * Finds the context to use. Of several files the first that has an entry wins, entry by entry, as in client-go.
 *
 * @throws KubeClientError `HAWSER_KUBE_CONFIG_INVALID`
 */
export async function readAccess(options: ClusterOptions): Promise<Access> {
  const env = options.env ?? process.env;
  const { paths, isDefault } = pathsOf(options.kubeconfig, env);
  const read = (await Promise.all(paths.map((path) => readDocument(path, options.kubeconfig !== undefined)))).filter(
    (one) => one !== undefined,
  );
  if (read.length === 0 && isDefault && options.context === undefined) {
    const inside = await readServiceAccount(env);
    if (inside) return inside;
  }
  if (read.length === 0) throw invalid(`There is no kubeconfig at ${paths.join(', ')}.`);
  const wanted =
    options.context ??
    read.map(({ document }) => document['current-context']).find((name) => name !== undefined && name !== '');
  if (wanted === undefined) throw invalid(`${paths.join(', ')} names no current context.`);
  const context = find(read, 'contexts', wanted)?.entry.context;
  if (!context) {
    const known = read.flatMap(({ document }) => (document.contexts ?? []).map(({ name }) => name));
    const names = known.length > 0 ? `there is ${[...new Set(known)].join(', ')}` : 'there is none';
    throw invalid(`There is no context '${wanted}' in ${paths.join(', ')}: ${names}.`);
  }
  const cluster = find(read, 'clusters', context.cluster);
  if (!cluster?.entry.cluster.server) {
    throw invalid(`The context '${wanted}' names the cluster '${context.cluster}', which has no entry with a server.`);
  }
  const user = context.user === undefined || context.user === '' ? undefined : find(read, 'users', context.user);
  if (context.user && !user) {
    throw invalid(`The context '${wanted}' names the user '${context.user}', which has no entry.`);
  }
  return {
    context: wanted,
    namespace: context.namespace || 'default',
    cluster: cluster.entry.cluster,
    user: user?.entry.user ?? {},
    clusterFolder: dirname(cluster.path),
    userFolder: dirname(user?.path ?? cluster.path),
  };
}

/** A path of an entry, or the bytes it holds itself; the bytes win, as in client-go. */
export async function readFileOrData(
  folder: string,
  path: string | undefined,
  data: string | undefined,
): Promise<Buffer | undefined> {
  if (data) return Buffer.from(data, 'base64');
  if (!path) return undefined;
  try {
    return await readFile(resolve(folder, path));
  } catch (cause) {
    throw invalid(`The kubeconfig names the file ${path}, which cannot be read.`, cause);
  }
}

export function invalid(message: string, cause?: unknown): KubeClientError {
  return new KubeClientError('HAWSER_KUBE_CONFIG_INVALID', message, { cause });
}

function pathsOf(
  given: string | undefined,
  env: NonNullable<ClusterOptions['env']>,
): { readonly paths: readonly string[]; readonly isDefault: boolean } {
  if (given !== undefined) return { paths: [resolve(given)], isDefault: false };
  const listed = (env['KUBECONFIG'] ?? '').split(delimiter).filter((path) => path !== '');
  if (listed.length > 0) return { paths: listed.map((path) => resolve(path)), isDefault: false };
  return { paths: [join(env['HOME'] ?? homedir(), '.kube', 'config')], isDefault: true };
}

/** Files of a list that are not there are passed over, as in client-go. */
async function readDocument(path: string, isNamed: boolean): Promise<Read | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT' && !isNamed) return undefined;
    throw invalid(`The kubeconfig ${path} cannot be read.`, cause);
  }
  try {
    const document = (parse(text) ?? {}) as Document;
    const lists = [document.clusters, document.users, document.contexts];
    if (
      typeof document === 'object' &&
      lists.every((list) => list === undefined || list === null || Array.isArray(list))
    ) {
      return { path, document };
    }
  } catch (error) {
    // Messages of the parser quote the line, which may hold a token.
    const { linePos } = error as { readonly linePos?: readonly { readonly line: number }[] };
    throw invalid(`The kubeconfig ${path} is not YAML${linePos?.[0] ? `, in line ${linePos[0].line}` : ''}.`);
  }
  throw invalid(`The kubeconfig ${path} is not made of lists of clusters, users and contexts.`);
}

function find<Key extends 'clusters' | 'users' | 'contexts'>(
  read: readonly Read[],
  key: Key,
  name: string,
): { readonly path: string; readonly entry: NonNullable<Document[Key]>[number] } | undefined {
  for (const { path, document } of read) {
    const list = (document[key] ?? []) as readonly NonNullable<Document[Key]>[number][];
    const entry = list.find((one) => one.name === name);
    if (entry) return { path, entry };
  }
  return undefined;
}

/** A command with a folder in it is relative to the kubeconfig; a bare one is looked up in PATH. */
export function commandPath(folder: string, command: string): string {
  return command.includes('/') && !isAbsolute(command) ? join(folder, command) : command;
}
