import { readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { LinkError } from '../link/failure.js';
import type { SshVia } from '../spec.js';
import {
  KEEPALIVE,
  authArgv,
  checkSshVia,
  shellLine,
  sshConfigText,
  sshFiles,
  type SshFiles,
  type SshKeepalive,
} from './ssh-argv.js';
import type { SshNames } from './ssh-stderr.js';

/** What links by ssh may be made of. */
export interface SshProviderOptions {
  /** The OpenSSH client; default: `ssh` of PATH. */
  readonly program?: string;
  /** When a silent far end counts as lost, unless the person's configuration says; default: after 3 × 5 s. */
  readonly keepalive?: SshKeepalive;
  /** How long each TCP connection may take, unless the person's configuration says; default 10,000. */
  readonly connectTimeoutMs?: number;
  /** How long all may take until the link is up: jumps, host keys, authentication; default 45,000. */
  readonly openTimeoutMs?: number;
  /** How long a far end may take to answer {@link Link.check}; default 5,000. */
  readonly checkTimeoutMs?: number;
  /** Where {@link authenticate} leaves connections for links to take over; default {@link handOverDirectory}. */
  readonly handOverDirectory?: string;
}

/** {@link SshProviderOptions} with everything decided. */
export interface SshSettings {
  readonly program: string;
  readonly keepalive: SshKeepalive;
  readonly connectTimeoutMs: number;
  readonly openTimeoutMs: number;
  readonly checkTimeoutMs: number;
  readonly handOverDirectory: string;
}

/** Decides what was left open. */
export function sshSettings(options: SshProviderOptions): SshSettings {
  return {
    program: options.program ?? 'ssh',
    keepalive: options.keepalive ?? KEEPALIVE,
    connectTimeoutMs: options.connectTimeoutMs ?? 10_000,
    openTimeoutMs: options.openTimeoutMs ?? 45_000,
    checkTimeoutMs: options.checkTimeoutMs ?? 5_000,
    handOverDirectory: options.handOverDirectory ?? handOverDirectory(process.env),
  };
}

/** Where connections wait to be taken over: below `$XDG_RUNTIME_DIR`, else below the folder for temporary files. */
export function handOverDirectory(env: Readonly<Record<string, string | undefined>>): string {
  const base = env['XDG_RUNTIME_DIR'];
  return base?.startsWith('/') ? join(base, 'hawser-auth') : join(tmpdir(), `hawser-auth-${userInfo().uid}`);
}

/** Names for messages and hints. */
export function sshNames(via: SshVia): SshNames {
  return { host: via.host, authCommand: shellLine(authArgv(via)) };
}

/**
 * Writes our configuration of the processes of a link; an old control socket is removed.
 *
 * @throws LinkError `config`
 */
export async function prepareSsh(
  via: SshVia,
  directory: string,
  settings: SshSettings,
  asks: 'nothing' | 'the person' = 'nothing',
): Promise<SshFiles> {
  const wrong = checkSshVia(via);
  if (wrong) throw new LinkError(wrong);
  const files = sshFiles(directory);
  const text = sshConfigText(via, {
    batch: asks === 'nothing',
    keepalive: settings.keepalive,
    connectTimeoutSeconds: Math.max(1, Math.round(settings.connectTimeoutMs / 1000)),
    fastAes: await hasFastAes(),
  });
  await writeFile(files.config, text, { mode: 0o600 });
  await rm(files.control, { force: true });
  return files;
}

/** Whether the processor has instructions for AES. */
async function hasFastAes(): Promise<boolean> {
  if (process.platform === 'darwin') return true;
  const text = await readFile('/proc/cpuinfo', 'latin1').catch(() => '');
  return /^(?:flags|Features)\s*:.*\baes\b/m.test(text);
}
