import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { dataFolder } from '@hawser/cli-kit/extensions';
import { localRunIds } from '@hawser/exec-backend/local';
import type { UserFile } from '@hawser/exec-client';
import type { Value } from './main.js';

const { env } = process;

/** What there is of a kind, in the order in which it is likely meant. */
export async function list(kind: string, words: readonly string[]): Promise<readonly Value[]> {
  const lists: Readonly<Record<string, () => Promise<readonly Value[]>>> = {
    backends: async () => [...Object.keys((await userBackends()).backends), 'local'].map((name) => [name]),
    contexts,
    environments: async () => {
      const { listEnvironments } = await import('@hawser/hf-push');
      return listEnvironments(process.cwd()).map((name) => [name]);
    },
    profiles,
    runs: () => runs(words),
    sessions: () => sessions(words),
    sets: async () => (await tunnelSets()).map(({ name, description }) => [name, description ?? '']),
    spaces,
    targets: () => targets(words),
    topics: async () => {
      const { ownChecks, topicsOf } = await import('../doctor/run-checks.js');
      return topicsOf(ownChecks({ plugins: new Map() })).map((name) => [name]);
    },
    tunnels,
  };
  return (await lists[kind]?.()) ?? [];
}

async function targets(words: readonly string[]): Promise<readonly Value[]> {
  const { createAwsApi } = await import('@hawser/ssm-channel/aws');
  const [profile, region, endpointUrl] = [
    valueOf(words, 'profile') ?? env['HAWSER_PROFILE'],
    valueOf(words, 'region') ?? env['HAWSER_REGION'],
    valueOf(words, 'endpoint-url') ?? env['HAWSER_ENDPOINT_URL'],
  ];
  using api = createAwsApi({
    ...(profile && { profile }),
    ...(region && { region }),
    ...(endpointUrl && { endpointUrl }),
  });
  const nodes = await api.describeInstances();
  const online = nodes.filter((node) => node.online);
  const named = online.flatMap(({ id, name }): Value[] => (name === undefined || name === id ? [] : [[name, id]]));
  return [...named, ...online.map(({ id, name, computerName }): Value => [id, name ?? computerName ?? ''])];
}

interface Sets {
  readonly name: string;
  readonly description?: string;
  readonly tunnels: readonly { readonly name: string }[];
}

async function tunnelSets(): Promise<readonly Sets[]> {
  const { loadTunnels } = await import('@hawser/tunnels/config');
  return (await loadTunnels({ from: process.cwd(), env, home: homedir() })).sets;
}

/** Those that are open, and those that could be. */
async function tunnels(): Promise<readonly Value[]> {
  const { openStore } = await import('@hawser/state-store');
  const { directory } = openStore({ from: process.cwd() });
  const record = await readJson<{ data?: { tunnels?: readonly { name: string; set: string }[] } }>(
    join(directory, 'net.json'),
  );
  const open = (record?.data?.tunnels ?? []).map(({ name, set }): Value => [name, `open, of ${set}`]);
  const known = await tunnelSets().catch(() => []);
  const names = new Set(open.map(([name]) => name));
  const more = known.flatMap((set) => set.tunnels.map(({ name }): Value => [name, `of ${set.name}`]));
  return [...open, ...more.filter(([name]) => !names.has(name))];
}

async function contexts(): Promise<readonly Value[]> {
  const { openStore } = await import('@hawser/state-store');
  const { contextsDocument } = await import('@hawser/contexts');
  const { data } = await openStore({ from: process.cwd() }).document(contextsDocument).read();
  return Object.keys(data.contexts).map((name) => [name, name === data.current ? 'current' : '']);
}

