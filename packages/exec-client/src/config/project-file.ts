import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { nearMisses } from '@hawser/near-miss';
import { checkExecutionRequest, type ExecutionRequest } from '../contract/index.js';
import { ExecError } from '../errors.js';
import { secondsOf } from './duration.js';
import { findProjectFile, type FoundProjectFile } from './find-project-file.js';
import type { YamlFile } from './read-yaml.js';
import { looksSecret } from './secret-looks.js';

/** Whether commands that change state take a lock by themselves. */
export type AutoLock = 'on' | 'warn' | 'off';

/** What the file of a project says. */
export interface ProjectFile {
  readonly path: string;
  /** `.hawser.yaml`, or the design document's `.mycli.yaml`. */
  readonly name: string;
  /** The folder it is in. */
  readonly folder: string;
  /** Fields of requests that it sets, in the names of the wire. */
  readonly request: Partial<ExecutionRequest>;
  readonly backend?: string;
  readonly detach?: boolean;
  readonly autoLock?: AutoLock;
  /** For people: what is read from where, and what is not. */
  readonly notes: readonly string[];
  /** For people: what looks wrong and is not. */
  readonly warnings: readonly string[];
}

type Field = keyof ExecutionRequest;

/** Names in the file, and the field of a request that each sets. */
const fields: Readonly<Record<string, Field>> = {
  repo: 'repo',
  no_repo: 'no_repo',
  branch: 'branch',
  image: 'image',
  entrypoint: 'entrypoint',
  env: 'env',
  secrets: 'secrets',
  timeout: 'timeout_seconds',
  grace: 'grace_seconds',
  workdir: 'workdir',
  lock: 'lock',
  lock_policy: 'lock_policy',
  lock_timeout: 'lock_timeout_seconds',
  labels: 'labels',
  role: 'role',
  cpu: 'cpu',
  memory: 'memory',
  disk: 'disk',
  platform: 'platform',
  retries: 'retries',
  notify: 'notify',
  git_credentials: 'git_credentials',
  attachable: 'attachable',
  isolation: 'isolation',
  runner: 'runner',
};
const durations: ReadonlySet<string> = new Set(['timeout', 'grace', 'lock_timeout']);
/** Names that are about the client, and go into no request. */
const own = ['backend', 'detach', 'auto_lock'];
/** Names that are for others: the settings of the command line, and the editor's way to the schema. */
const others = ['settings', '$schema'];

/** The names that may stand in the file of a project. */
export const projectFileKeys: readonly string[] = [...Object.keys(fields), ...own, ...others];

const limits = { maxTimeoutSeconds: 86_400, repoSchemes: ['https', 'ssh', 'http', 'git', 'file'] } as const;

/**
 * Reads the file of the project that `from` is in; `undefined` when it has none. Nothing of YAML is loaded then.
 *
 * @throws ExecError HAWSER_EXEC_CONFIG_INVALID with file and line, and what a misspelt name was meant to be
 */
export async function readProjectFile(from: string): Promise<ProjectFile | undefined> {
  const found = findProjectFile(from);
  if (!found) return undefined;
  const [{ readYaml }, text] = await Promise.all([import('./read-yaml.js'), readText(found.path)]);
  return projectOf(readYaml(text, found.name, ['env', 'labels']), found);
}

function projectOf(yaml: YamlFile, { path, name, isBesideOther }: FoundProjectFile): ProjectFile {
  const { value } = yaml;
  for (const key of Object.keys(value))
    if (!projectFileKeys.includes(key)) throw unknownKey(yaml, key, projectFileKeys);
  const request = requestOf(yaml);
  const autoLock = value['auto_lock'] === undefined ? undefined : autoLockOf(yaml, value['auto_lock']);
  const { backend, detach } = value;
  if (backend !== undefined && (typeof backend !== 'string' || backend === '')) {
    throw yaml.fault(['backend'], 'backend must be the name of a backend.');
  }
  if (detach !== undefined && typeof detach !== 'boolean')
    throw yaml.fault(['detach'], 'detach must be true or false.');
  return {
    path,
    name,
    folder: dirname(path),
    request,
    ...(backend !== undefined && { backend }),
    ...(detach !== undefined && { detach }),
    ...(autoLock && { autoLock }),
    notes: [
      ...(name === '.mycli.yaml' ? ['.mycli.yaml is read; its name is .hawser.yaml now.'] : []),
      ...(isBesideOther ? ['.mycli.yaml is not read, because .hawser.yaml is beside it.'] : []),
    ],
    warnings: Object.entries(request.env ?? {})
      .filter(([variable, text]) => looksSecret(variable, text))
      .map(
        ([variable]) =>
          `${name}:${yaml.lineOf(['env', variable])}: ${variable} looks like a secret, and the file is for everybody: store it with hawser exec secrets set NAME, and write ${variable}: NAME below secrets.`,
      ),
  };
}

function requestOf(yaml: YamlFile): Partial<ExecutionRequest> {
  const request: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(yaml.value)) {
    const field = fields[key];
    if (!field) continue;
    if (value === null) throw yaml.fault([key], `${key} has no value.`);
    request[field] = durations.has(key) ? durationOf(yaml, key, value) : value;
  }
  // What is given elsewhere is not missing here.
  const whole = { ...(request['no_repo'] === true ? {} : { repo: 'https://example.com/x' }), ...request, command: 'x' };
  const [problem] = checkExecutionRequest(whole, limits).problems ?? [];
  if (!problem) return request;
  const steps = problem.path.split(/[.[\]]+/).filter((step) => step !== '');
  const [first = ''] = steps;
  const key = Object.keys(fields).find((name) => fields[name] === first) ?? first;
  const shown = problem.path.replace(first, key);
  throw yaml.fault(
    [key, ...steps.slice(1).map((step) => (/^\d+$/.test(step) ? Number(step) : step))],
    `${shown} ${problem.message}.`,
  );
}

function durationOf(yaml: YamlFile, key: string, value: unknown): number {
  const seconds = secondsOf(value);
  if (seconds === undefined)
    throw yaml.fault([key], `${key} must be a number of seconds, or a time like 30m or 1h30m.`);
  return seconds;
}

function autoLockOf(yaml: YamlFile, value: unknown): AutoLock {
  if (value === true || value === 'on') return 'on';
  if (value === false || value === 'off') return 'off';
  if (value === 'warn') return 'warn';
  throw yaml.fault(['auto_lock'], 'auto_lock must be on, warn or off.');
}

/** An error about a name that may not stand where it stands. */
export function unknownKey(
  yaml: YamlFile,
  key: string,
  known: readonly string[],
  above: readonly string[] = [],
): ExecError {
  const [near] = nearMisses(key, known);
  const meant = near === undefined ? `Known are ${known.join(', ')}.` : `Did you mean ${near}?`;
  return yaml.fault([...above, key], `${key} is not known. ${meant}`);
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new ExecError('HAWSER_EXEC_CONFIG_INVALID', `${path} cannot be read: ${(cause as Error).message}`, { cause });
  }
}
