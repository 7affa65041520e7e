// Facts about the checkout that more than one script needs: where things lie, which packages there are, which files
// are tracked, and the environment that keeps every tool's own files below .cache/.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url)).replace(/[\\/]$/, '');
export const cache = join(root, '.cache');

/**
 * This process's environment without what npm hands to the scripts it runs, and with the workspace's binaries on PATH.
 * A nested npm or pnpm would take npm's additions for the person's wishes.
 */
export function taskEnv() {
  const inherited = Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name) || keptFromNpm.has(name));
  return {
    ...Object.fromEntries(inherited),
    PATH: [join(root, 'node_modules/.bin'), process.env.PATH].join(delimiter),
    // Programs that ask newer versions of Node to remember what they compiled would have it in the temporary folder.
    NODE_COMPILE_CACHE: join(cache, 'node-compile'),
  };
}

// What somebody behind a mirror or a proxy needs, whether set by hand or handed on by npm from a .npmrc.
const keptFromNpm = new Set(
  ['registry', 'proxy', 'https_proxy', 'noproxy', 'ca', 'cafile', 'strict_ssl'].map((key) => `npm_config_${key}`),
);

/** The environment for the tools that set the checkout up: npm, pnpm and turbo keep their own files below .cache/. */
export function toolEnv() {
  const env = taskEnv();
  return {
    ...env,
    PATH: [join(cache, 'pnpm/node_modules/.bin'), env.PATH].join(delimiter),
    XDG_CACHE_HOME: join(cache, 'xdg/cache'),
    XDG_CONFIG_HOME: join(cache, 'xdg/config'),
    XDG_DATA_HOME: join(cache, 'xdg/data'),
    XDG_STATE_HOME: join(cache, 'xdg/state'),
    npm_config_cache: join(cache, 'npm'),
    npm_config_store_dir: join(cache, 'pnpm-store'),
    npm_config_cache_dir: join(cache, 'pnpm-cache'),
    npm_config_state_dir: join(cache, 'pnpm-state'),
    npm_config_update_notifier: 'false',
    TURBO_TELEMETRY_DISABLED: '1',
    DO_NOT_TRACK: '1',
  };
}

/** Every workspace package and app, with its manifest: `{ folder: 'packages/x', name, manifest }`, sorted by folder. */
export function workspacePackages() {
  return ['packages', 'apps'].flatMap((parent) =>
    readdirSync(join(root, parent))
      .toSorted()
      .map((name) => `${parent}/${name}`)
      .filter((folder) => existsSync(join(root, folder, 'package.json')))
      .map((folder) => {
        const manifest = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
        return { folder, name: manifest.name, manifest };
      }),
  );
}

/** Paths git tracks or would track (new and not ignored), relative to the root. */
export function trackedFiles(...patterns) {
  const listed = execFileSync(
    'git',
    ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '--', ...patterns],
    {
      cwd: root,
      encoding: 'utf8',
      maxBuffer: 1 << 26,
    },
  );
  return listed.split('\0').filter((file) => file !== '' && existsSync(join(root, file)));
}

/** Reads a file by its path relative to the root. */
export function readText(file) {
  return readFileSync(join(root, file), 'utf8');
}

/** Prints what is wrong, one line each, and sets the exit status; says nothing when nothing is. */
export function report(problems) {
  for (const problem of problems) process.stderr.write(`${problem}\n`);
  if (problems.length > 0) process.exitCode = 1;
}
