import { posix, resolve as resolvePath } from 'node:path';
import {
  checkExecutionRequest,
  parseRepository,
  repositoryName,
  requestLimits,
  type ExecutionRequest,
} from '../contract/index.js';
import { ExecError } from '../errors.js';
import { remoteHead, type DetectedRepository, type RemoteHead } from '../git/detect.js';
import { checkoutWarnings } from '../git/warnings.js';
import { automaticLock } from '../locks/automatic-lock.js';
import type { ProjectFile } from './project-file.js';
import { looksSecret } from './secret-looks.js';

/** What an execution is made of, before it is known what comes from where. */
export interface ResolveOptions {
  /** Exactly one of the two. */
  readonly command: Pick<ExecutionRequest, 'command' | 'argv'>;
  /**
   * What was said on the command line, in the names of the wire. The branch `.` is the one that is checked out, the
   * working directory `.` the folder one stands in, the lock `none` no lock.
   */
  readonly given: Partial<ExecutionRequest>;
  readonly project?: ProjectFile | undefined;
  readonly repository?: DetectedRepository | undefined;
  /** The work tree's changes go along. */
  readonly isDirty?: boolean | undefined;
  /** Where git is asked from. */
  readonly cwd: string;
  readonly signal?: AbortSignal | undefined;
  /** Asks a remote for its HEAD; git is asked unless given. */
  readonly askHead?: ((url: string) => Promise<RemoteHead>) | undefined;
}

/** A value, and where it is from in words that can stand behind it. */
export interface ResolvedValue {
  readonly name:
    | 'repo'
    | 'branch'
    | 'workdir'
    | 'image'
    | 'timeout'
    | 'env'
    | 'secrets'
    | 'lock'
    | 'isolation'
    | 'runner';
  readonly value: string;
  /** e.g. `from .hawser.yaml`, `auto-detected from git remote`. */
  readonly source: string;
}

/** A request, and how it came about. */
export interface ResolvedExecution {
  readonly request: ExecutionRequest;
  /** What people want to see before it runs, in the order in which to show it. */
  readonly values: readonly ResolvedValue[];
  readonly warnings: readonly string[];
  /** Come back as soon as it is started, says the project's file. */
  readonly detach: boolean;
}

type Field = keyof ExecutionRequest;

/**
 * Puts a request together: the command line over the project's file over what git knows over the defaults. Variables,
 * secrets and labels of the two first are merged name by name. The branch is the remote's HEAD when nothing names one.
 *
 * @throws ExecError HAWSER_EXEC_NO_REPO, HAWSER_EXEC_BAD_INPUT naming all that is wrong
 */
export async function resolveExecution(options: ResolveOptions): Promise<ResolvedExecution> {
  const { command, given, project, repository, isDirty = false } = options;
  const warnings: string[] = [...(project?.warnings ?? [])];
  const fromFile = project?.request ?? {};
  const fileSource = `from ${project?.name ?? '.hawser.yaml'}`;
  const sources = new Map<Field, string>();
  for (const field of Object.keys(fromFile)) sources.set(field as Field, fileSource);
  for (const field of Object.keys(given)) sources.set(field as Field, `from --${flagOf(field)}`);

  const request: Record<string, unknown> = { ...fromFile, ...given, ...command };
  for (const field of ['env', 'secrets', 'labels'] as const) {
    if (fromFile[field] && given[field]) {
      request[field] = { ...fromFile[field], ...given[field] };
      sources.set(field, `${fileSource} and --${flagOf(field)}`);
    }
  }
  withoutMoved(request, given);
  for (const [name, value] of Object.entries(given.env ?? {})) {
    if (looksSecret(name, value)) {
      warnings.push(
        `${name} looks like a secret, and is stored with the execution: hawser exec secrets set NAME, then --secret ${name}=NAME.`,
      );
    }
  }
  await placeRepository(request, sources, options);
  if (given.workdir === '.') request['workdir'] = repository?.prefix || undefined;
  else if (given.workdir !== undefined) request['workdir'] = posix.normalize(given.workdir);
  if (repository && typeof request['repo'] === 'string') {
    const { repo, branch, workdir } = request as { repo: string; branch: string; workdir?: string };
    warnings.push(...checkoutWarnings(repository, { repo, branch, workdir, isDirty }));
  }
  placeLock(request, sources, { ...options, warnings });
  for (const field of Object.keys(request)) if (request[field] === undefined) delete request[field];
  return {
    request: checked(request),
    values: valuesOf(request, sources),
    warnings,
    detach: project?.detach ?? false,
  };
}

