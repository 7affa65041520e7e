import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseRepository, refProblem, type JobPayload, type Repository } from '@hawser/exec-client/contract';
import { gitConfiguration, gitIn, type Git, type GitResult } from './git.js';
import { knownHosts } from './known-hosts.js';
import { NeverBegan } from './never-began.js';
import { marker } from './processes.js';
import { shellWord } from '../shell-word.js';
import { messageOf } from '../stores/file-errors.js';

/** What a clone came to. */
export interface Cloned {
  readonly commit: string;
  readonly tree?: string | undefined;
}

/** What a clone needs. */
export interface CloneOptions {
  readonly payload: JobPayload;
  /** Where the work tree is to be; made. */
  readonly tree: string;
  /** For files that live as long as the clone takes; made, and removed. */
  readonly scratch: string;
  /** The environment of git, without anything of git's own. */
  readonly env: Readonly<Record<string, string>>;
  readonly say: (text: string) => void;
  readonly signal: AbortSignal;
}

const commitId = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;

/**
 * Clones one commit, without its history: three calls of git. Credentials are in the environment of these calls alone.
 *
 * @returns `undefined` when the execution has no repository
 * @throws NeverBegan
 */
export async function clone(options: CloneOptions): Promise<Cloned | undefined> {
  const { payload, tree, scratch, say, signal } = options;
  mkdirSync(tree, { recursive: true, mode: 0o755 });
  if (payload.repo === undefined) return undefined;
  const repository = parseRepository(payload.repo);
  if (!repository) throw new NeverBegan('clone_failed', `${payload.repo} is no address of a repository.`);
  const ref = payload.commit ?? payload.dirty?.base ?? payload.ref;
  const problem = ref === undefined ? undefined : refProblem(ref);
  if (problem !== undefined) throw new NeverBegan('ref_not_found', `The branch ${JSON.stringify(ref)} ${problem}.`);
  mkdirSync(scratch, { recursive: true, mode: 0o700 });
  try {
    const env = {
      ...options.env,
      ...gitEnvironment(options, repository, scratch),
      // So that it is found, should we be killed.
      [marker]: payload.execution_id,
    };
    const git = gitIn({ cwd: tree, env, say, signal });
    say(`Cloning ${repository.url}${ref === undefined ? '' : ` at ${ref}`}\n`);
    must(await git.run(['init', '--quiet', '--template=']), 'begin a repository');
    const from = payload.repo;
    const fetched = await fetchRef(git, from, ref);
    must(await git.run(['checkout', '--quiet', '--detach', fetched, '--']), 'check out what was fetched');
    const commit = readFileSync(join(tree, '.git', 'HEAD'), 'utf8').trim();
    await applyDirty(options);
    say(`Checked out ${commit}${payload.dirty ? `, with changes: tree ${payload.dirty.tree}` : ''}\n`);
    return { commit, tree: payload.dirty?.tree };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** It proves that git's id of the result is the one that was sent. */
async function applyDirty({ payload: { dirty }, tree, signal }: CloneOptions): Promise<void> {
  if (!dirty) return;
  const { applyDirtyTree } = await import('@hawser/exec-client');
  try {
    await applyDirtyTree(tree, dirty, { signal });
  } catch (error) {
    signal.throwIfAborted();
    throw new NeverBegan('payload', messageOf(error));
  }
}

/**
 * Fetches what is to be checked out, and gives its name. Branches before tags of the same name, as `git clone --branch`
 * has it; git-fetch alone would take the tag.
 */
async function fetchRef(git: Git, from: string, ref: string | undefined): Promise<string> {
  const shallow = async (name: string): Promise<GitResult> =>
    git.run(['fetch', '--quiet', '--no-tags', '--depth=1', '--', from, name]);
  const isWhole = ref !== undefined && commitId.test(ref);
  const direct = ref === undefined || ref === 'HEAD' || isWhole || ref.startsWith('refs/');
  const first = await shallow(direct ? (ref ?? 'HEAD') : `refs/heads/${ref}`);
  if (first.ok) return 'FETCH_HEAD';
  let last = first;
  if (!direct && isMissing(first)) {
    last = await shallow(`refs/tags/${ref}`);
    if (last.ok) return 'FETCH_HEAD';
  }
  // A server that does not hand out single commits (uploadpack.allowReachableSHA1InWant), or a shortened id.
  const mayBeCommit = isWhole || (ref !== undefined && /^[0-9a-f]{7,63}$/.test(ref));
  const found = mayBeCommit && (isWhole || isMissing(last)) ? await fetchAll(git, from, ref) : undefined;
  if (found === undefined) throw explain(last, ref);
  return found;
}

/** Fetches all there is; the commit's full id when it is among that. */
async function fetchAll(git: Git, from: string, commit: string): Promise<string | undefined> {
  const all = await git.run([
    'fetch',
    '--quiet',
    '--',
    from,
    '+refs/heads/*:refs/remotes/origin/*',
    '+refs/tags/*:refs/tags/*',
  ]);
  if (!all.ok) return undefined;
  const found = await git.run(['rev-parse', '--verify', '--quiet', '--end-of-options', `${commit}^{commit}`]);
  return found.ok ? found.stdout.trim() : undefined;
}

function isMissing({ stderr }: GitResult): boolean {
  return /couldn't find remote ref|not our ref|no such remote ref/i.test(stderr);
}

function must(result: GitResult, what: string): void {
  if (!result.ok) throw new NeverBegan('clone_failed', `Git could not ${what}: ${lastLine(result)}`);
}

/** Tells by what git said why it failed. git.c has no codes for these. */
function explain(result: GitResult, ref: string | undefined): NeverBegan {
  const { stderr } = result;
  const said = lastLine(result);
  if (isMissing(result) || /unadvertised object/i.test(stderr)) {
    return new NeverBegan('ref_not_found', `The remote has no branch, tag or commit ${ref ?? 'HEAD'}.`);
  }
  if (/host key verification failed|no .* host key is known/i.test(stderr)) {
    return new NeverBegan('clone_auth', `The server's host key is not known: ${said}`);
  }
  if (
    /authentication failed|could not read (?:username|password)|permission denied|access denied|error: 40[13]/i.test(
      stderr,
    )
  ) {
    return new NeverBegan(
      'clone_auth',
      `The server did not let you in: ${said}. Credentials are stored with hawser exec secrets set git/HOST.`,
    );
  }
  if (
    /could not resolve|connection (?:refused|reset|timed out)|failed to connect|network is unreachable|operation timed out/i.test(
      stderr,
    )
  ) {
    return new NeverBegan('network', `The server could not be reached: ${said}`, true);
  }
  return new NeverBegan('clone_failed', `Git could not fetch: ${said}`);
}

function lastLine({ stderr }: GitResult): string {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '');
  return (lines.find((line) => /^(?:fatal|error|remote):/.test(line)) ?? lines.at(-1) ?? 'it said nothing').slice(
    0,
    400,
  );
}

function gitEnvironment(
  { payload: { git, repo = '' } }: CloneOptions,
  repository: Repository,
  scratch: string,
): Readonly<Record<string, string>> {
  const configuration = join(scratch, 'gitconfig');
  const path = repository.scheme === 'file' ? repository.path : undefined;
  writeFileSync(configuration, gitConfiguration(path), { mode: 0o600 });
  const hosts = join(scratch, 'known_hosts');
  writeFileSync(hosts, knownHosts, { mode: 0o600 });
  return {
    GIT_CONFIG_GLOBAL: configuration,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_ALLOW_PROTOCOL: 'https:http:ssh:git:file',
    SSH_ASKPASS_REQUIRE: 'never',
    LC_ALL: 'C',
    // Without a stored key, the person's own ssh, which must not ask anything.
    GIT_SSH_COMMAND: `ssh -o BatchMode=yes -o StrictHostKeyChecking=yes -o ${fileOption('GlobalKnownHostsFile', hosts)}`,
    GIT_SSH_VARIANT: 'ssh',
    ...credentialEnvironment(git, repo, scratch),
  };
}

/** What gives git a stored credential, and nothing but that. Files it needs are made in `folder`. */
export function credentialEnvironment(
  git: JobPayload['git'],
  repo: string,
  folder: string,
): Readonly<Record<string, string>> {
  if (git?.kind === 'ssh') return { GIT_SSH_COMMAND: sshCommand(git, folder), GIT_SSH_VARIANT: 'ssh' };
  if (git?.kind !== 'basic' || !/^https?:/i.test(repo)) return {};
  const header = `Authorization: Basic ${Buffer.from(`${git.username}:${git.password}`).toString('base64')}`;
  return {
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: `http.${new URL(repo).origin}/.extraHeader`,
    GIT_CONFIG_VALUE_0: header,
  };
}

/** A stored key is used alone, with host keys that were pinned. */
function sshCommand(git: JobPayload['git'] & { readonly kind: 'ssh' }, folder: string): string {
  const hosts = join(folder, 'known_hosts');
  writeFileSync(hosts, git.known_hosts ?? knownHosts, { mode: 0o600 });
  const key = join(folder, 'key');
  writeFileSync(key, git.private_key.endsWith('\n') ? git.private_key : `${git.private_key}\n`, { mode: 0o600 });
  return [
    'ssh -F /dev/null -o BatchMode=yes -o StrictHostKeyChecking=yes -o IdentitiesOnly=yes -o IdentityAgent=none',
    `-o ${fileOption('UserKnownHostsFile', hosts)} -o GlobalKnownHostsFile=/dev/null -i ${shellWord(key)}`,
  ].join(' ');
}

/** An option whose value is one file, whatever its name: ssh takes a list, parted by spaces (ssh_config(5)). */
function fileOption(name: string, path: string): string {
  return shellWord(`${name}="${path}"`);
}
