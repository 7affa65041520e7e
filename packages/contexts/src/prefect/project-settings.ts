import { join, resolve } from 'node:path';
import { isMap, readValue, textIn } from '../files.js';
import type { Environment } from '../types.js';

/** Where Prefect looks, and where it was told to look from. */
export interface PrefectPlace {
  /** Variables of the process that Prefect would be run in. */
  readonly env: Environment;
  /** The working folder: Prefect reads `.env`, `prefect.toml` and `pyproject.toml` there, and nowhere above. */
  readonly directory: string;
  /** The home folder. */
  readonly home: string;
}

/** Settings beside the profile, the strongest first. */
export type SettingSource = 'environment' | '.env' | 'prefect.toml' | 'pyproject.toml';

/** A source that beats the profiles file, and what it says. */
export interface ProjectSettings {
  readonly source: SettingSource;
  readonly apiUrl: string | undefined;
  readonly profilesPath: string | undefined;
}

/**
 * What there is that goes before a profile, in Prefect's order: environment, `./.env`, `./prefect.toml`, the table
 * `tool.prefect` of `./pyproject.toml` (prefect/settings/sources.py and base.py, release 3.8).
 *
 * @throws ContextsError HAWSER_CTX_FILE_INVALID
 */
export async function readProjectSettings({ env, directory }: PrefectPlace): Promise<readonly ProjectSettings[]> {
  const [dotenv, prefect, pyproject] = await Promise.all([
    readValue(join(directory, '.env'), 'dotenv'),
    readValue(join(directory, 'prefect.toml'), 'toml'),
    readValue(join(directory, 'pyproject.toml'), 'toml'),
  ]);
  const project = isMap(pyproject) && isMap(pyproject['tool']) ? pyproject['tool']['prefect'] : undefined;
  return [
    ofVariables('environment', env),
    ofVariables('.env', dotenv),
    ofTables('prefect.toml', prefect),
    ofTables('pyproject.toml', project),
  ];
}

/** The profiles file Prefect uses, and who says so. */
export interface ProfilesFile {
  readonly path: string;
  readonly from: SettingSource | 'PREFECT_HOME' | 'default';
}

/**
 * The profiles file in the place where Prefect looks for it: `PREFECT_PROFILES_PATH` of the first source that has it, else
 * `profiles.toml` in the folder that `PREFECT_HOME` of the environment names, else `~/.prefect/profiles.toml`.
 *
 * @see `_get_profiles_path` of prefect/settings/sources.py, release 3.8
 */
export function profilesFileOf(settings: readonly ProjectSettings[], place: PrefectPlace): ProfilesFile {
  const { env, directory, home } = place;
  for (const { source, profilesPath } of settings) {
    if (profilesPath !== undefined) return { path: resolve(directory, profilesPath), from: source };
  }
  const folder = textIn(env, 'PREFECT_HOME');
  if (folder !== undefined) return { path: join(resolve(directory, folder), 'profiles.toml'), from: 'PREFECT_HOME' };
  return { path: join(home, '.prefect', 'profiles.toml'), from: 'default' };
}

/** Prefect takes variables in any case, but finds its profiles file only by their proper names. */
function ofVariables(source: SettingSource, variables: unknown): ProjectSettings {
  const apiUrl = isMap(variables)
    ? Object.keys(variables).find((name) => name.toUpperCase() === 'PREFECT_API_URL' && variables[name] !== '')
    : undefined;
  return {
    source,
    apiUrl: apiUrl === undefined ? undefined : textIn(variables, apiUrl),
    profilesPath: textIn(variables, 'PREFECT_PROFILES_PATH'),
  };
}

function ofTables(source: SettingSource, tables: unknown): ProjectSettings {
  return {
    source,
    apiUrl: textIn(tables, 'api', 'url'),
    profilesPath: textIn(tables, 'profiles_path'),
  };
}
