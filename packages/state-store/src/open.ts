import { realpathSync, statSync, type Stats } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { DocumentDefinition } from './define.js';
import type { StateDocument } from './document.js';
import type { Engine } from './engine.js';
import type { Writer } from './envelope.js';
import type { AnyTransactionMember, Transaction } from './transaction.js';
import type { WriteOptions } from './write-context.js';

/** How a store is opened. */
export interface StoreOptions {
  /** Where one stands: usually the working directory. */
  readonly from: string;
  /** Where `HAWSER_STATE_DIR` is looked up; `process.env` unless given. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** The home folder, at which the search upwards ends; the user's unless given. */
  readonly home?: string;
  /** Stored with each version, and told to others that wait for a lock. */
  readonly writer?: Writer;
  /** How long a write waits for another writer, in milliseconds; 10,000 unless given. */
  readonly lockTimeoutMs?: number;
}

/** The state folder of one project. */
export interface Store {
  /** The folder, absolute. It is made by the first write. */
  readonly directory: string;
  /** A document in it. Nothing is read before it is asked for. */
  document<T>(definition: DocumentDefinition<T>): StateDocument<T>;
  /**
   * Changes several documents and foreign files together, all or none. The work may be run more than once.
   *
   * Readers take no locks, so one that reads two documents in just that moment may see one of them changed and the
   * other not yet.
   *
   * @returns what the work returned
   * @throws StateStoreError HAWSER_STATE_TRANSACTION for misuse, and what updating one of the members may throw
   */
  transaction<Result>(
    members: readonly AnyTransactionMember[],
    work: (transaction: Transaction) => Result | Promise<Result>,
    options?: WriteOptions,
  ): Promise<Result>;
}

/** Opens the state folder that belongs to a place; touches nothing yet. */
export function openStore(options: StoreOptions): Store {
  const { from, env = process.env, home = homedir(), lockTimeoutMs = 10_000 } = options;
  const directory = locateStateFolder({ from, home, stateDir: env['HAWSER_STATE_DIR'] });
  const writer = options.writer ?? { tool: 'unknown', version: 'unknown' };
  // Most programs that import this never use it in the run at hand: the engine is loaded by its first use.
  let loading: Promise<Engine> | undefined;
  const engine = (): Promise<Engine> => {
    loading ??= import('./engine.js').then(({ openEngine }) => openEngine({ directory, writer, lockTimeoutMs }));
    return loading;
  };
  return {
    directory,
    document: (definition) => documentOf(directory, engine, definition),
    transaction: async (members, work, writeOptions = {}) => (await engine()).transaction(members, work, writeOptions),
  };
}

function documentOf<T>(
  directory: string,
  engine: () => Promise<Engine>,
  definition: DocumentDefinition<T>,
): StateDocument<T> {
  const { name } = definition;
  let opening: Promise<StateDocument<T>> | undefined;
  const opened = (): Promise<StateDocument<T>> => {
    opening ??= engine().then((loaded) => loaded.document(definition));
    return opening;
  };
  return {
    name,
    path: join(directory, `${name}.json`),
    '~member': async () => (await opened())['~member'](),
    read: async (options) => (await opened()).read(options),
    update: async (updater, options) => (await opened()).update(updater, options),
    remove: async (options) => (await opened()).remove(options),
    history: async () => (await opened()).history(),
    async *watch(options) {
      yield* (await opened()).watch(options);
    },
  };
}

/** The name of a project's state folder. */
const STATE_FOLDER = '.hawser';

interface SearchRequest {
  readonly from: string;
  readonly home: string;
  readonly stateDir?: string | undefined;
}

/**
 * Finds the state folder that belongs to a place: `HAWSER_STATE_DIR`, else the nearest `.hawser/` upwards as far as
 * the git root, or to just below the home folder. If there is none, where it is to be made: at the git root, else at
 * the place itself. Nothing is made here.
 */
function locateStateFolder({ from, home, stateDir }: SearchRequest): string {
  const start = real(from);
  if (stateDir !== undefined && stateDir !== '') return resolve(start, stateDir);
  const homeFolder = real(home);
  for (let at = start; at !== homeFolder; at = dirname(at)) {
    const candidate = join(at, STATE_FOLDER);
    if (isOurs(candidate, at)) return candidate;
    if (statOf(join(at, '.git')) !== undefined) return candidate;
    if (dirname(at) === at) break;
  }
  return join(start, STATE_FOLDER);
}

/**
 * Whether this is a state folder to be trusted. Where everybody may make folders, as in `/tmp`, anybody could lay one
 * in our way: there it has to be our own.
 */
function isOurs(candidate: string, parent: string): boolean {
  const found = statOf(candidate);
  if (found?.isDirectory() !== true) return false;
  const parentIsPublic = ((statOf(parent)?.mode ?? 0) & 0o002) !== 0;
  return process.platform === 'win32' || !parentIsPublic || found.uid === process.getuid?.();
}

function real(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return resolve(path);
  }
}

function statOf(path: string): Stats | undefined {
  return statSync(path, { throwIfNoEntry: false });
}
