import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createHash, randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { TunnelStatus } from '@hawser/tunnels';
import { createProviders, runForeground, type Foreground } from '@hawser/tunnels/supervisor';
import { describeReal } from '../../../../test/support/counterparts.js';
import { gone, patient } from '../../../../test/support/patience.js';
import { scale } from '../../../../test/support/scale.js';
import { kill, type Sshd } from '../../../../test/support/ssh-hosts.js';
import type { SshVia } from '../../src/spec.js';
import { Project, spec } from '../support/project.js';
import { SshWorld, echo, noneHas } from '../support/ssh-world.js';

const MIB = 2 ** 20;
const bytes = randomBytes(scale(64, 512) * MIB);
const digest = createHash('sha256').update(bytes).digest('hex');

describeReal(['sshd', 'ssh', 'ssh-keygen'], (path) => {
  let world: SshWorld;
  let sshd: Sshd;
  let echoing: number;
  let serving: number;

  beforeAll(async () => {
    world = new SshWorld(path);
    sshd = await world.host('bastion');
    echoing = await world.serve(echo);
    serving = await world.serve((socket) => socket.end(bytes));
  });

  afterAll(async () => {
    await world[Symbol.asyncDispose]();
  });

  async function supervise(
    project: Project,
    via: SshVia = world.via('bastion'),
  ): Promise<AsyncDisposable & { readonly foreground: Foreground; readonly tunnels: readonly TunnelStatus[] }> {
    const providers = { ...createProviders(), 'ssh-bastion': async () => world.provider() };
    const foreground = await runForeground({ ...project.where, providers, drainMs: 200 });
    const tunnels = await foreground.client.up([
      spec({ name: 'echo', via, to: { host: '127.0.0.1', port: echoing } }),
      spec({ name: 'file', via, to: { host: '127.0.0.1', port: serving } }),
    ]);
    return { foreground, tunnels, [Symbol.asyncDispose]: async () => await foreground.close() };
  }

  /** Says a word and hears it again; rejects when the connection is refused or broken. */
  async function converse({ local }: TunnelStatus, word: string): Promise<void> {
    const socket = connect({ host: '127.0.0.1', port: local.port });
    socket.end(word);
    expect((await read(socket)).toString()).toBe(word);
  }

  test('kill -9 of ssh: what it carried is broken off, not ended short, and a download right after is whole', async () => {
    await using project = await Project.make();
    await using supervised = await supervise(project);
    const { foreground, tunnels } = supervised;
    const [talk, file] = tunnels as [TunnelStatus, TunnelStatus];
    const half = connect({ host: '127.0.0.1', port: talk.local.port });
    const broken = once(half, 'error');
    half.write('half an answer');
    // All of it is read before: libuv takes a reset that comes with unread bytes for an end.
    await once(half, 'data');
    kill(talk.link.pids[0] as number, 'SIGKILL');
    const whole = fetchDigest(file);
    const talks = Promise.all(
      Array.from({ length: 20 }, async (_each, index) => await converse(talk, `word ${index}`)),
    );
    expect(await broken).toEqual([expect.objectContaining({ code: 'ECONNRESET' })]);
    expect(await whole).toBe(digest);
    await talks;
    const after = (await foreground.client.status()).tunnels;
    expect(after.map(({ connections }) => connections.refused)).toEqual([0, 0]);
    expect(after[0]?.link).toMatchObject({ state: 'ready', connects: 2 });
  });

  test('sshd away: whoever connects meanwhile waits, nobody is refused, and all are served', async () => {
    await using project = await Project.make();
    await using supervised = await supervise(project);
    const { foreground, tunnels } = supervised;
    const [talk] = tunnels as [TunnelStatus];
    await sshd.down();
    const waiting: Promise<void>[] = [];
    // The length of the outage is what is promised; clients come all the while.
    for (let client = 0; client < 25; client++) {
      waiting.push(converse(talk, `client ${client}`));
      await delay(scale(40, 200));
    }
    await sshd.up();
    await Promise.all(waiting);
    const [after] = (await foreground.client.status()).tunnels;
    expect(after).toMatchObject({ connections: { refused: 0, held: 0, total: 25 }, link: { state: 'ready' } });
  });

  test('a frozen server: who connects meanwhile is served over a new link, and who was connected is broken off', async () => {
    await using project = await Project.make();
    const via = world.via('bastion', { options: ['ServerAliveInterval=1', 'ServerAliveCountMax=1'] });
    await using supervised = await supervise(project, via);
    const { foreground, tunnels } = supervised;
    const [talk] = tunnels as [TunnelStatus];
    const [old] = talk.link.pids as [number];
    const connected = connect({ host: '127.0.0.1', port: talk.local.port });
    connected.write('before');
    await once(connected, 'data');
    const broken = once(connected, 'error');
    sshd.signalConnections('SIGSTOP');
    const frozen = sshd.connections;
    try {
      await converse(talk, 'meanwhile');
      expect(await broken).toEqual([expect.objectContaining({ code: 'ECONNRESET' })]);
      // It is told to go when the new one is up, and is a process for a moment longer.
      await patient(gone(old), () => `The ssh of the old link, ${old}, does not end.`);
      const [after] = (await foreground.client.status()).tunnels;
      expect(after?.link.pids).not.toContain(old);
      expect(after?.connections.refused).toBe(0);
    } finally {
      for (const pid of frozen) kill(pid, 'SIGKILL');
    }
  });

  test('a port taken between two runs: the next one is given, and the tunnel works there', async () => {
    await using project = await Project.make();
    const first = await supervise(project);
    const { port } = (first.tunnels[0] as TunnelStatus).local;
    await first.foreground.close();
    const { createServer } = await import('node:net');
    const thief = createServer().listen(port, '127.0.0.1');
    await once(thief, 'listening');
    try {
      await using supervised = await supervise(project);
      const [talk] = supervised.tunnels as [TunnelStatus];
      expect(talk.local.port).not.toBe(port);
      await converse(talk, 'elsewhere');
    } finally {
      thief.close();
    }
  });

  test('after down there is no ssh, and the port is free', async () => {
    await using project = await Project.make();
    const { foreground, tunnels } = await supervise(project);
    const { port } = (tunnels[0] as TunnelStatus).local;
    await foreground.client.down({ all: true });
    await foreground.ended;
    await noneHas(project.folder);
    const refused = connect({ host: '127.0.0.1', port });
    expect(await once(refused, 'error')).toEqual([expect.objectContaining({ code: 'ECONNREFUSED' })]);
    await foreground.close();
  });
});

async function fetchDigest({ local }: TunnelStatus): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port: local.port });
  return createHash('sha256')
    .update(await read(socket))
    .digest('hex');
}

/** All that comes until the end; a connection that is broken off rejects. */
async function read(socket: Socket): Promise<Buffer> {
  const parts: Buffer[] = [];
  socket.on('data', (part) => parts.push(part));
  const end = once(socket, 'end');
  await patient(end, () => `only ${Buffer.concat(parts).length} bytes came`);
  return Buffer.concat(parts);
}
