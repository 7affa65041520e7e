import { createHash, randomBytes } from 'node:crypto';
import type { GitCredential, SecretRecord } from '@hawser/exec-client/contract';
import { createSigner, createSigningKey } from '@hawser/receipts';
import { createKeyBook } from '../../src/core/keys.js';
import { createMemoryStore } from '../../src/stores/memory.js';
import type { BackendPorts, Caller, Clock, LogReader, Runner, Secrets, Store } from '../../src/index.js';

/** A clock that stands until it is moved. */
export interface HandClock extends Clock {
  move(ms: number): void;
}

export function createHandClock(startMs: number = Date.UTC(2026, 0, 1)): HandClock {
  let nowMs = startMs;
  return { nowMs: () => nowMs, move: (ms) => (nowMs += ms) };
}

/** Random hex digits that a seed repeats. */
export function seededIds(seed: number): { random(bytes: number): string } {
  let count = 0;
  return {
    random: (bytes) => {
      let text = '';
      while (text.length < bytes * 2) text += createHash('sha256').update(`${seed}/${count++}`).digest('hex');
      return text.slice(0, bytes * 2);
    },
  };
}

/** Secrets in a map. */
export function createMemorySecrets(git: ReadonlyMap<string, GitCredential> = new Map()): Secrets {
  const values = new Map<string, { value: string; record: SecretRecord }>();
  return {
    list: () => Promise.resolve([...values.values()].map(({ record }) => record)),
    put: (name, value, by) => {
      const version = (values.get(name)?.record.version ?? 0) + 1;
      const updated_at = new Date().toISOString();
      const record = { name, version, updated_at, ...(by !== undefined && { updated_by: by }) };
      values.set(name, { value, record });
      return Promise.resolve(record);
    },
    remove: (name) => Promise.resolve(values.delete(name)),
    resolve: (names) =>
      Promise.resolve(
        new Map(
          names.flatMap((name) => {
            const kept = values.get(name);
            return kept ? [[name, kept.value] as const] : [];
          }),
        ),
      ),
    gitCredential: (host) => Promise.resolve(git.get(host)),
  };
}

/** What was sent to whom, and whether it was taken. */
export interface Posted {
  readonly url: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** A service's ports in memory. Everything can be given; a caller is whoever `caller` is, or known by a key. */
export function memoryPorts(given: {
  readonly runner: Runner;
  readonly logs: LogReader;
  readonly store?: Store;
  readonly clock?: Clock;
  readonly caller?: Caller;
  readonly ids?: BackendPorts['ids'];
  readonly limits?: Partial<BackendPorts['limits']>;
  readonly secrets?: Secrets;
  readonly notifier?: BackendPorts['notifier'];
}): BackendPorts & { readonly posted: readonly Posted[] } {
  const store = given.store ?? createMemoryStore();
  const clock = given.clock ?? { nowMs: () => Date.now() };
  const posted: Posted[] = [];
  const { caller } = given;
  return {
    store,
    runner: given.runner,
    logs: given.logs,
    secrets: given.secrets ?? createMemorySecrets(),
    authenticator: caller ? { authenticate: () => Promise.resolve(caller) } : createKeyBook({ store, clock }),
    signer: createSigner(signingKey),
    notifier: given.notifier ?? {
      post: (url, body, headers) => {
        posted.push({ url, body, headers });
        return Promise.resolve();
      },
    },
    clock,
    ids: given.ids ?? { random: (bytes) => randomBytes(bytes).toString('hex') },
    limits: {
      maxTimeoutSeconds: 21_600,
      allowedRoles: [],
      repoSchemes: ['https', 'ssh', 'http', 'git', 'file'],
      ...given.limits,
    },
    version: '0.0.0-test',
    posted,
  };
}

const signingKey = createSigningKey();
