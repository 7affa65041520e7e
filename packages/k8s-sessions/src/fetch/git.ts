import { spawn } from 'node:child_process';
import { mkdir, readdir, rename, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { failed, type GetOptions } from './http-get.js';
import type { Advertisement } from './refs.js';
import { credentialFor, hostOf } from './source-url.js';
import { unpackTar } from './tar.js';
import type { SafeTree } from './tree.js';

/** Bytes of what git says of a failure. */
const maxTalk = 4_096;

/**
 * Fetches one commit of a repository, without its history, and unpacks it like any archive. git gets the address that was
 * judged and nothing else: no redirects, no other transports, no submodules, hooks, helpers, filters or configuration of
 * the person, no questions.
 */
export async function fetchGit(
  { repository, from }: Advertisement,
  commit: string,
  bare: string,
  options: GetOptions,
): Promise<void> {
  const { rules, signal } = options;
  const port = repository.port || (repository.protocol === 'https:' ? '443' : '80');
  const [first] = from.addresses;
  const host = hostOf(repository);
  const address = first?.family === 6 ? `[${first.address}]` : first?.address;
  const credential = credentialFor(repository, rules.credentials);
  const env = environment([
    ['http.curloptResolve', `${host.includes(':') ? `[${host}]` : host}:${port}:${address}`],
    ...(credential === undefined ? [] : ([['http.extraHeader', `Authorization: Bearer ${credential}`]] as const)),
  ]);
  await mkdir(bare, { recursive: true });
  await git(['init', '--quiet', '--bare', bare], { env, signal, limit: undefined });
  await writeFile(join(bare, 'info', 'attributes'), '* -export-ignore -export-subst\n');
  const args = [
    '--git-dir',
    bare,
    'fetch',
    '--quiet',
    '--depth=1',
    '--no-tags',
    repository.href,
    `${commit}:refs/heads/source`,
  ];
  await git(args, { env, signal, limit: rules.maxCompressedBytes });
}

/** Unpacks what was fetched, and leaves the repository beside it as `.git`. */
export async function unpackGit(bare: string, folder: string, tree: SafeTree, signal: AbortSignal): Promise<void> {
  const env = environment([]);
  const child = spawn('git', ['--git-dir', bare, 'archive', '--format=tar', 'refs/heads/source'], {
    env,
    signal,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const ended = new Promise<number | null>((resolve) => {
    child.on('error', () => resolve(null));
    child.on('close', (code) => resolve(code));
  });
  try {
    await unpackTar(child.stdout, tree, (path) => path);
  } finally {
    child.stdout.destroy();
    child.kill('SIGKILL');
  }
  await ended;
  await tree.finish({ lift: false });
  await rename(bare, join(folder, '.git'));
  const at = ['--git-dir', join(folder, '.git')];
  await git([...at, 'config', 'core.bare', 'false'], { env, signal, limit: undefined });
  await git([...at, 'symbolic-ref', 'HEAD', 'refs/heads/source'], { env, signal, limit: undefined });
  await git([...at, '--work-tree', folder, 'reset', '--quiet'], { env, signal, limit: undefined });
}

/** Bytes of the packs of a repository. */
export async function packedSize(bare: string): Promise<number> {
  let bytes = 0;
  const packs = join(bare, 'objects', 'pack');
  for (const name of await readdir(packs).catch(() => [])) bytes += (await stat(join(packs, name))).size;
  return bytes;
}

/** Nothing of the machine but where programs lie; configuration by environment, so that no secret is an argument. */
function environment(more: readonly (readonly [string, string])[]): NodeJS.ProcessEnv {
  const settings: readonly (readonly [string, string])[] = [
    ['protocol.allow', 'never'],
    ['protocol.https.allow', 'always'],
    ['protocol.http.allow', 'always'],
    ['http.followRedirects', 'false'],
    ['http.proxy', ''],
    ['credential.helper', ''],
    ['core.hooksPath', '/dev/null'],
    ['core.attributesFile', '/dev/null'],
    ['core.fsmonitor', 'false'],
    ['submodule.recurse', 'false'],
    ['init.defaultBranch', 'source'],
    ['fetch.fsckObjects', 'true'],
    ['fetch.unpackLimit', '1'],
    ['maintenance.auto', 'false'],
    ['gc.auto', '0'],
    ['safe.directory', '*'],
    ...more,
  ];
  const env: NodeJS.ProcessEnv = {
    PATH: process.env['PATH'],
    HOME: tmpdir(),
    LC_ALL: 'C',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_TERMINAL_PROMPT: '0',
    GIT_ASKPASS: '/bin/false',
    GIT_CONFIG_COUNT: String(settings.length),
  };
  for (const [index, [key, value]] of settings.entries()) {
    env[`GIT_CONFIG_KEY_${index}`] = key;
    env[`GIT_CONFIG_VALUE_${index}`] = value;
  }
  return env;
}

/** Runs git; no file it writes may grow beyond `limit` bytes. */
async function git(
  args: readonly string[],
  options: { readonly env: NodeJS.ProcessEnv; readonly signal: AbortSignal; readonly limit: number | undefined },
): Promise<void> {
  const limit = options.limit === undefined ? 'unlimited' : String(Math.ceil(options.limit / 512));
  const child = spawn('/bin/sh', ['-c', 'ulimit -f "$1"; shift; exec git "$@"', 'sh', limit, ...args], {
    env: options.env,
    signal: options.signal,
    killSignal: 'SIGKILL',
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let talk = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    talk = (talk + text).slice(-maxTalk);
  });
  const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
    child.on('error', (cause) => reject(failed('git cannot be run', { cause })));
    child.on('close', (exit, killed) => resolve([exit, killed]));
  });
  if (code === 0) return;
  // index-pack writes the largest file, and is the one whom the limit ends.
  if (options.limit !== undefined && /SIGXFSZ|file too large|index-pack/iu.test(`${signal} ${talk}`))
    throw failed(`The repository is larger than ${options.limit} bytes`);
  throw failed(`git could not fetch the source: ${talk.trim().split('\n').at(-1) ?? code}`);
}
