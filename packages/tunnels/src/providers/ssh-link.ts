import { LinkError, type LinkFailure } from '../link/failure.js';
import type { SshVia } from '../spec.js';
import { deadlineOf } from './deadline.js';
import type { Link, OpenLinkOptions } from './provider.js';
import { masterArgv, type SshFiles } from './ssh-argv.js';
import { adoptMaster } from './ssh-hand-over.js';
import { SshMux } from './ssh-mux.js';
import { SshProcess, findProgram } from './ssh-process.js';
import { startRelay, type Relay } from './ssh-relay.js';
import { prepareSsh, sshNames, type SshSettings } from './ssh-settings.js';
import { classifyEnd, notInTime } from './ssh-stderr.js';

/**
 * Opens a link: takes over what was authenticated at a terminal, or starts an ssh process.
 *
 * @throws LinkError with the classified failure
 */
export async function openSsh(via: SshVia, options: OpenLinkOptions, settings: SshSettings): Promise<Link> {
  const { runtimeDirectory, through, signal, onChild, onDebug } = options;
  signal.throwIfAborted();
  const files = await prepareSsh(via, runtimeDirectory, settings);
  if (through === undefined) {
    const adopted = await adoptMaster(via, options, settings);
    if (adopted) return linkOf({ via, mux: adopted.mux, settings, stop: adopted.stop, ended: adopted.ended });
  } else if (via.jump !== undefined) {
    throw new LinkError({
      cause: 'config',
      message: `${via.host} cannot be reached through another link and over a jump host as well.`,
      hint: 'Make the jump host a hop of the chain.',
      permanent: true,
    });
  }
  const program = findProgram(settings.program);
  const relay =
    through && (await startRelay(runtimeDirectory, async (target) => await through.dial(target, { signal })));
  try {
    const argv = masterArgv(via, files, relay?.proxyCommand);
    const ssh = await SshProcess.start({ program, argv, onChild, onLine: onDebug });
    try {
      return await untilReady({ via, ssh, relay, files, signal, settings });
    } catch (error) {
      await ssh.stop();
      throw error;
    }
  } catch (error) {
    await relay?.[Symbol.asyncDispose]();
    throw error;
  }
}

async function untilReady(options: {
  readonly via: SshVia;
  readonly ssh: SshProcess;
  readonly relay: Relay | undefined;
  readonly files: SshFiles;
  readonly signal: AbortSignal;
  readonly settings: SshSettings;
}): Promise<Link> {
  const { via, ssh, relay, files, signal, settings } = options;
  const ended = ssh.ended.then((end) => throughFailure(relay) ?? classifyEnd(end, sshNames(via)));
  using deadline = deadlineOf(signal, settings.openTimeoutMs);
  const failed = ended.then((failure) => {
    throw new LinkError(failure);
  });
  // Without this, an end after the link is up would be a rejection nobody handles.
  failed.catch(() => undefined);
  try {
    const readied = ssh.ready.then(async () => await SshMux.connect(files.control, deadline.signal));
    readied.catch(() => undefined);
    const mux = await Promise.race([readied, failed, deadline.crossed]);
    const stop = async (): Promise<void> => {
      await ssh.stop();
      await relay?.[Symbol.asyncDispose]();
    };
    return linkOf({ via, mux, settings, stop, ended });
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    if (deadline.isOver) throw new LinkError(notInTime(via.host, settings.openTimeoutMs), { cause: error });
    // The control socket may be closed a moment before ssh says why.
    if (!(error instanceof LinkError)) throw new LinkError(await ended, { cause: error });
    throw error;
  }
}

function linkOf(options: {
  readonly via: SshVia;
  readonly mux: SshMux;
  readonly settings: SshSettings;
  /** Ends the process. */
  readonly stop: () => Promise<void>;
  /** Settles with why, once the process has ended. */
  readonly ended: Promise<LinkFailure>;
}): Link {
  const { via, mux, settings, stop } = options;
  let isClosing = false;
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    isClosing = true;
    closing ??= (async () => {
      mux.close();
      await stop();
    })();
    await closing;
  };
  // Without its socket a process is of no use; stopping it brings out why, if it is not yet gone.
  const lost = mux.closed.then(async () => {
    const failure = await Promise.race([options.ended, after(SOCKET_BEFORE_PROCESS_MS)]);
    await stop();
    return failure;
  });
  const ended = Promise.race([options.ended, lost]).then(async (failure) => {
    if (isClosing) return undefined;
    await close();
    return failure ?? lostFailure(via.host);
  });
  return {
    ended,
    pids: [mux.masterPid],
    dial: async (target, { signal } = {}) => await mux.dial(target, signal),
    check: async ({ signal }) => await checkMux(mux, via, signal, settings.checkTimeoutMs),
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** How long a closed socket waits for the end of its process, which says more. */
const SOCKET_BEFORE_PROCESS_MS = 500;

async function checkMux(mux: SshMux, via: SshVia, signal: AbortSignal, timeoutMs: number): Promise<void> {
  using deadline = deadlineOf(signal, timeoutMs);
  try {
    await mux.roundTrip(deadline.signal);
  } catch (error) {
    if (!deadline.isOver || error instanceof LinkError) throw error;
    throw new LinkError(
      {
        cause: 'timeout',
        message: `${via.host} did not answer within ${timeoutMs / 1000} s.`,
        hint: 'The network in between is down, or the host is frozen; it is tried again.',
        permanent: false,
      },
      { cause: error },
    );
  }
}

function lostFailure(host: string): LinkFailure {
  return {
    cause: 'closed',
    message: `The connection to ${host} was lost.`,
    hint: 'It is made again.',
    permanent: false,
  };
}

/** Why the link in front did not reach the first host, seen from this one. */
function throughFailure(relay: Relay | undefined): LinkFailure | undefined {
  const failure = relay?.failure();
  if (!failure) return undefined;
  return failure.cause === 'target-refused' ? { ...failure, cause: 'refused' } : failure;
}

async function after(ms: number): Promise<undefined> {
  return await new Promise((resolve) => {
    setTimeout(() => resolve(undefined), ms).unref();
  });
}
