import { appendFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { describeReal } from '../../../../test/support/counterparts.js';
import { makeKey } from '../../../../test/support/ssh-hosts.js';
import { diagnose } from '../../src/diagnose/diagnose.js';
import { createChainProvider } from '../../src/providers/chain.js';
import { directProvider } from '../../src/providers/direct.js';
import type { Hop, Provider } from '../../src/providers/provider.js';
import type { ProbeSpec, Target, Via } from '../../src/spec.js';
import type { Providers } from '../../src/supervisor/seam.js';
import { SshWorld, echo, noneHas } from '../support/ssh-world.js';

describeReal(['sshd', 'ssh', 'ssh-keygen'], (path) => {
  let world: SshWorld;
  let http: Server;
  let to: Target;
  let providers: Providers;

  /** Only where nobody will answer: two hops on a busy machine take their time. */
  let impatient = false;

  beforeAll(async () => {
    world = new SshWorld(path);
    await world.host('bastion');
    http = createServer((request, response) => {
      response.statusCode = request.url === '/ready' ? 200 : 503;
      response.end('here');
    }).listen(0, '127.0.0.1');
    await once(http, 'listening');
    to = { host: '127.0.0.1', port: (http.address() as AddressInfo).port };
    const never = async (): Promise<Provider> => {
      throw new Error('not asked for');
    };
    providers = {
      'ssh-bastion': async () => world.provider(impatient ? { connectTimeoutMs: 1_000 } : {}),
      direct: async () => directProvider,
      chain: async () => createChainProvider(providers),
      ssm: never,
      kube: never,
      plugin: never,
    };
  });

  afterAll(async () => {
    http.close();
    http.closeAllConnections();
    await world[Symbol.asyncDispose]();
  });

  async function hops(via: Via, target = to, probe: ProbeSpec = { kind: 'http', path: '/ready' }): Promise<Hop[]> {
    const found: Hop[] = [];
    const runtimeDirectory = world.folder();
    const { signal } = new AbortController();
    for await (const hop of diagnose({ via, to: target, probe, providers, runtimeDirectory, signal })) found.push(hop);
    await noneHas(runtimeDirectory);
    return found;
  }

  function short(found: readonly Hop[]): string[] {
    return found.map(({ hop, verdict }) => `${hop} ${verdict}`);
  }

  test('a way that is well passes every hop', async () => {
    const found = await hops(world.via('bastion'));
    expect(short(found)).toEqual([
      'config pass',
      'dns pass',
      'tcp pass',
      'host-key pass',
      'auth pass',
      'forward pass',
      'target pass',
      'application pass',
    ]);
    expect(found[0]?.detail).toMatch(/^bastion means root@127\.0\.0\.1:\d+\.$/);
    expect(found[2]?.detail).toContain('answers as SSH-2.0-OpenSSH');
  });

  test('a name, a port, a program that is no sshd, and one that says nothing', async () => {
    expect((await hops(world.via('no.such.invalid'))).at(-1)).toMatchObject({ hop: 'dns', verdict: 'fail' });
    expect((await hops(world.via('127.0.0.1', { port: 1 }))).at(-1)).toMatchObject({
      hop: 'tcp',
      detail: '127.0.0.1:1 refuses connections.',
    });
    const other = await world.serve((socket) => socket.write('220 mail\r\n'));
    expect((await hops(world.via('127.0.0.1', { port: other }))).at(-1)?.detail).toContain('"220 mail"');
    const silent = await world.serve(() => undefined);
    impatient = true;
    const found = await hops(world.via('127.0.0.1', { port: silent })).finally(() => (impatient = false));
    expect(found.at(-1)?.detail).toContain('says nothing');
  });

  test('configuration that ssh does not take', async () => {
    expect((await hops(world.via('bastion', { options: ['Nonsense=1'] }))).at(-1)).toMatchObject({
      hop: 'config',
      verdict: 'fail',
      detail: expect.stringContaining('nonsense'),
    });
  });

  test('an unknown and a changed host key, with the command that forgets it', async () => {
    const sshd = await world.host('new', { known: false });
    expect((await hops(world.via('new'))).at(-1)).toMatchObject({ hop: 'host-key', verdict: 'fail' });
    appendFileSync(world.knownHosts, '');
    world.trust(sshd);
    await sshd.down();
    rmSync(sshd.hostKey);
    rmSync(`${sshd.hostKey}.pub`);
    makeKey(sshd.hostKey);
    await sshd.up();
    const last = (await hops(world.via('new'))).at(-1);
    expect(last).toMatchObject({ hop: 'host-key', verdict: 'fail' });
    expect(last?.hint).toMatch(/ssh-keygen -f .+known_hosts. -R .\[127\.0\.0\.1\]:\d+/);
  });

  test('a user who is not let in, with what was tried', async () => {
    const found = await hops(world.via('bastion', { user: 'nobody' }));
    expect(short(found).slice(3)).toEqual(['host-key pass', 'auth fail']);
    expect(found.at(-1)?.detail).toContain(`Tried as nobody, with the agent and ${world.key}`);
    expect(found.at(-1)?.hint).toContain('ssh-add');
  });

  test('forwarding denied, with the options of sshd that decide', async () => {
    await world.host('closed', { lines: ['AllowTcpForwarding no'] });
    const last = (await hops(world.via('closed'))).at(-1);
    expect(last).toMatchObject({ hop: 'forward', verdict: 'fail' });
    expect(last?.hint).toContain('PermitOpen');
  });

  test('a target that refuses, and an application that is not well', async () => {
    expect((await hops(world.via('bastion'), { host: '127.0.0.1', port: 1 })).at(-1)).toMatchObject({
      hop: 'target',
      verdict: 'fail',
      detail: 'The bastion cannot connect to 127.0.0.1:1: nobody listens there.',
    });
    expect((await hops(world.via('bastion'), to, { kind: 'http', path: '/other' })).at(-1)).toMatchObject({
      hop: 'application',
      verdict: 'fail',
    });
  });

  test('through a jump host, the steps that the jump host makes are left out', async () => {
    await world.host('inside', { config: ['ProxyJump bastion'] });
    const found = await hops(world.via('inside'));
    expect(short(found).slice(0, 5)).toEqual([
      'config pass',
      'dns skipped',
      'tcp skipped',
      'host-key pass',
      'auth pass',
    ]);
  });

  test('a chain, hop by hop, each with its name', async () => {
    const chain: Via = { kind: 'chain', hops: [world.via('bastion'), world.via('127.0.0.1', { port: 1 })] };
    const found = await hops(chain);
    expect(found.at(-1)).toMatchObject({ hop: 'tcp', verdict: 'fail' });
    expect(found.at(-1)?.detail).toContain('ssh to 127.0.0.1: ');
    expect(found[0]?.detail).toContain('ssh to bastion: ');
  });

  test('without a link: the target and the application', async () => {
    expect(short(await hops({ kind: 'direct' }))).toEqual(['forward pass', 'target pass', 'application pass']);
    const refusing = await world.serve(echo);
    expect(refusing).toBeGreaterThan(0);
  });
});
