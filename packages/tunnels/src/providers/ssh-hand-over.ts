import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { lstat } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { identifyProcess } from '@hawser/state-store/process';
import { LinkError, type LinkFailure } from '../link/failure.js';
import type { SshVia, Via } from '../spec.js';
import { makePrivate } from '../supervisor/places.js';
import type { OpenLinkOptions } from './provider.js';
import { foregroundArgv } from './ssh-argv.js';
import { SshMux } from './ssh-mux.js';
import { findProgram } from './ssh-process.js';
import { prepareSsh, sshNames, sshSettings, type SshProviderOptions, type SshSettings } from './ssh-settings.js';

/** How long a master may take to answer on its own machine. */
const ADOPT_MS = 2_000;

/**
 * Connects with the terminal attached, so that a person can answer what ssh asks: a passphrase, a touch of a key, a code,
 * whether to trust a host key, for the bastion and for its jump hosts. The connection that comes of it waits a minute in
 * the background, and the next link with an equal `via` takes it over instead of making one; after that, reconnects are
 * made without a person again, by what the agent and the known hosts hold then.
 *
 * Of a chain it is the first hop that is connected to, if that is ssh: what lies behind goes through links that live
 * in the supervisor. Standard input, output and error must be the terminal.
 *
 * @returns whether a connection waits now; false for kinds of `via` where ssh is not the first hop
 * @throws LinkError when ssh fails; it has said why on the terminal
 */
export async function authenticate(
  via: Via,
  options: SshProviderOptions & { readonly signal?: AbortSignal } = {},
): Promise<boolean> {
  const first = via.kind === 'chain' ? via.hops[0] : via;
  if (first?.kind === 'chain') return await authenticate(first, options);
  if (first?.kind !== 'ssh-bastion') return false;
  const settings = sshSettings(options);
  const directory = placeOf(first, settings);
  await makePrivate(settings.handOverDirectory);
  await makePrivate(directory);
  const files = await prepareSsh(first, directory, settings, 'the person');
  const ssh = spawn(findProgram(settings.program), [...foregroundArgv(first, files)], {
    stdio: 'inherit',
    ...(options.signal ? { signal: options.signal } : {}),
  });
  const [code] = (await once(ssh, 'exit')) as [number | null];
  if (code === 0) return true;
  throw new LinkError({
    cause: 'auth',
    message: `${first.host} did not let you in.`,
    hint: `Read what ssh said above. To see more: ${sshNames(first).authCommand.replace('ssh ', 'ssh -v ')}`,
    permanent: true,
    authCommand: sshNames(first).authCommand,
  });
}

/** A master that a person has authenticated. */
export interface Adopted {
  readonly mux: SshMux;
  /** Ends it. */
  readonly stop: () => Promise<void>;
  /** Settles once it has ended. */
  readonly ended: Promise<LinkFailure>;
}

/** Takes over what {@link authenticate} has left for an equal `via`, if it is still there. */
export async function adoptMaster(
  via: SshVia,
  options: OpenLinkOptions,
  settings: SshSettings,
): Promise<Adopted | undefined> {
  const control = join(placeOf(via, settings), 'c');
  if (!(await isOurs(settings.handOverDirectory))) return undefined;
  const mux = await SshMux.connect(control, AbortSignal.timeout(ADOPT_MS)).catch(() => undefined);
  if (!mux) return undefined;
  options.onDebug('Took over the connection that was authenticated at a terminal.');
  const identity = await identifyProcess(mux.masterPid);
  if (identity) await options.onChild({ identity, program: findProgram(settings.program) });
  return {
    mux,
    stop: async () => await SshMux.terminate(control, AbortSignal.timeout(ADOPT_MS)),
    ended: mux.closed.then(() => ({
      cause: 'closed',
      message: `The connection to ${via.host} that was authenticated at a terminal has ended.`,
      hint: 'It is made anew, with what the agent and the known hosts hold.',
      permanent: false,
    })),
  };
}

function placeOf(via: SshVia, settings: SshSettings): string {
  const key = createHash('sha256')
    .update(JSON.stringify(via, Object.keys(via).toSorted()))
    .digest('hex')
    .slice(0, 12);
  return join(settings.handOverDirectory, key);
}

async function isOurs(directory: string): Promise<boolean> {
  const stat = await lstat(directory).catch(() => undefined);
  return stat?.isDirectory() === true && stat.uid === userInfo().uid && (stat.mode & 0o077) === 0;
}
