import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { describeReal } from '../../../../test/support/counterparts.js';
import { patient } from '../../../../test/support/patience.js';
import { Program } from '../../../../test/support/program.js';
import { runToEnd } from '../../../../test/support/run-to-end.js';
import { kill, makeKey, type Sshd } from '../../../../test/support/ssh-hosts.js';
import type { LinkFailure } from '../../src/link/failure.js';
import { SshWorld } from '../support/ssh-world.js';

describeReal(['sshd', 'ssh', 'ssh-keygen'], (path) => {
  let world: SshWorld;
  let bastion: Sshd;

  beforeAll(async () => {
    world = new SshWorld(path);
    bastion = await world.host('bastion');
  });

  afterAll(async () => {
    await world[Symbol.asyncDispose]();
  });

  test('a wrong key, a wrong user: auth, and the command with which a person can go on', async () => {
    const other = join(world.directory, 'other');
    makeKey(other);
    const wrong = await world.failure(
      world.via('127.0.0.1', { port: bastion.port, identityFile: other, options: known(world) }),
    );
    expect(wrong).toMatchObject({ cause: 'auth', permanent: true } satisfies Partial<LinkFailure>);
    expect(wrong.authCommand).toContain(`-i ${other} -- 127.0.0.1 true`);
    const user = await world.failure(world.via('bastion', { user: 'nobody' }));
    expect(user).toMatchObject({ cause: 'auth', permanent: true });
    expect(user.message).toContain('nobody@127.0.0.1');
    expect(user.authCommand).toBe(`ssh -F ${world.config} -o ControlPath=none -l nobody -- bastion true`);
  });

  test('the command of a needed login is the one that helps', async () => {
    await world.host('stranger', { known: false });
    const failure = await world.failure(world.via('stranger'));
    expect(failure).toMatchObject({ cause: 'hostkey-unknown', permanent: true });
    const command = failure.authCommand ?? '';
    expect(
      await runToEnd('sh', ['-c', command.replace('ssh ', 'ssh -o StrictHostKeyChecking=accept-new ')]),
    ).toMatchObject({
      code: 0,
    });
    const link = await world.open(world.via('stranger'));
    await link.close();
  });

  test('a host never seen is trusted and remembered when asked for; a changed key is refused all the same', async () => {
    const sshd = await world.host('new', { known: false });
    const via = world.via('new', { acceptNewHostKey: true });
    await (await world.open(via)).close();
    await sshd.down();
    rmSync(sshd.hostKey);
    rmSync(`${sshd.hostKey}.pub`);
    makeKey(sshd.hostKey);
    await sshd.up();
    const failure = await world.failure(via);
    expect(failure).toMatchObject({ cause: 'hostkey-changed', permanent: true });
    expect(failure.authCommand).toBeUndefined();
    const command = /ssh-keygen .+$/.exec(failure.hint)?.[0] ?? '';
    expect(await runToEnd('sh', ['-c', command])).toMatchObject({ code: 0 });
    await (await world.open(via)).close();
  });

  test('a name that is unknown, a port where nobody listens, a program that is no sshd', async () => {
    expect(await world.failure(world.via('no.such.invalid'))).toMatchObject({ cause: 'resolve', permanent: false });
    expect(await world.failure(world.via('127.0.0.1', { port: 1 }))).toMatchObject({
      cause: 'refused',
      message: '127.0.0.1 refuses connections on port 1.',
    });
    const closing = await world.serve((socket) => socket.destroy());
    expect(await world.failure(world.via('127.0.0.1', { port: closing }))).toMatchObject({ cause: 'closed' });
  });

  test('a far end that accepts and stays silent runs into ConnectTimeout', async () => {
    const silent = await world.serve(() => undefined);
    const via = world.via('127.0.0.1', { port: silent });
    expect(await world.failure(via, { connectTimeoutMs: 1_000 })).toMatchObject({ cause: 'timeout', permanent: false });
  });

  test('a jump host that may not forward, a proxy command that fails', async () => {
    await world.host('closed', { lines: ['AllowTcpForwarding no'] });
    expect(await world.failure(world.via('bastion', { jump: 'closed' }))).toMatchObject({ cause: 'proxy-failed' });
    const proxied = world.via('bastion', { options: ['ProxyCommand=exit 3'] });
    expect(await world.failure(proxied)).toMatchObject({ cause: 'proxy-failed', permanent: false });
  });

  test('options ssh does not know, and ones that would make it another program, are configuration', async () => {
    expect(await world.failure(world.via('bastion', { options: ['Nonsense=1'] }))).toMatchObject({
      cause: 'config',
      permanent: true,
      message: expect.stringContaining('nonsense'),
    });
    const broken = join(world.directory, 'broken');
    writeFileSync(broken, 'Hst *\n');
    expect(await world.failure(world.via('bastion', { configFile: broken }))).toMatchObject({ cause: 'config' });
    expect(await world.failure(world.via('bastion', { options: ['LocalCommand=true'] }))).toMatchObject({
      cause: 'config',
    });
  });

  test('a machine without ssh', async () => {
    const program = join(world.directory, 'no-ssh');
    expect(await world.failure(world.via('bastion'), { program })).toMatchObject({
      cause: 'tool-missing',
      permanent: true,
    });
    expect(await world.failure(world.via('bastion'), { program: 'no-such-ssh' })).toMatchObject({
      cause: 'tool-missing',
    });
  });

  test('kill -9 and a plain kill of ssh end the link as killed', async () => {
    for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
      const link = await world.open(world.via('bastion'));
      kill(link.pids[0] as number, signal);
      expect(await link.ended).toMatchObject({ cause: 'killed', permanent: false });
    }
  });

  test('a server that goes ends the link as closed, a frozen one as timeout', async () => {
    const sshd = await world.host('going');
    const link = await world.open(world.via('going'));
    await sshd.down();
    expect(await link.ended).toMatchObject({ cause: 'closed', permanent: false });
    await sshd.up();
    const frozen = await world.open(
      world.via('going', { options: ['ServerAliveInterval=1', 'ServerAliveCountMax=1'] }),
    );
    sshd.signalConnections('SIGSTOP');
    expect(await frozen.ended).toMatchObject({ cause: 'timeout', permanent: false });
  });

  test('when we are killed, so is ssh', async () => {
    const runtimeDirectory = world.folder();
    const script = `
      import { createSshProvider } from ${JSON.stringify(join(import.meta.dirname, '../../dist/providers/ssh.js'))};
      const link = await createSshProvider().open(${JSON.stringify(world.via('bastion'))}, {
        targets: [], runtimeDirectory: ${JSON.stringify(runtimeDirectory)}, signal: new AbortController().signal,
        onChild: async () => {}, onDebug: () => {},
      });
      console.log('pid ' + link.pids[0]);
      setInterval(() => {}, 1e6);
    `;
    await using program = new Program(process.execPath, ['--input-type=module', '-e', script], { env: process.env });
    const pid = Number((await program.shows(/pid (\d+)/))[1]);
    program.child.kill('SIGKILL');
    await patient(untilGone(pid), () => 'ssh lives on');
  });
});

function known(world: SshWorld): string[] {
  return [`UserKnownHostsFile=${world.knownHosts}`];
}

/** There is no event for the end of a process that is nobody's child. */
async function untilGone(pid: number): Promise<void> {
  while (isThere(pid)) {
    await new Promise((resolve) => {
      setTimeout(resolve, 10);
    });
  }
}

function isThere(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat[stat.lastIndexOf(')') + 2] !== 'Z';
  } catch {
    return false;
  }
}
