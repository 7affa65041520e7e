import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ForeignFile } from '@hawser/state-store/foreign';
import { isObject } from '../contract/problems.js';
import { ExecError } from '../errors.js';
import { unknownKey } from './project-file.js';
import type { YamlFile } from './read-yaml.js';

/** A backend that somebody has the key of. */
export interface UserBackend {
  readonly api_endpoint: string;
  readonly api_key: string;
  readonly region?: string;
  readonly stack_name?: string;
  /** Public key (PEM) that its receipts are verified with; kept when the backend was configured. */
  readonly receipt_key?: string;
}

/** What a person's own file says. */
export interface UserFile {
  readonly path: string;
  /** By name. The design document's flat form is the one called `default`. */
  readonly backends: Readonly<Record<string, UserBackend>>;
  /** The one that is taken when nothing else is said. */
  readonly backend?: string;
  readonly warnings: readonly string[];
}

const backendKeys = ['api_endpoint', 'api_key', 'region', 'stack_name', 'receipt_key'];
const backendName = /^[A-Za-z0-9][\w.-]{0,62}$/;

/** The person's own file in a folder of configuration. */
export function userFilePath(folder: string): string {
  return join(folder, 'config.yaml');
}

/**
 * Reads a person's own file; one that is not there has no backends. Other names in it belong to others, and are left.
 *
 * @throws ExecError HAWSER_EXEC_CONFIG_INVALID with file and line, and when others may write to it: they could send the
 *   keys wherever they like
 */
export async function readUserFile(folder: string): Promise<UserFile> {
  const path = userFilePath(folder);
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new ExecError('HAWSER_EXEC_CONFIG_INVALID', `${path} cannot be read: ${(error as Error).message}`, {
      cause: error,
    });
  });
  if (text === undefined) return { path, backends: {}, warnings: [] };
  const warnings = await holdToMode(path);
  const { readYaml } = await import('./read-yaml.js');
  return { path, ...backendsOf(readYaml(text, path, [])), warnings };
}

/**
 * Keeps a backend under its name, and makes it the one that is taken by default when asked to or when it is the first.
 * Everything else in the file stays as it is, comments too. The file is 0600 in a folder 0700 afterwards.
 *
 * @throws ExecError HAWSER_EXEC_BAD_INPUT for a name that cannot be one
 */
export async function saveBackend(
  folder: string,
  name: string,
  backend: UserBackend,
  options: { readonly makeDefault?: boolean } = {},
): Promise<string> {
  if (!backendName.test(name) || name === 'local') {
    throw new ExecError('HAWSER_EXEC_BAD_INPUT', `${name} cannot be the name of a backend.`, {
      hint: 'Letters, digits, . _ and - make a name; local is this machine.',
    });
  }
  const file = await openUserFile(folder);
  // For editors; a file that is there is its owner's to begin.
  await writeFile(file.path, '# yaml-language-server: $schema=https://hawser.dev/schemas/config-1.json\n', {
    mode: 0o600,
    flag: 'wx',
  }).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  });
  await file.update((draft) => {
    const flat = backendKeys.filter((key) => draft.get([key]) !== undefined);
    // The flat form and a table of names say two things about one: the table is kept.
    if (flat.length > 0 && draft.get(['backends', 'default']) === undefined && name !== 'default') {
      for (const key of flat) draft.set(['backends', 'default', key], draft.get([key]));
    }
    for (const key of flat) draft.delete([key]);
    const isFirst = draft.get(['backends']) === undefined && draft.get(['backend']) === undefined;
    for (const key of backendKeys) {
      const value = backend[key as keyof UserBackend];
      if (value !== undefined) draft.set(['backends', name, key], value);
      else if (draft.get(['backends', name, key]) !== undefined) draft.delete(['backends', name, key]);
    }
    if (options.makeDefault === true || isFirst) draft.set(['backend'], name);
  });
  if (process.platform !== 'win32') await chmod(file.path, 0o600);
  return file.path;
}

/** Forgets a backend; whether there was one of the name. */
export async function removeBackend(folder: string, name: string): Promise<boolean> {
  const { backends } = await readUserFile(folder);
  if (!Object.hasOwn(backends, name)) return false;
  const file = await openUserFile(folder);
  await file.update((draft) => {
    if (draft.get(['backends', name]) !== undefined) draft.delete(['backends', name]);
    else for (const key of backendKeys) if (draft.get([key]) !== undefined) draft.delete([key]);
    if (draft.get(['backend']) === name) draft.delete(['backend']);
  });
  return true;
}

async function openUserFile(folder: string): Promise<ForeignFile> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  if (process.platform !== 'win32') await chmod(folder, 0o700);
  const { openForeign } = await import('@hawser/state-store/foreign');
  // A copy beside it would be a second place for keys.
  return openForeign({ path: userFilePath(folder), format: 'yaml', mode: 0o600, backup: false, tool: 'hawser exec' });
}

function backendsOf(yaml: YamlFile): Pick<UserFile, 'backends' | 'backend'> {
  const { value } = yaml;
  const table = value['backends'] ?? {};
  if (!isObject(table)) throw yaml.fault(['backends'], 'backends must be a map of names.');
  const backends: Record<string, UserBackend> = {};
  if (value['api_endpoint'] !== undefined || value['api_key'] !== undefined) {
    const flat = Object.fromEntries(backendKeys.filter((key) => key in value).map((key) => [key, value[key]]));
    backends['default'] = backendOf(yaml, flat, []);
  }
  for (const [name, backend] of Object.entries(table)) {
    if (!backendName.test(name) || name === 'local') {
      throw yaml.fault(['backends', name], `${name} cannot be the name of a backend.`);
    }
    if (!isObject(backend)) throw yaml.fault(['backends', name], `${name} must be a map of ${backendKeys.join(', ')}.`);
    backends[name] = backendOf(yaml, backend, ['backends', name]);
  }
  const { backend } = value;
  if (backend === undefined || backend === null) return { backends };
  if (typeof backend !== 'string') throw yaml.fault(['backend'], 'backend must be the name of a backend.');
  return { backends, backend };
}

function backendOf(yaml: YamlFile, fields: Readonly<Record<string, unknown>>, above: readonly string[]): UserBackend {
  for (const [key, value] of Object.entries(fields)) {
    if (!backendKeys.includes(key)) throw unknownKey(yaml, key, backendKeys, above);
    if (typeof value !== 'string') throw yaml.fault([...above, key], `${key} must be text.`);
  }
  for (const key of ['api_endpoint', 'api_key']) {
    if (fields[key] === undefined) throw yaml.fault(above, `${[...above, key].join('.')} is missing.`);
  }
  return fields as unknown as UserBackend;
}

/** Whether the file is as private as its keys; what others may only read is warned of. */
async function holdToMode(path: string): Promise<readonly string[]> {
  if (process.platform === 'win32') return [];
  const { mode } = await stat(path);
  if ((mode & 0o022) !== 0) {
    throw new ExecError('HAWSER_EXEC_CONFIG_INVALID', `${path} can be changed by others than you, and is not read.`, {
      hint: `Look at what stands in it, then: chmod 600 ${path}`,
    });
  }
  return (mode & 0o044) === 0 ? [] : [`${path} holds keys, and others than you can read it: chmod 600 ${path}`];
}
