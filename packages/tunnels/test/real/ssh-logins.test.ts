import { execFileSync } from 'node:child_process';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { describeReal } from '../../../../test/support/counterparts.js';
import { Terminal } from '../../../../test/support/terminal.js';
import { makeKey } from '../../../../test/support/ssh-hosts.js';
import type { Via } from '../../src/spec.js';
import { SshWorld, ask, echo, processesWith } from '../support/ssh-world.js';

describeReal(['sshd', 'ssh', 'ssh-keygen'], (path) => {
  let world: SshWorld;
  let port: number;

  beforeAll(async () => {
    world = new SshWorld(path);
    port = await world.serve(echo);
  });

  afterAll(async () => {
    await world[Symbol.asyncDispose]();
  });

  async function works(via: ReturnType<SshWorld['via']>): Promise<void> {
    const link = await world.open(via);
    expect((await ask(await link.dial({ host: '127.0.0.1', port }), 'hello')).toString()).toBe('hello');
    await link.close();
  }

  test('user certificates and host certificates', async () => {
    const authority = join(world.directory, 'ca');
    const key = join(world.directory, 'certified');
    makeKey(authority);
    makeKey(key);
    execFileSync('ssh-keygen', ['-q', '-s', authority, '-I', 'who', '-n', 'root', '-V', '+1h', `${key}.pub`]);
    const sshd = await world.host('certified', {
      known: false,
      lines: [
        `TrustedUserCAKeys ${authority}.pub`,
        `HostCertificate ${join(world.directory, 'sshd-certified', 'host_key-cert.pub')}`,
      ],
      config: ['HostKeyAlias certified.example'],
    });
    execFileSync('ssh-keygen', [
      '-q',
      '-s',
      authority,
      '-I',
      'host',
      '-h',
      '-n',
      'certified.example',
      `${sshd.hostKey}.pub`,
    ]);
    await sshd.down();
    await sshd.up();
    appendFileSync(world.knownHosts, `@cert-authority *.example ${readFileSync(`${authority}.pub`, 'utf8')}`);
    await works(world.via('certified', { identityFile: key }));
  });

  test('keys of an agent', async () => {
    const socket = join(world.directory, 'agent');
    const key = join(world.directory, 'locked');
    makeKey(key, 'a passphrase');
    appendFileSync(world.authorizedKeys, readFileSync(`${key}.pub`));
    const sshd = await world.host('for-agents');
    const started = execFileSync('ssh-agent', ['-a', socket, '-s'], { encoding: 'utf8' });
    const pid = Number(/SSH_AGENT_PID=(\d+)/.exec(started)?.[1]);
    try {
      const via = world.via('127.0.0.1', {
        port: sshd.port,
        user: 'root',
        options: [`UserKnownHostsFile=${world.knownHosts}`, `IdentityAgent=${socket}`, `IdentityFile=${key}`],
      });
      const before = await world.failure(via);
      expect(before).toMatchObject({ cause: 'auth', permanent: true });
      expect(before.hint).toContain('ssh-add');
      const askPass = join(world.directory, 'askpass');
      writeFileSync(askPass, '#!/bin/sh\necho a passphrase\n', { mode: 0o700 });
      const env = { ...process.env, SSH_AUTH_SOCK: socket, SSH_ASKPASS: askPass, SSH_ASKPASS_REQUIRE: 'force' };
      execFileSync('ssh-add', ['-q', key], { env, stdio: 'ignore' });
      await works(via);
    } finally {
      process.kill(pid);
    }
  });

  test('two jump hosts, none of which may become a master that stays', async () => {
    const theirs = join(world.directory, 'm-%n');
    const config = ['ControlMaster auto', `ControlPath ${theirs}`, 'ControlPersist 60'];
    for (const name of ['first', 'second', 'third']) await world.host(name, { config });
    await works(world.via('third', { jump: 'first,second' }));
    expect(processesWith(join(world.directory, 'm-'))).toEqual([]);
  });

  test('a jump host that the configuration of the person names', async () => {
    await world.host('gate');
    await world.host('inside', { config: ['ProxyJump gate'] });
    await works(world.via('inside'));
  });

  test('the address of a host may be IPv6', async () => {
    await world.host('six', { address: '::1' });
    await works(world.via('six'));
  });

  test('what a person answers at a terminal is taken over by the next link, and ends with it', async () => {
    const key = join(world.directory, 'secret');
    makeKey(key, 'only I know');
    const sshd = await world.host('asking', { known: false });
    writeFileSync(join(world.directory, 'asking_keys'), readFileSync(`${key}.pub`));
    appendFileSync(world.authorizedKeys, readFileSync(`${key}.pub`));
    const via = world.via('127.0.0.1', {
      port: sshd.port,
      user: 'root',
      identityFile: key,
      options: [`UserKnownHostsFile=${world.knownHosts}`, 'IdentityAgent=none', 'IdentitiesOnly=yes'],
    });
    expect(await world.failure(via)).toMatchObject({ cause: 'hostkey-unknown' });
    using terminal = authenticating(via);
    await terminal.shows(/continue connecting/);
    terminal.type('yes\r');
    await terminal.shows(/passphrase for key/);
    terminal.type('only I know\r');
    await terminal.shows(/waiting: true/);
    await works(via);
    // It ended with the link, and a new one needs the person again.
    expect(await world.failure(via)).toMatchObject({ cause: 'auth', permanent: true });
    expect(world.debug.join('\n')).not.toContain('only I know');
  });

  test('a person who is not let in, and ways where ssh is not first', async () => {
    const sshd = await world.host('shut', { lines: ['AllowUsers nobody'] });
    const via = world.via('127.0.0.1', {
      port: sshd.port,
      user: 'root',
      identityFile: world.key,
      options: [`UserKnownHostsFile=${world.knownHosts}`, 'IdentityAgent=none', 'IdentitiesOnly=yes'],
    });
    using refused = authenticating(via);
    await refused.shows(/failed: auth/);
    using chained = authenticating({ kind: 'chain', hops: [{ kind: 'direct' }, via] });
    await chained.shows(/waiting: false/);
  });

  function authenticating(via: Via): Terminal {
    const script = `
      import { authenticate } from ${JSON.stringify(join(import.meta.dirname, '../../dist/providers/ssh-hand-over.js'))};
      try {
        console.log('waiting: ' + await authenticate(${JSON.stringify(via)}, { handOverDirectory: ${JSON.stringify(join(world.directory, 'auth'))} }));
      } catch (error) {
        console.log('failed: ' + error.failure?.cause + error);
      }
      setInterval(() => {}, 1e6);
    `;
    return new Terminal(process.execPath, ['--input-type=module', '-e', script]);
  }
});
