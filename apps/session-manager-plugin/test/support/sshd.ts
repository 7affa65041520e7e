import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { closedPort } from './net.js';
import { comesTrue } from './polling.js';

/** A real sshd on a loopback port, for one user with one key. */
export interface Sshd extends AsyncDisposable {
  readonly port: number;
  /** Keys and configurations; gone at the end. */
  readonly folder: string;
  /** Options of ssh with which it gets in, but for the way there. */
  readonly options: readonly string[];
}

/** Starts it with keys of its own; nothing outside its folder is read or written but sshd's own `/run/sshd`. */
export async function startSshd(path: (name: 'sshd' | 'ssh-keygen') => string): Promise<Sshd> {
  const folder = mkdtempSync(join(tmpdir(), 'hawser-sshd-'));
  const file = (name: string): string => join(folder, name);
  for (const key of ['host', 'user']) {
    execFileSync(path('ssh-keygen'), ['-q', '-t', 'ed25519', '-N', '', '-C', 'test', '-f', file(key)]);
  }
  if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true });
  const port = await closedPort();
  writeFileSync(
    file('sshd_config'),
    [
      `ListenAddress 127.0.0.1:${port}`,
      `HostKey ${file('host')}`,
      `AuthorizedKeysFile ${file('user.pub')}`,
      `PidFile ${file('pid')}`,
      'UsePAM no',
      'StrictModes no',
      'PasswordAuthentication no',
      'Subsystem sftp internal-sftp',
      '',
    ].join('\n'),
  );
  writeFileSync(
    file('ssh_config'),
    [
      `User ${userInfo().username}`,
      `Port ${port}`,
      `IdentityFile ${file('user')}`,
      'IdentitiesOnly yes',
      'StrictHostKeyChecking no',
      `UserKnownHostsFile ${file('known_hosts')}`,
      'BatchMode yes',
      'LogLevel ERROR',
      '',
    ].join('\n'),
  );
  const daemon = spawn(path('sshd'), ['-D', '-e', '-f', file('sshd_config')], { stdio: 'ignore' });
  const gone = once(daemon, 'exit');
  await listening(port, gone);
  return {
    port,
    folder,
    options: ['-F', file('ssh_config')],
    async [Symbol.asyncDispose]() {
      daemon.kill();
      await gone;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** sshd has no way to say that it listens but listening. */
async function listening(port: number, gone: Promise<unknown>): Promise<void> {
  let hasEnded = false;
  void gone.then(() => (hasEnded = true));
  await comesTrue(async () => {
    if (hasEnded) throw new Error('sshd ended at once');
    const socket = connect(port, '127.0.0.1');
    try {
      await once(socket, 'connect');
      return true;
    } catch {
      return false;
    } finally {
      socket.destroy();
    }
  });
}
