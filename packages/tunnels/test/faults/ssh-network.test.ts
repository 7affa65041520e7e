import { once } from 'node:events';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { describeReal } from '../../../../test/support/counterparts.js';
import type { Sshd } from '../../../../test/support/ssh-hosts.js';
import type { Link } from '../../src/providers/provider.js';
import { Namespaces } from '../support/namespaces.js';
import { SshWorld, failureOf } from '../support/ssh-world.js';

describeReal(['sshd', 'ssh', 'ssh-keygen', 'ip'], (path) => {
  let networks: Namespaces;
  let world: SshWorld;
  let program: string;
  let inside: Sshd;
  const soon = { options: ['ServerAliveInterval=1', 'ServerAliveCountMax=1'] };

  beforeAll(async () => {
    networks = new Namespaces(path('ip'));
    world = new SshWorld(path);
    program = networks.wrap('near', path('ssh'), world.directory);
    await world.host('gate', { address: '10.213.1.2', prefix: networks.prefix('middle') });
    inside = await world.host('inside', { address: '10.213.2.2', prefix: networks.prefix('far') });
  });

  afterAll(async () => {
    await world[Symbol.asyncDispose]();
    networks[Symbol.dispose]();
  });

  async function banner(link: Link): Promise<string> {
    const connection = await link.dial({ host: '10.213.2.2', port: inside.port });
    const [said] = (await once(connection, 'data')) as [Buffer];
    connection.destroy();
    return said.toString();
  }

  test('over a bastion into a network that this machine does not see', async () => {
    const link = await world.open(world.via('gate'), { program });
    expect(await banner(link)).toMatch(/^SSH-2\.0/);
    await link.close();
  });

  test('over two bastions, one behind the other', async () => {
    const link = await world.open(world.via('inside', { jump: 'gate' }), { program });
    expect(await banner(link)).toMatch(/^SSH-2\.0/);
    await link.close();
  });

  test('a network there is no way to', async () => {
    expect(await world.failure(world.via('inside'), { program })).toMatchObject({
      cause: 'unreachable',
      permanent: false,
    });
  });

  test('a pulled cable ends the link once it was silent too long; when it is back, so is the link', async () => {
    const link = await world.open(world.via('gate', soon), { program, checkTimeoutMs: 300 });
    networks.cable('down');
    try {
      expect(await failureOf(link.check({ signal: new AbortController().signal }))).toMatchObject({ cause: 'timeout' });
      expect(await link.ended).toMatchObject({ cause: 'timeout', permanent: false });
    } finally {
      networks.cable('up');
    }
    const again = await world.open(world.via('gate', soon), { program });
    expect(await banner(again)).toMatch(/^SSH-2\.0/);
    await again.close();
  });

  test('a black hole: what was up is lost, and what is tried takes no longer than it may', async () => {
    const link = await world.open(world.via('gate', soon), { program });
    networks.blackHole('add');
    try {
      expect(await link.ended).toMatchObject({ cause: 'timeout' });
      expect(await world.failure(world.via('gate'), { program, connectTimeoutMs: 1_000 })).toMatchObject({
        cause: 'timeout',
      });
    } finally {
      networks.blackHole('del');
    }
  });
});
