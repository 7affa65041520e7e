import { statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { describeReal } from '../../../../test/support/counterparts.js';
import { kill } from '../../../../test/support/ssh-hosts.js';
import { createChainProvider } from '../../src/providers/chain.js';
import { directProvider } from '../../src/providers/direct.js';
import type { Link, Provider } from '../../src/providers/provider.js';
import type { ChainVia, Via } from '../../src/spec.js';
import type { Providers } from '../../src/supervisor/seam.js';
import { SshWorld, ask, echo, failureOf, noneHas } from '../support/ssh-world.js';

describeReal(['sshd', 'ssh', 'ssh-keygen'], (path) => {
  let world: SshWorld;
  let port: number;
  let chains: Provider<ChainVia>;

  beforeAll(async () => {
    world = new SshWorld(path);
    port = await world.serve(echo);
    await world.host('outer');
    await world.host('inner');
    const never = async (): Promise<Provider> => {
      throw new Error('not asked for');
    };
    const providers: Providers = {
      'ssh-bastion': async () => world.provider(),
      direct: async () => directProvider,
      chain: async () => chains,
      ssm: never,
      kube: never,
      plugin: never,
    };
    chains = createChainProvider(providers);
  });

  afterAll(async () => {
    await world[Symbol.asyncDispose]();
  });

  async function open(hops: readonly Via[], runtimeDirectory = world.folder()): Promise<Link> {
    return await world.openWith(chains, { kind: 'chain', hops }, { runtimeDirectory });
  }

  test('ssh through ssh carries bytes, by a socket nobody else can open', async () => {
    const runtimeDirectory = world.folder();
    const link = await open([world.via('outer'), world.via('inner')], runtimeDirectory);
    const bytes = Buffer.alloc(2 ** 20, 'x');
    const connection = await link.dial({ host: '127.0.0.1', port });
    expect((await ask(connection, bytes)).equals(bytes)).toBe(true);
    expect(statSync(join(runtimeDirectory, '1/r')).mode & 0o777).toBe(0o600);
    expect(link.pids).toHaveLength(2);
    await link.check({ signal: AbortSignal.timeout(20_000) });
    await link.close();
    expect(await link.ended).toBeUndefined();
    await noneHas(runtimeDirectory);
  });

  test('ssh through a direct link, and chains in chains', async () => {
    const inner: ChainVia = { kind: 'chain', hops: [{ kind: 'direct' }, world.via('outer')] };
    const link = await open([inner, world.via('inner')]);
    expect((await ask(await link.dial({ host: '127.0.0.1', port }), 'hello')).toString()).toBe('hello');
    await link.close();
  });

  test('a lost outer link ends the chain, and says which it was', async () => {
    const link = await open([world.via('outer'), world.via('inner')]);
    kill(link.pids[0] as number, 'SIGKILL');
    expect(await link.ended).toMatchObject({
      cause: 'killed',
      message: 'ssh to inner lost the way to it, ssh to outer: The ssh process was killed by SIGKILL.',
    });
    await link.close();
  });

  test('a lost inner link ends the chain too', async () => {
    const link = await open([world.via('outer'), world.via('inner')]);
    kill(link.pids[1] as number, 'SIGKILL');
    expect(await link.ended).toMatchObject({ cause: 'killed', message: 'The ssh process was killed by SIGKILL.' });
  });

  test('an inner host that the outer link cannot reach, and one behind a name only it knows', async () => {
    const away = world.via('127.0.0.1', { port: 1 });
    expect(await failureOf(open([world.via('outer'), away]))).toMatchObject({ cause: 'refused' });
    const unknown = world.via('no.such.invalid');
    expect(await failureOf(open([world.via('outer'), unknown]))).toMatchObject({ cause: 'resolve' });
  });

  test('hops that cannot stand where they do are configuration', async () => {
    const wrong: readonly (readonly Via[])[] = [
      [],
      [world.via('outer'), { kind: 'direct' }],
      [world.via('outer'), world.via('inner', { jump: 'outer' })],
    ];
    for (const hops of wrong) {
      expect(await failureOf(open(hops))).toMatchObject({ cause: 'config', permanent: true });
    }
  });

  test('is described by the commands a person can run', () => {
    const via: ChainVia = { kind: 'chain', hops: [world.via('outer'), world.via('inner', { port: 2222 })] };
    const { commands, summary } = chains.describe(via, [{ to: { host: 'db', port: 5432 } }]);
    expect(commands.map((argv) => argv.slice(argv.indexOf('-L')))).toEqual([
      ['-L', '127.0.0.1:2222:inner:2222', '--', 'outer'],
      ['-L', '127.0.0.1:5432:db:5432', '-p', '2222', '--', 'inner'],
    ]);
    expect(summary).toBe('Connects to db:5432 by ssh to outer, then ssh to inner.');
  });
});
