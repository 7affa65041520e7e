import { existsSync } from 'node:fs';
import { chmod, mkdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Config } from '@oclif/core';
import { findGitRoot, findProjectFile, userFilePath } from '@hawser/exec-client';
import { openForeign } from '@hawser/state-store/foreign';
import { CliError } from '../errors.js';
import { faultOf, valueOfText } from './check-value.js';
import { beginFile } from './file-schemas.js';
import { resolverHere } from './list.js';
import { keyOf, settingOf } from './resolve.js';
import type { OwnKey, Setting } from './setting.js';
import { shownPath } from './shown-path.js';

/** Which file is changed. */
export type Whose = 'project' | 'user';

const fileNames = { project: "the project's file", user: 'your own file' };

/** What was changed. */
export interface ChangedSetting {
  readonly name: string;
  readonly file: string;
  /** Names from the top of the file, between dots. */
  readonly key: string;
  readonly changed: boolean;
  /** Whether the file says it now. */
  readonly isSet: boolean;
  /** What goes before it, so that it is not in force: a variable, or another file. */
  readonly beatenBy?: string;
}

/**
 * Writes a setting into the project's or the person's file, or takes it out when `text` is undefined. Comments and order
 * stay as they are.
 *
 * @throws CliError HAWSER_CONFIG_UNKNOWN, _INVALID, and _NOT_OURS for what is not decided in such a file
 */
export async function changeSetting(
  name: string,
  text: string | undefined,
  whose: Whose,
  config: Pick<Config, 'configDir'>,
): Promise<ChangedSetting> {
  const setting = settingOf(name);
  const place = placeOf(setting, whose);
  const value = text === undefined ? undefined : checkedValue(setting, text);
  const path = whose === 'user' ? userFilePath(config.configDir) : projectPath();
  const key = keyOf(setting, place);
  if (value === undefined && !existsSync(path))
    return { name, file: path, key: key.join('.'), changed: false, isSet: false };
  if (whose === 'user') await makePrivateFolder(config.configDir);
  const mode = whose === 'user' ? 0o600 : 0o644;
  await beginFile(path, whose === 'user' ? 'config' : 'project', mode);
  const file = openForeign({ path, format: 'yaml', mode, backup: false, tool: 'hawser config' });
  let changed = false;
  await file.update((draft) => {
    const old = draft.get(key);
    changed = old !== value;
    if (value !== undefined) draft.set(key, value);
    else if (old !== undefined) draft.delete(key);
  });
  const { decision } = await resolverHere(config).resolve(setting);
  const isBeaten = value !== undefined && decision !== undefined && decision.file !== path;
  const isSet = value !== undefined;
  return { name, file: path, key: key.join('.'), changed, isSet, ...(isBeaten ? { beatenBy: decision.where } : {}) };
}

/** What can be said of the change to a person. */
export function tellChange({ name, file, key, changed, isSet, beatenBy }: ChangedSetting): string {
  const shown = shownPath(file, { from: process.cwd(), home: homedir() });
  if (!changed) return isSet ? `${shown} says so already (${key}).` : `${shown} does not say ${key}.`;
  if (!isSet) return `${name} was taken out of ${shown} (${key}).`;
  return `${name} stands in ${shown} (${key})${beatenBy === undefined ? '.' : `, but ${beatenBy} goes before it.`}`;
}

function placeOf(setting: Setting, whose: Whose): true | OwnKey {
  const place = setting[whose];
  const { name } = setting;
  if (setting.secret) {
    throw new CliError('HAWSER_CONFIG_NOT_OURS', `${name} is a secret, and is not written by this command.`, {
      hint: secretHint(setting),
    });
  }
  if (place === false) {
    if (whose === 'project' && setting.user !== false) {
      throw new CliError(
        'HAWSER_CONFIG_NOT_OURS',
        `A project's file cannot say ${name}: a key or a token goes there.`,
        {
          hint: `Keep it in your own file: hawser config set ${name} VALUE --user`,
        },
      );
    }
    throw new CliError('HAWSER_CONFIG_NOT_OURS', `${name} cannot stand in ${fileNames[whose]}.`);
  }
  if (place !== true && place.file === 'sessions.json') {
    throw new CliError('HAWSER_CONFIG_NOT_OURS', `${name} is kept together with its key.`, {
      hint: 'hawser sessions configure URL writes both.',
    });
  }
  return place;
}

function secretHint({ name, variables }: Setting): string {
  const set = `Set ${variables.join(' or ')} in the environment`;
  if (name.startsWith('exec.')) return `${set}, or keep a backend with its key: hawser exec configure`;
  if (name.startsWith('sessions.')) return `${set}, or keep a service with its key: hawser sessions configure URL`;
  if (name.startsWith('hf.')) return `${set}, or log in: hawser hf login`;
  return `${set}.`;
}

function checkedValue(setting: Setting, text: string): unknown {
  const value = valueOfText(text, setting.value);
  const fault = faultOf(value, setting.value);
  if (fault === undefined) return value;
  throw new CliError('HAWSER_CONFIG_INVALID', `${setting.name} ${fault}, and '${text}' is none.`);
}

/** The project's file: the one there is, else a new one at the top of the repository. */
function projectPath(): string {
  const from = process.cwd();
  return findProjectFile(from)?.path ?? join(findGitRoot(from) ?? from, '.hawser.yaml');
}

async function makePrivateFolder(folder: string): Promise<void> {
  await mkdir(dirname(folder), { recursive: true });
  await mkdir(folder, { recursive: true, mode: 0o700 });
  if (process.platform !== 'win32') await chmod(folder, 0o700);
}