async function runs(words: readonly string[]): Promise<readonly Value[]> {
  const { chooseBackend, createExecClient, readProjectFile, rememberedBackend } = await import('@hawser/exec-client');
  const from = process.cwd();
  const [project, user, ranOn] = await Promise.all([readProjectFile(from), userBackends(), rememberedBackend(from)]);
  const local = words.includes('--local');
  const backend = chooseBackend({ environment: env, backend: valueOf(words, 'backend'), local, project, user, ranOn });
  if (backend.kind === 'local') {
    const ids = await localRunIds(join(dataFolder(env), 'exec'));
    return ids.map((id) => [id]);
  }
  const client = createExecClient({ ...backend, backendName: backend.name, retry: { giveUpAfterMs: 0 } });
  const found: Value[] = [];
  for await (const { execution_id: id, command, phase } of client.list({ limit: 30 })) {
    found.push([id, `${phase}: ${String(command)}`]);
  }
  return found;
}

async function sessions(words: readonly string[]): Promise<readonly Value[]> {
  const [{ createSessionsClient }, { chosenPlace }, { runningService }] = await Promise.all([
    import('@hawser/k8s-sessions/client'),
    import('../sessions/service.js'),
    import('../sessions/local-service.js'),
  ]);
  const config = { configDir: configFolder(), dataDir: dataFolder(env) };
  const url = valueOf(words, 'url') ?? (env['HAWSER_SESSIONS_URL'] || undefined);
  const place =
    (words.includes('--local') ? undefined : await chosenPlace({ url }, { config })) ?? runningService(config);
  if (!place) return [];
  const client = createSessionsClient({ url: place.url, apiKey: place.apiKey, retryForMs: 0 });
  const found: Value[] = [];
  for await (const { sessionId: id, state } of client.list({ limit: 30 })) found.push([id, state]);
  return found;
}

/** The person's own Spaces (Hub API, `GET /api/spaces?author=`). */
async function spaces(): Promise<readonly Value[]> {
  const { discoverToken, openHub } = await import('@hawser/hf-push');
  const found = await discoverToken({ env, home: homedir() });
  if (!found) return [];
  const hub = openHub({ env, token: found.token, tries: 1 });
  const { name } = await hub.whoAmI();
  const query = new URLSearchParams({ author: name, limit: '100' });
  const answer = await fetch(`${hub.endpoint}/api/spaces?${query.toString()}`, {
    headers: { authorization: `Bearer ${found.token}` },
  });
  const listed = (await answer.json()) as readonly { readonly id: string }[];
  return listed.map(({ id }): Value => [id]);
}

/** Profiles of the AWS configuration, by the headings of its two files. */
async function profiles(): Promise<readonly Value[]> {
  const files = [
    env['AWS_CONFIG_FILE'] ?? join(homedir(), '.aws/config'),
    env['AWS_SHARED_CREDENTIALS_FILE'] ?? join(homedir(), '.aws/credentials'),
  ];
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8').catch(() => '')));
  const headings = texts.flatMap((text) => [...text.matchAll(/^\s*\[\s*(?:profile\s+)?([^\]\s]+)\s*\]/gm)]);
  return [...new Set(headings.map(([, name = '']) => name))].map((name) => [name]);
}

async function userBackends(): Promise<UserFile> {
  const { readUserFile } = await import('@hawser/exec-client');
  return readUserFile(configFolder());
}

function configFolder(): string {
  const windows = process.platform === 'win32' ? env['LOCALAPPDATA'] : undefined;
  return env['HAWSER_CONFIG_DIR'] || join(env['XDG_CONFIG_HOME'] || windows || join(homedir(), '.config'), 'hawser');
}

/** The value of a flag among the words, as `--flag value` or `--flag=value`. */
function valueOf(words: readonly string[], flag: string): string | undefined {
  const at = words.findIndex((word) => word === `--${flag}` || word.startsWith(`--${flag}=`));
  const word = words[at];
  if (word === undefined) return undefined;
  return word.includes('=') ? word.slice(word.indexOf('=') + 1) : words[at + 1];
}

async function readJson<T>(path: string): Promise<T | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as T;
  } catch {
    return undefined;
  }
}
