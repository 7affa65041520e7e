import { randomBytes } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { describeReal } from '../../../../test/support/counterparts.js';
import { createChainProvider } from '../../src/providers/chain.js';
import type { Provider } from '../../src/providers/provider.js';
import { SshWorld, ask, echo } from '../support/ssh-world.js';
import { openSsmWorld } from '../support/ssm-world.js';

describeReal(['sshd', 'ssh', 'ssh-keygen'], (path) => {
  test('ssh through Session Manager carries bytes, and neither is left behind', async () => {
    const nodes = await openSsmWorld();
    const hosts = new SshWorld(path);
    try {
      const port = await hosts.serve(echo);
      await hosts.host('inner');
      const never = (): Promise<Provider> => Promise.reject(new Error('not asked for'));
      const chain = createChainProvider({
        'ssh-bastion': () => Promise.resolve(hosts.provider() as Provider),
        ssm: () => Promise.resolve(nodes.provider as Provider),
        direct: never,
        chain: never,
        kube: never,
        plugin: never,
      });
      const hops = [nodes.via('web-1'), hosts.via('inner')];
      const link = await hosts.openWith(chain, { kind: 'chain', hops }, { runtimeDirectory: hosts.folder() });
      const bytes = randomBytes(1 << 20);
      expect((await ask(await link.dial({ host: '127.0.0.1', port }), bytes)).equals(bytes)).toBe(true);
      expect(nodes.emulator.sessions).toMatchObject([
        { document: 'AWS-StartPortForwardingSession', state: 'Connected' },
      ]);
      await link.close();
      expect(nodes.emulator.sessions).toMatchObject([{ state: 'Terminated' }]);
    } finally {
      await nodes.close();
      await hosts[Symbol.asyncDispose]();
    }
  });
});
