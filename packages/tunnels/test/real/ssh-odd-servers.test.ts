import { once } from 'node:events';
import { generateKeyPairSync } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import ssh2 from 'ssh2';
import { describeReal } from '../../../../test/support/counterparts.js';
import type { SshVia } from '../../src/spec.js';
import { SshWorld, ask, failureOf, readAll } from '../support/ssh-world.js';

type Forwarding = (accept: () => ssh2.ServerChannel, reject: () => void, count: number) => void;

/** Servers that no OpenSSH would be: each forwarded connection is treated as the test says. */
describeReal(['ssh', 'sshd', 'ssh-keygen'], (path) => {
  let world: SshWorld;
  const servers: ssh2.Server[] = [];
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  const target = { host: 'anywhere', port: 80 };

  beforeAll(() => {
    world = new SshWorld(path);
  });

  afterAll(async () => {
    await world[Symbol.asyncDispose]();
    for (const server of servers) server.close();
  });

  async function odd(
    forward: Forwarding,
    onClient: (client: ssh2.Connection) => void = () => undefined,
  ): Promise<SshVia> {
    const server = new ssh2.Server({ hostKeys: [privateKey] }, (client) => {
      let count = 0;
      client.on('error', () => undefined);
      client.on('authentication', (context) =>
        context.method === 'publickey' ? context.accept() : context.reject(['publickey']),
      );
      client.on('tcpip', (accept, reject) => forward(accept, reject, ++count));
      onClient(client);
    }).listen(0, '127.0.0.1');
    servers.push(server);
    await once(server, 'listening');
    return world.via('127.0.0.1', {
      port: (server.address() as AddressInfo).port,
      identityFile: world.key,
      acceptNewHostKey: true,
      options: [`UserKnownHostsFile=${world.knownHosts}`],
    });
  }

  test('a server that refuses the second connection', async () => {
    const link = await world.open(await odd((accept, reject, count) => (count === 2 ? reject() : accept().end('one'))));
    expect((await readAll(await link.dial(target))).toString()).toBe('one');
    expect(await failureOf(link.dial(target))).toMatchObject({ cause: 'target-refused' });
    expect((await readAll(await link.dial(target))).toString()).toBe('one');
    await link.check({ signal: AbortSignal.timeout(20_000) });
  });

  test('a channel that ends in one direction only, and one that is closed without an end', async () => {
    const link = await world.open(
      await odd((accept, _reject, count) => {
        const channel = accept();
        if (count === 1) {
          channel.write('heard all');
          channel.end();
          channel.resume();
        } else {
          channel.write('closed');
          channel.close();
        }
      }),
    );
    const half = await link.dial(target);
    expect((await readAll(half)).toString()).toBe('heard all');
    half.end('more');
    await once(half, 'close');
    expect((await readAll(await link.dial(target))).toString()).toBe('closed');
  });

  test('a connection that is never confirmed can be given up, and a late one is closed', async () => {
    let late: (() => ssh2.ServerChannel) | undefined;
    const link = await world.open(
      await odd((accept, _reject, count) => {
        if (count === 1) late = accept;
        else accept().end('well');
      }),
    );
    const patience = new AbortController();
    const dialling = link.dial(target, { signal: patience.signal });
    await link.check({ signal: AbortSignal.timeout(20_000) });
    patience.abort(new Error('too late'));
    await expect(dialling).rejects.toThrow('too late');
    const channel = late?.();
    channel?.resume();
    expect(channel && (await once(channel, 'close'))).toBeDefined();
    expect((await readAll(await link.dial(target))).toString()).toBe('well');
  });

  test('a server that goes in the middle of a transfer breaks the connection, and ends the link', async () => {
    let client: ssh2.Connection | undefined;
    const link = await world.open(
      await odd(
        (accept) => accept().write('begun'),
        (connected) => (client = connected),
      ),
    );
    const connection = await link.dial(target);
    await once(connection, 'data');
    const broken = once(connection, 'error');
    client?.end();
    expect(await broken).toEqual([expect.objectContaining({ code: 'ECONNRESET' })]);
    expect(await link.ended).toMatchObject({ cause: 'closed', permanent: false });
  });

  test('small windows: what is sent waits for them', async () => {
    const link = await world.open(
      await odd((accept) => {
        const channel = accept();
        channel.pipe(channel);
      }),
    );
    const bytes = Buffer.alloc(5 * 2 ** 20, 'w');
    expect((await ask(await link.dial(target), bytes)).equals(bytes)).toBe(true);
  });
});
