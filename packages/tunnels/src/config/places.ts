import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { existsSync, realpathSync, statSync } from 'node:fs';

/** Where configuration is looked for. */
export interface PlaceOptions {
  /** Where one stands: usually the working directory. */
  readonly from: string;
  /** Default: `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Default: the user's. */
  readonly home?: string;
  /** Names of providers of plugins, which may stand as `kind` of a `via`. */
  readonly providers?: readonly string[];
}

/** The name of the file, in a project and in a person's folder alike. */
export const fileName = 'tunnels.yaml';

/**
 * The file of the project one stands in: the nearest upwards as far as the git root, or to just below the home folder;
 * undefined where there is none.
 */
export function findProjectFile({ from, home = homedir() }: PlaceOptions): string | undefined {
  const top = real(home);
  for (let at = real(from); at !== top; at = dirname(at)) {
    const candidate = join(at, fileName);
    if (statSync(candidate, { throwIfNoEntry: false }) !== undefined) return candidate;
    if (existsSync(join(at, '.git')) || dirname(at) === at) break;
  }
  return undefined;
}

/** A person's own file; it may not be there. `HAWSER_CONFIG_DIR`, else as the command line's other configuration. */
export function userFile({ env = process.env, home = homedir() }: PlaceOptions): string {
  return join(folder('HAWSER_CONFIG_DIR', 'XDG_CONFIG_HOME', '.config', env, home), fileName);
}

/** Where a person's decisions are kept. `HAWSER_DATA_DIR`, else as the command line's other data. */
export function dataFolder({ env = process.env, home = homedir() }: PlaceOptions): string {
  return folder('HAWSER_DATA_DIR', 'XDG_DATA_HOME', '.local/share', env, home);
}

function folder(
  own: string,
  xdg: string,
  usual: string,
  env: Readonly<Record<string, string | undefined>>,
  home: string,
): string {
  const named = env[own];
  if (named) return resolve(named);
  const windows = process.platform === 'win32' ? env['LOCALAPPDATA'] : undefined;
  return join(env[xdg] || windows || join(home, usual), 'hawser');
}

function real(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return resolve(path);
  }
}
