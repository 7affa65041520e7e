import { describe, expect, test } from '@jest/globals';
import { createAwsApi, findTarget } from '../../src/aws/index.js';
import { openSession } from '../../src/session/open.js';
import { TARGET, openWorld, text } from '../support/world.js';

const TASK = '0123456789abcdef0123456789abcdef';

describe('against the emulated service', () => {
  test('targets are found by name, by tag and by container, and sessions start on them', async () => {
    await using world = await openWorld();
    const { api } = world;
    await expect(findTarget('web-1', api)).resolves.toMatchObject({ target: TARGET });
    await expect(findTarget('tag:Role=web', api)).resolves.toMatchObject({ target: TARGET });
    await expect(findTarget('worker', api)).rejects.toMatchObject({ code: 'HAWSER_SSM_TARGET_AMBIGUOUS' });
    await expect(findTarget('db-1', api)).rejects.toMatchObject({ code: 'HAWSER_SSM_TARGET_NOT_CONNECTED' });
    await expect(findTarget('nobody', api)).rejects.toMatchObject({ code: 'HAWSER_SSM_TARGET_NOT_FOUND' });
    await expect(findTarget(`ecs:default/${TASK}`, api)).rejects.toMatchObject({ code: 'HAWSER_SSM_TARGET_AMBIGUOUS' });
    const { target, ecs } = await findTarget(`ecs:default/${TASK}/app`, api);
    expect(target).toBe(`ecs:default_${TASK}_${TASK}-1234567890`);
    if (!ecs) throw new Error('no container was looked up');
    const start = await api.executeCommand({ ...ecs, command: 'echo from the container' });
    const session = await openSession({ start, api, target });
    await expect(text(session.stdout)).resolves.toContain('from the container');
    expect((await session.ended).reason).toBe('exited');
  });

  test('every call and the websocket carry a signature that holds', async () => {
    await using world = await openWorld();
    const session = await world.run('true');
    session.stdout.resume();
    await session.ended;
    const active = await world.api.describeSessions({ state: 'History' });
    expect(active.map(({ sessionId }) => sessionId)).toContain(session.sessionId);
    await expect(world.api.connectionStatus(TARGET)).resolves.toBe('connected');
    expect(new Set(world.emulator.calls.map(({ signature }) => signature))).toEqual(new Set(['valid']));
    expect(world.emulator.sessions.map(({ signature }) => signature)).toEqual(['valid']);
  });

  test('a clock that is an hour wrong is put right, for the websocket too', async () => {
    await using world = await openWorld({ clockOffsetMs: 3_600_000 });
    const session = await world.run('echo in time');
    await expect(text(session.stdout)).resolves.toBe('in time\n');
    expect(world.emulator.sessions.map(({ signature }) => signature)).toEqual(['valid']);
  });

  test('keys that the service does not know are refused', async () => {
    await using world = await openWorld();
    const env = { ...world.emulator.env, AWS_SECRET_ACCESS_KEY: 'another' };
    using api = createAwsApi({ env });
    await expect(api.startSession({ target: TARGET })).rejects.toMatchObject({
      code: 'HAWSER_SSM_CREDENTIALS_REFUSED',
    });
  });
});
