import { mkdtempSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, afterEach } from '@jest/globals';
import type { HawserEnd, HawserProcess } from '@hawser/cli-kit/testing';
import { startHubEmulator, type HubEmulator, type HubEmulatorOptions } from '@hawser/emulators/hub';
import { seedRepository } from '../../../../test/support/environments.js';
import type { Hawser } from './hawser.js';

/** A repository of the seed's layout with two environments, `echo_env` and `coding_env`. */
export function repository(changes: Readonly<Record<string, string | undefined>> = {}): Record<string, string> {
  const files = seedRepository();
  const coding = Object.entries(files)
    .filter(([path]) => path.startsWith('src/envs/echo_env/'))
    .map(([path, text]) => [path.replace('echo_env', 'coding_env'), text.replaceAll('echo_env', 'coding_env')]);
  const all = { ...files, ...(Object.fromEntries(coding) as Record<string, string>), ...changes };
  return Object.fromEntries(Object.entries(all).flatMap(([path, text]) => (text === undefined ? [] : [[path, text]])));
}

/** A folder with environments, a home, and a Hub of its own; `run` and `start` are `hawser` in there. */
export interface Workshop {
  readonly hub: HubEmulator;
  readonly folder: string;
  readonly home: string;
  /** Variables for a client of the Hub, logged in. */
  readonly env: Readonly<Record<string, string>>;
  readonly run: (args: readonly string[], options?: RunOptions) => Promise<HawserEnd>;
  readonly start: (args: readonly string[], options?: RunOptions) => HawserProcess;
  /** Writes files into the folder. */
  readonly write: (files: Readonly<Record<string, string>>) => void;
  /** What the Hub says to its first account; undefined where it refuses. */
  readonly ask: (path: string) => Promise<unknown>;
  /** A file of a Space, as it is there. */
  readonly fileOf: (space: string, path: string) => Promise<string | undefined>;
  /** Paths of a Space's files. */
  readonly pathsOf: (space: string) => Promise<readonly string[]>;
  /** Requests that changed, or would have changed, something. */
  readonly writes: () => readonly string[];
}

interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  readonly cwd?: string;
}

const running: HubEmulator[] = [];
const lasting: HubEmulator[] = [];
const close = async (hubs: HubEmulator[]): Promise<void> => {
  await Promise.all(hubs.splice(0).map((hub) => hub.close()));
};

afterEach(() => close(running));
afterAll(() => close(lasting));

interface WorkshopOptions extends HubEmulatorOptions {
  readonly files?: Record<string, string>;
  /** Whether it serves all tests of a file. */
  readonly lasts?: boolean;
}

/** Opens a {@link Workshop}; its Hub is closed after the test, or after the last one of the file. */
export async function openWorkshop(
  hawser: Hawser,
  { files = repository(), lasts = false, ...options }: WorkshopOptions = {},
): Promise<Workshop> {
  const hub = await startHubEmulator(options);
  (lasts ? lasting : running).push(hub);
  const above = mkdtempSync(join(hawser.temp, 'workshop-'));
  const [folder, home] = [join(above, 'work'), join(above, 'home')];
  for (const each of [folder, home]) mkdirSync(each);
  const write = (wanted: Readonly<Record<string, string>>): void => {
    for (const [path, text] of Object.entries(wanted)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
  };
  write(files);
  const env = { ...hub.env, HOME: home };
  const complete = (more: RunOptions): RunOptions => ({ cwd: folder, ...more, env: { ...env, ...more.env } });
  const get = async (path: string): Promise<Response | undefined> => {
    const response = await fetch(`${hub.endpoint}${path}`, {
      headers: { authorization: `Bearer ${hub.accounts[0]?.token}` },
    });
    if (response.ok) return response;
    await response.body?.cancel();
    return undefined;
  };
  return {
    hub,
    folder,
    home,
    env,
    write,
    run: (args, more = {}) => hawser.run(args, complete(more)),
    start: (args, more = {}) => hawser.start(args, complete(more)),
    ask: async (path) => (await get(path))?.json(),
    fileOf: async (space, path) => (await get(`/spaces/${space}/resolve/main/${path}`))?.text(),
    pathsOf: async (space) => {
      const entries = (await (await get(`/api/spaces/${space}/tree/main?recursive=true`))?.json()) as
        | readonly { readonly type: string; readonly path: string }[]
        | undefined;
      return (entries ?? []).filter(({ type }) => type === 'file').map(({ path }) => path);
    },
    writes: () =>
      hub.requests
        .filter(({ method, path }) => method !== 'GET' && !/\/preupload\/|\/validate-yaml/.test(path))
        .map(({ method, path }) => `${method} ${path}`),
  };
}
