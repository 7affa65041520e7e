import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { createSigner, ReceiptError, openSigningKey, type SigningKey } from '@hawser/receipts';
import type { Backend, SweepReport } from '../backend.js';
import { createBackend } from '../core/create-backend.js';
import { createKeyBook } from '../core/keys.js';
import { createLogReader } from '../logs/reader.js';
import type { BackendPorts, Runner, Store } from '../ports.js';
import { storeFailed } from '../stores/file-errors.js';
import { openFileStore } from '../stores/files.js';
import { ExecBackendError } from '../errors.js';
import { folderAuthenticator, folderKey } from './keys.js';
import { notifier } from '../notifier.js';
import { placesIn, type Places } from './places.js';
import { createLocalRunner } from './runner.js';
import { openFileSecrets } from './secrets.js';
import { tidy } from './tidy.js';
import type { LocalBackend, LocalBackendOptions } from './types.js';

/** A backend, and the parts of it that a supervisor uses without asking over HTTP. */
export interface OpenedBackend {
  readonly backend: Backend;
  readonly runner: Runner;
  readonly store: Store;
  readonly places: Places;
  readonly apiKey: string;
}

/**
 * Opens the execution service of this machine in this process: no daemon, no port, no account. Any number of processes
 * may have the same folder open. Each run has a detached supervisor of its own, which goes on when this process ends.
 *
 * @throws ExecBackendError HAWSER_EXEC_BACKEND_BAD_INPUT, HAWSER_EXEC_BACKEND_STORE_FAILED
 * @throws ReceiptError HAWSER_RECEIPT_KEY_UNSAFE, HAWSER_RECEIPT_KEY_INVALID
 */
export async function openLocalBackend(options: LocalBackendOptions): Promise<LocalBackend> {
  const { backend, places, apiKey } = await openParts(options);
  return {
    ...backend,
    folder: places.folder,
    apiKey,
    [Symbol.asyncDispose]: () => backend.close(),
  };
}

/** The same, with its parts. */
export async function openParts(options: LocalBackendOptions): Promise<OpenedBackend> {
  const { folder, supervisor, version, env = process.env, warn, programs } = options;
  if (!folder.startsWith('/') || supervisor.length === 0) {
    const what = supervisor.length === 0 ? 'No supervisor program is given' : `${folder} is no absolute path`;
    throw new ExecBackendError('HAWSER_EXEC_BACKEND_BAD_INPUT', `The local backend cannot be opened: ${what}.`);
  }
  const places = placesIn(folder);
  let apiKey: string;
  let signingKey: SigningKey;
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    apiKey = folderKey(places.apiKey);
    signingKey = await openSigningKey(places.signerKey);
  } catch (error) {
    if (error instanceof ReceiptError) throw error;
    throw storeFailed(error, 'keep local executions', folder);
  }
  const store = openFileStore({ folder, warn });
  const clock = { nowMs: () => Date.now() };
  const runner = createLocalRunner({ places, supervisor, env, programs });
  const ports: BackendPorts = {
    store,
    runner,
    logs: createLogReader({ folder: places.logs }),
    secrets: openFileSecrets(places.secrets),
    authenticator: folderAuthenticator(apiKey, env['USER'] ?? env['LOGNAME'], createKeyBook({ store, clock })),
    signer: createSigner(signingKey),
    notifier,
    clock,
    ids: { random: (bytes) => randomBytes(bytes).toString('hex') },
    limits: {
      maxTimeoutSeconds: 86_400,
      allowedRoles: [],
      repoSchemes: ['https', 'ssh', 'http', 'git', 'file'],
    },
    version,
  };
  const backend = createBackend(ports);
  const sweep = async (): Promise<SweepReport> => {
    const report = await backend.sweep();
    await tidy(places, store);
    return report;
  };
  return { backend: { ...backend, sweep }, runner, store, places, apiKey };
}
