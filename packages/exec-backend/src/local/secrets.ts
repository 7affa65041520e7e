import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { SecretRecord } from '@hawser/exec-client/contract';
import { acquireLock } from '@hawser/state-store/files';
import { gitCredentialOf } from '../core/git-credential.js';
import { ExecBackendError } from '../errors.js';
import type { Secrets } from '../ports.js';
import { storeFailed } from '../stores/file-errors.js';
import { readText, writePrivate } from './files.js';

interface Kept {
  readonly value: string;
  readonly version: number;
  readonly updated_at: string;
  readonly updated_by?: string;
}

type File = Readonly<Record<string, Kept>>;

/**
 * Secrets in one file that only its owner may read (0600). They are not encrypted: a key beside them would protect
 * nothing, and one elsewhere would have to be asked for by every run.
 */
export function openFileSecrets(path: string): Secrets {
  const guarded = async <T>(verb: string, work: () => T | Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw storeFailed(error, `${verb} secrets`, dirname(path));
    }
  };

  const change = async <T>(edit: (file: File) => { readonly file?: File; readonly answer: T }): Promise<T> => {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const lock = await acquireLock({
      path: `${path}.lock`,
      subject: 'secrets',
      tool: 'hawser exec',
      timeoutMs: 10_000,
    });
    try {
      const { file, answer } = edit(read(path));
      if (file) writePrivate(path, JSON.stringify(file, null, 2));
      return answer;
    } finally {
      lock.release();
    }
  };

  return {
    list: () => guarded('list', () => Object.entries(read(path)).map(([name, kept]) => recordOf(name, kept))),

    put: (name, value, by) =>
      guarded('store', () =>
        change((file) => {
          const kept: Kept = {
            value,
            version: (file[name]?.version ?? 0) + 1,
            updated_at: new Date().toISOString(),
            ...(by !== undefined && { updated_by: by }),
          };
          return { file: { ...file, [name]: kept }, answer: recordOf(name, kept) };
        }),
      ),

    remove: (name) =>
      guarded('remove', () =>
        change((file) => {
          if (!Object.hasOwn(file, name)) return { answer: false };
          const { [name]: _removed, ...rest } = file;
          return { file: rest, answer: true };
        }),
      ),

    resolve: (names) =>
      guarded('read', () => {
        const file = read(path);
        return new Map(names.flatMap((name) => (Object.hasOwn(file, name) ? [[name, file[name]?.value ?? '']] : [])));
      }),

    gitCredential: (host) =>
      guarded('read', () => {
        // A name of a secret has no colon: a server on a port of its own is found by its host.
        const kept = read(path)[`git/${host.replace(/:\d+$/, '')}`];
        return kept && gitCredentialOf(host, kept.value);
      }),
  };
}

function read(path: string): File {
  const text = readText(path);
  if (text === undefined) return {};
  try {
    return JSON.parse(text) as File;
  } catch (error) {
    throw new ExecBackendError('HAWSER_EXEC_BACKEND_STORE_FAILED', `${path} is no JSON any more.`, {
      hint: 'Correct the file, or move it away and store the secrets anew.',
      cause: error,
    });
  }
}

function recordOf(name: string, { version, updated_at, updated_by }: Kept): SecretRecord {
  return { name, version, updated_at, ...(updated_by !== undefined && { updated_by }) };
}
