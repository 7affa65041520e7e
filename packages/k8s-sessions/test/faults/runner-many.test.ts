import { randomBytes } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { scale } from '../../../../test/support/scale.js';
import { dialKey, dialRunner, signDial } from '../../src/runner/index.js';
import { startManyRunners, type ManyRunner } from '../support/many-runners.js';
import { TestViewer } from '../support/started-runner.js';

test('one process stands in for many runners, each with its own key and its own output', async () => {
  const count = scale(100, 2000);
  await using many = await startManyRunners(count);
  const { address, runners } = many;
  const claim = { viewer: 'v', role: 'control', nonce: '', expiresAtMs: Date.now() + 60_000 } as const;
  const viewers: TestViewer[] = [];
  const join = async ({ session, secret }: ManyRunner): Promise<TestViewer> => {
    const token = signDial(dialKey(secret), { ...claim, session, nonce: randomBytes(16).toString('hex') });
    const viewer = new TestViewer(`ws://127.0.0.1:${address.port}/session`, token);
    await viewer.attach({});
    await viewer.frame('ready');
    return viewer;
  };
  // Fewer at a time than a listening socket lets wait.
  for (let at = 0; at < count; at += 50)
    viewers.push(...(await Promise.all(runners.slice(at, at + 50).map(async (runner) => join(runner)))));
  expect(many.sockets).toBe(count);
  viewers.forEach((viewer, at) => viewer.type(`<${at}>`));
  await Promise.all(viewers.map(async (viewer, at) => viewer.shows(`<${at}>`)));
  for (const [at, viewer] of viewers.entries()) expect(viewer.text().toString()).toBe(`<${at}>`);

  const [{ session, epoch }, { secret }] = [runners[0]!, runners[1]!];
  const stranger = {
    address,
    session,
    epoch,
    key: dialKey(secret),
    viewer: 'v',
    role: 'view',
    nowMs: Date.now,
  } as const;
  await expect(dialRunner(stranger)).rejects.toMatchObject({ code: 'HAWSER_SESSIONS_RUNNER_UNREACHABLE' });
  for (const viewer of viewers) viewer.cut();
});