/** What a flag says against what the file says: no repository at all, or a variable instead of a secret. */
function withoutMoved(request: Record<string, unknown>, given: Partial<ExecutionRequest>): void {
  if (given.no_repo) for (const field of ['repo', 'branch', 'workdir']) delete request[field];
  else if (given.repo !== undefined) delete request['no_repo'];
  const { env, secrets } = request as Pick<ExecutionRequest, 'env' | 'secrets'>;
  if (given.env && secrets) request['secrets'] = without(secrets, given.env);
  if (given.secrets && env) request['env'] = without(env, given.secrets);
}

async function placeRepository(
  request: Record<string, unknown>,
  sources: Map<Field, string>,
  options: ResolveOptions,
): Promise<void> {
  if (request['no_repo'] === true) return;
  const { repository, project, cwd, signal, askHead } = options;
  if (request['repo'] === undefined) {
    const remote = repository?.remote;
    if (!remote) throw noRepository(repository);
    request['repo'] = remote.url;
    sources.set('repo', 'auto-detected from git remote');
  }
  // Everything else that git would take for a path is absolute already.
  if (/^\.\.?(?:\/|$)/.test(request['repo'] as string)) request['repo'] = resolvePath(cwd, request['repo'] as string);
  const repo = request['repo'] as string;
  if (options.isDirty) holdToWorkTree(repo, options);
  if (request['branch'] === '.' || options.isDirty) {
    if (!repository) throw badInput('--branch . is the branch that is checked out, and this is no git repository.');
    request['branch'] = repository.branch ?? repository.head;
    sources.set('branch', repository.branch === undefined ? 'the commit you are at' : 'the branch you are on');
    return;
  }
  // The file's branch is of the file's repository, and not of one that a flag names.
  const isOther = sources.get('repo') === 'from --repo' && project?.request.repo !== undefined;
  const isOtherName = isOther && repositoryName(repo) !== repositoryName(project.request.repo);
  if (isOtherName && options.given.branch === undefined) delete request['branch'];
  if (request['branch'] !== undefined) return;
  if (!parseRepository(repo)) return;
  const head = await (askHead ?? ((url) => remoteHead(url, { cwd, signal })))(repo);
  request['branch'] = head.branch;
  sources.set('branch', head.isKnown ? "the remote's HEAD" : 'default, as the remote could not be asked');
}

/** Uncommitted work runs on top of what is checked out, and on nothing else. */
function holdToWorkTree(repo: string, { given, repository }: ResolveOptions): void {
  const remote = repository?.remote;
  if (!remote) throw badInput('--dirty takes a work tree along, and there is none here that has a remote.');
  if (repositoryName(remote.url) !== repositoryName(repo)) {
    throw badInput(`--dirty takes the work tree of ${remote.url} along, and ${repo} is to run.`);
  }
  if (given.branch !== undefined && given.branch !== '.' && given.branch !== repository.branch) {
    throw badInput(
      `--dirty takes along what is on ${repository.branch ?? repository.head ?? 'no branch'}, and ${given.branch} is to run.`,
    );
  }
}

