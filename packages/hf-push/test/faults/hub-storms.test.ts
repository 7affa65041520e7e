import type { HubFault } from '@hawser/emulators/hub';
import fc from 'fast-check';
import { expect, test } from '@jest/globals';
import type { Hub } from '../../src/hub/types.js';
import { scale } from '../../../../test/support/scale.js';
import { FastClock, clientOf, startHub } from '../support/hub.js';

const space = 'hawser/echo_env';

/** Everything that is asked of a Space, once each. */
async function workOn(hub: Hub): Promise<void> {
  await hub.createSpace({ id: space, private: false, variables: { FIRST: '1' }, secrets: { KEY: 'a' } });
  await hub.setVariable(space, 'SECOND', '2');
  await hub.deleteVariable(space, 'FIRST');
  await hub.setSecret(space, 'OTHER', 'b');
  await hub.deleteSecret(space, 'KEY');
  await hub.requestHardware(space, 't4-small', 3600);
  await hub.setVisibility(space, 'private');
  const info = await hub.spaceInfo(space);
  await hub.openPullRequest(space, { title: 'A change', description: '' });
  const bytes = Buffer.from('FROM scratch\n');
  await hub.commit(
    space,
    {
      title: 'One commit',
      description: '',
      parent: info?.sha ?? '',
      operations: [
        { kind: 'file', file: { path: 'Dockerfile', size: bytes.length, oid: '' }, read: async () => bytes },
      ],
    },
    async () => {
      const head = (await hub.spaceInfo(space))?.sha;
      return head === info?.sha ? undefined : head;
    },
  );
}

const fault = fc.record({
  after: fc.nat({ max: 14 }),
  does: fc.oneof(
    fc.constantFrom(500, 502, 503, 504).map((status) => ({ kind: 'status' as const, status })),
    fc.nat({ max: 300 }).map((seconds) => ({
      kind: 'status' as const,
      status: 429,
      headers: { ratelimit: `"api";r=0;t=${seconds}`, 'retry-after': '1' },
    })),
    fc.constantFrom({ kind: 'drop-before' as const }, { kind: 'drop-after' as const }),
  ),
});

test('storms of 5xx, 429 and lost connections end where calm would: everything done, and once', async () => {
  await fc.assert(
    // One try more than there are faults: wherever they fall, what is asked for can be had.
    fc.asyncProperty(fc.array(fault, { minLength: 1, maxLength: 4 }), async (faults) => {
      const emulator = await startHub();
      for (const { after, does } of faults) emulator.fail({ path: /./, after, does } satisfies HubFault);
      await workOn(clientOf(emulator, { clock: new FastClock() }));
      // What is left of the faults meets who looks.
      const calm = clientOf(emulator, { clock: new FastClock() });
      expect({
        variables: await calm.variables(space),
        secrets: Object.keys(await calm.secrets(space)),
        hardware: (await calm.runtime(space)).hardware.requested,
        isPrivate: (await calm.spaceInfo(space))?.private,
        pullRequests: (await calm.listPullRequests(space)).map(({ title, isOpen }) => [title, isOpen]),
        commits: emulator.head(space)?.commits,
      }).toEqual({
        variables: { SECOND: '2' },
        secrets: ['OTHER'],
        hardware: 't4-small',
        isPrivate: true,
        pullRequests: [['A change', true]],
        commits: 2,
      });
      await emulator.close();
    }),
    { numRuns: scale(12, 1000) },
  );
});
