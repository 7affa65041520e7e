import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { isAlive } from '@hawser/state-store/process';
import { describeReal } from '../../../../test/support/counterparts.js';
import type { Sshd } from '../../../../test/support/ssh-hosts.js';
import { SshWorld, ask, echo, failureOf, noneHas, readAll } from '../support/ssh-world.js';

const sizes = [0, 1, 32_758, 32_759, 3 * 2 ** 20 + 7];

describeReal(['sshd', 'ssh', 'ssh-keygen'], (path) => {
  let world: SshWorld;
  let sshd: Sshd;

  beforeAll(async () => {
    world = new SshWorld(path);
    sshd = await world.host('bastion');
  });

  afterAll(async () => {
    await world[Symbol.asyncDispose]();
  });

  test('carries every byte both ways, several connections at once', async () => {
    const port = await world.serve(echo);
    const link = await world.open(world.via('bastion'));
    await Promise.all(
      sizes.map(async (size) => {
        const bytes = randomBytes(size);
        const connection = await link.dial({ host: '127.0.0.1', port });
        expect((await ask(connection, bytes)).equals(bytes)).toBe(true);
      }),
    );
  });

  test('a half-closed connection goes on in the other direction', async () => {
    let heard: Promise<Buffer> | undefined;
    const port = await world.serve((socket) => {
      socket.end('first ');
      heard = readAll(socket);
    });
    const link = await world.open(world.via('bastion'));
    const connection = await link.dial({ host: '127.0.0.1', port });
    expect((await readAll(connection)).toString()).toBe('first ');
    connection.end('and then');
    await once(connection, 'close');
    expect((await heard)?.toString()).toBe('and then');
  });

  test('a slow reader stops the writer at the far end, and loses nothing', async () => {
    const bytes = randomBytes(24 * 2 ** 20);
    let writer: { readonly writableLength: number } | undefined;
    const port = await world.serve((socket) => {
      writer = socket;
      socket.end(bytes);
    });
    const link = await world.open(world.via('bastion'));
    const slow = await link.dial({ host: '127.0.0.1', port });
    const other = await link.dial({ host: '127.0.0.1', port });
    expect((await readAll(other)).equals(bytes)).toBe(true);
    expect(slow.readableLength).toBeLessThanOrEqual(3 * 2 ** 20);
    expect(writer).toBeDefined();
    expect((await readAll(slow)).equals(bytes)).toBe(true);
    slow.destroy();
    other.destroy();
  });

  test('reaches unix sockets at the far end', async () => {
    const socket = join(world.directory, 'app.sock');
    await world.serve(echo, socket);
    const link = await world.open(world.via('bastion'));
    expect((await ask(await link.dial({ path: socket }), 'hello')).toString()).toBe('hello');
  });

  test('a target that refuses, or has no name, is told at once, and the link goes on', async () => {
    const port = await world.serve(echo);
    const link = await world.open(world.via('bastion'));
    expect(await failureOf(link.dial({ host: '127.0.0.1', port: 1 }))).toMatchObject({
      cause: 'target-refused',
      message: 'The bastion cannot connect to 127.0.0.1:1: nobody listens there.',
    });
    expect(await failureOf(link.dial({ host: 'no.such.invalid', port: 1 }))).toMatchObject({ cause: 'resolve' });
    expect((await ask(await link.dial({ host: '127.0.0.1', port }), 'on')).toString()).toBe('on');
  });

  test('forwarding that the server forbids is told at once', async () => {
    await world.host('closed', { lines: ['AllowTcpForwarding no'] });
    await world.host('some', { lines: ['PermitOpen 127.0.0.1:9'] });
    for (const host of ['closed', 'some']) {
      const link = await world.open(world.via(host));
      expect(await failureOf(link.dial({ host: '127.0.0.1', port: 22 }))).toMatchObject({
        cause: 'forward-denied',
        hint: expect.stringContaining('AllowTcpForwarding'),
      });
    }
  });

  test('a check is a round trip to the server', async () => {
    const link = await world.open(world.via('bastion'), { checkTimeoutMs: 300 });
    const { signal } = new AbortController();
    await link.check({ signal });
    sshd.signalConnections('SIGSTOP');
    expect(await failureOf(link.check({ signal }))).toMatchObject({ cause: 'timeout', permanent: false });
    sshd.signalConnections('SIGCONT');
    await link.check({ signal });
  });

  test('tells of its child before it is used, and closing leaves no process and no socket', async () => {
    const runtimeDirectory = world.folder();
    const told: number[] = [];
    const link = await world.open(world.via('bastion'), {
      link: {
        runtimeDirectory,
        onChild: async ({ identity, program }) => {
          expect(program).toBe(path('ssh'));
          expect(await isAlive(identity)).toBe(true);
          told.push(identity.pid);
        },
      },
    });
    expect(link.pids).toEqual(told);
    expect(statSync(join(runtimeDirectory, 'c')).mode & 0o777).toBe(0o600);
    const port = await world.serve(echo);
    const connection = await link.dial({ host: '127.0.0.1', port });
    const broken = once(connection, 'error');
    await link.close();
    await link.close();
    expect(await link.ended).toBeUndefined();
    expect(await broken).toEqual([expect.objectContaining({ code: 'ECONNRESET' })]);
    expect(existsSync(join(runtimeDirectory, 'c'))).toBe(false);
    await noneHas(runtimeDirectory);
    expect(await failureOf(link.dial({ host: '127.0.0.1', port }))).toMatchObject({ cause: 'closed' });
  });

  test('never goes through the master connection of the person, and opens none of its forwardings', async () => {
    const taken = await world.serve(echo);
    await world.host('crowded', {
      config: [
        'ControlMaster auto',
        `ControlPath ${join(world.directory, 'theirs')}`,
        'ControlPersist yes',
        `LocalForward ${taken} 127.0.0.1:9`,
        'ExitOnForwardFailure yes',
        'RemoteCommand exit 7',
        'PermitLocalCommand yes',
        `LocalCommand touch ${join(world.directory, 'ran')}`,
      ],
    });
    const link = await world.open(world.via('crowded'));
    await link.check({ signal: AbortSignal.timeout(20_000) });
    expect(existsSync(join(world.directory, 'theirs'))).toBe(false);
    expect(existsSync(join(world.directory, 'ran'))).toBe(false);
  });

  test('an attempt that is called off leaves no process', async () => {
    const silent = await world.serve(() => undefined);
    const runtimeDirectory = world.folder();
    const calledOff = new AbortController();
    const opening = world.open(world.via('127.0.0.1', { port: silent }), {
      link: {
        runtimeDirectory,
        signal: calledOff.signal,
        onChild: async () => calledOff.abort(new Error('called off')),
      },
    });
    await expect(opening).rejects.toThrow('called off');
    await noneHas(runtimeDirectory);
  });

  test('a far end that takes connections and then says nothing is given up', async () => {
    const silent = await world.serve(() => undefined);
    const failure = await world.failure(world.via('127.0.0.1', { port: silent }), { openTimeoutMs: 400 });
    expect(failure).toMatchObject({ cause: 'timeout', permanent: false });
  });

  test('the configuration it writes holds no secret and is for its owner only', async () => {
    const runtimeDirectory = world.folder();
    await world.open(world.via('bastion'), { link: { runtimeDirectory } });
    expect(statSync(join(runtimeDirectory, 'config')).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(runtimeDirectory, 'config'), 'utf8')).toContain(`Include "${world.config}"`);
  });
});