function placeLock(
  request: Record<string, unknown>,
  sources: Map<Field, string>,
  { given, project, warnings }: ResolveOptions & { readonly warnings: string[] },
): void {
  const { repo, branch, workdir, lock } = request as Pick<ExecutionRequest, 'repo' | 'branch' | 'workdir' | 'lock'>;
  const automatic = automaticLock(request);
  if (given.lock === 'none') {
    delete request['lock'];
    if (automatic) warnings.push(`No lock is held, as you said: ${automatic.because} can run beside another.`);
    return;
  }
  if (lock !== undefined) {
    const parts: Readonly<Record<string, string>> = {
      repo: repo === undefined ? '' : repositoryName(repo),
      branch: branch ?? '',
      path: workdir ?? '.',
    };
    request['lock'] = lock.replaceAll(/\$\{(repo|branch|path)\}/g, (_, name: string) => parts[name]!);
    return;
  }
  const mode = project?.autoLock ?? 'on';
  if (!automatic || mode === 'off') return;
  if (mode === 'warn') {
    warnings.push(
      `${automatic.because} runs without a lock: --lock '${automatic.name}' takes the one that is its own.`,
    );
    return;
  }
  request['lock'] = automatic.name;
  sources.set('lock', `because of ${automatic.because}; --lock none opts out`);
  if (automatic.others.length > 0) {
    warnings.push(
      `The command changes more than one state, and holds the lock of the first alone. The others: ${automatic.others.join(', ')}.`,
    );
  }
}

function valuesOf(request: ExecutionRequest, sources: ReadonlyMap<Field, string>): readonly ResolvedValue[] {
  const values: ResolvedValue[] = [];
  const add = (name: ResolvedValue['name'], field: Field, value: string | undefined, otherwise = 'default'): void => {
    if (value !== undefined) values.push({ name, value, source: sources.get(field) ?? otherwise });
  };
  add('repo', 'repo', request.repo);
  add('branch', 'branch', request.branch);
  add('workdir', 'workdir', request.workdir);
  add('image', 'image', request.image);
  add('isolation', 'isolation', request.isolation);
  add('runner', 'runner', request.runner);
  add('env', 'env', namesOf(request.env));
  add('secrets', 'secrets', namesOf(request.secrets));
  add('timeout', 'timeout_seconds', `${request.timeout_seconds ?? requestLimits.defaultTimeoutSeconds}s`);
  add('lock', 'lock', request.lock);
  return values;
}

/** Names alone: values may be nobody's business. */
function namesOf(map: Readonly<Record<string, string>> | undefined): string | undefined {
  const names = Object.keys(map ?? {});
  return names.length === 0 ? undefined : names.join(', ');
}

function checked(request: Readonly<Record<string, unknown>>): ExecutionRequest {
  const result = checkExecutionRequest(request, {
    maxTimeoutSeconds: 86_400,
    repoSchemes: ['https', 'ssh', 'http', 'git', 'file'],
  });
  if (result.request) return result.request;
  const lines = result.problems.map(({ path, message }) => `${path} ${message}`);
  throw new ExecError('HAWSER_EXEC_BAD_INPUT', `This cannot be run: ${lines.join('; ')}.`, {
    details: { problems: result.problems.map(({ path, message }) => ({ path, message })) },
  });
}

function noRepository(repository: DetectedRepository | undefined): ExecError {
  const why = repository
    ? 'the git repository you are in has no remote, or several of which none is called origin'
    : 'you are in no git repository, and nothing names one';
  return new ExecError('HAWSER_EXEC_NO_REPO', `There is no repository to run in: ${why}.`);
}

function badInput(message: string): ExecError {
  return new ExecError('HAWSER_EXEC_BAD_INPUT', message);
}

const flags: Partial<Readonly<Record<string, string>>> = {
  secrets: 'secret',
  labels: 'label',
  timeout_seconds: 'timeout',
  grace_seconds: 'grace',
  lock_timeout_seconds: 'lock-timeout',
};

function flagOf(field: string): string {
  return flags[field] ?? field.replaceAll('_', '-');
}

function without(
  map: Readonly<Record<string, string>>,
  names: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(map).filter(([name]) => !Object.hasOwn(names, name)));
}
