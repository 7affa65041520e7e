import { describe, expect, test } from '@jest/globals';
import { getStatus } from '../../src/space/status.js';
import { clientOf, failureOf, startHub } from '../support/hub.js';
import { shown } from '../support/shown.js';
import { space, startSpace, untilRunning } from '../support/space.js';

describe('the status of a Space', () => {
  test('is what it is, where it answers, and its newest commits', async () => {
    const { hub, emulator, bring } = await startSpace();
    const { commit, appUrl } = await bring({}, { private: true, hardware: 't4-small' });
    await untilRunning(hub);
    const status = await getStatus(hub, space);
    expect(status).toEqual({
      space,
      url: `${emulator.endpoint}/spaces/${space}`,
      appUrl,
      sdk: 'docker',
      private: true,
      commit,
      runtime: {
        stage: 'RUNNING',
        hardware: { current: 't4-small', requested: 't4-small' },
        errorMessage: undefined,
      },
      commits: [
        expect.objectContaining({ id: commit, title: 'Push echo_env with hawser', isOurs: true }),
        expect.objectContaining({ title: 'initial commit', isOurs: false, rolledBackTo: undefined }),
      ],
    });
    expect(appUrl).toMatch(/hawser-echo-env/);
  });

  test('has no more than ten commits, newest first', async () => {
    const { hub, bring } = await startSpace();
    for (let turn = 0; turn < 11; turn++) await bring({ 'a.txt': String(turn) });
    const { commits, commit } = await getStatus(hub, space);
    expect(commits).toHaveLength(10);
    expect(commits[0]?.id).toBe(commit);
  });

  test('of what is not there, or hidden, is an error', async () => {
    const accounts = [
      { name: 'ann', token: 'hf_ann' },
      { name: 'bob', token: 'hf_bob' },
    ];
    const emulator = await startHub({ accounts });
    await clientOf(emulator).createSpace({ id: 'ann/x', private: true, variables: {}, secrets: {} });
    expect(await getStatus(clientOf(emulator), 'ann/x')).toMatchObject({ private: true });
    const codes = ['hf_bob', 'hf_nobody', ''].map(
      async (token) => (await failureOf(getStatus(clientOf(emulator, { token }), 'ann/x'))).code,
    );
    expect(await Promise.all(codes)).toEqual([
      'HAWSER_HF_SPACE_NOT_FOUND',
      'HAWSER_HF_TOKEN_INVALID',
      'HAWSER_HF_TOKEN_MISSING',
    ]);
  });
});

describe('the settings of a Space', () => {
  test('variables are set, read, set again and deleted', async () => {
    const { hub, bring } = await startSpace();
    await bring();
    expect(await hub.variables(space)).toEqual({});
    await hub.setVariable(space, 'MODE', 'fast');
    await hub.setVariable(space, 'EMPTY', '');
    await hub.setVariable(space, 'MODE', 'é\nslow');
    expect(await hub.variables(space)).toEqual({ MODE: 'é\nslow', EMPTY: '' });
    await hub.deleteVariable(space, 'MODE');
    await hub.deleteVariable(space, 'NEVER_WAS');
    expect(await hub.variables(space)).toEqual({ EMPTY: '' });
  });

  test('secrets are set and named, and never told', async () => {
    const { hub, events, bring } = await startSpace();
    await bring();
    await hub.setSecret(space, 'KEY', 'planted-secret');
    const secrets = await hub.secrets(space);
    expect(secrets).toEqual({ KEY: { updatedAt: expect.any(String) } });
    expect(shown(secrets, events)).not.toContain('planted-secret');
    await hub.deleteSecret(space, 'KEY');
    expect(await hub.secrets(space)).toEqual({});
  });

  test('hardware, sleeping, restarts and visibility', async () => {
    const { hub, bring } = await startSpace([{ staleReadings: 0 }]);
    await bring();
    await untilRunning(hub);
    const asked = await hub.requestHardware(space, 't4-small', 3600);
    expect(asked.hardware).toEqual({ current: 'cpu-basic', requested: 't4-small' });
    await untilRunning(hub);
    expect((await hub.runtime(space)).hardware.current).toBe('t4-small');
    expect((await hub.pause(space)).stage).toBe('PAUSED');
    expect((await hub.restart(space)).stage).not.toBe('RUNNING');
    await untilRunning(hub);
    await hub.restart(space, { factory: true });
    expect((await hub.runtime(space)).stage).toMatch(/BUILDING$/);
    await hub.setVisibility(space, 'private');
    expect(await hub.spaceInfo(space)).toMatchObject({ private: true });
  });

  test('are repeated where the answer was lost: set twice is set once', async () => {
    const { hub, emulator, bring } = await startSpace();
    await bring();
    for (const path of [/variables$/, /secrets$/, /hardware$/, /pause$/])
      emulator.fail({ method: 'POST', path, does: { kind: 'drop-after' } });
    await hub.setVariable(space, 'A', '1');
    await hub.setSecret(space, 'B', '2');
    await hub.requestHardware(space, 't4-small');
    await hub.pause(space);
    expect(await hub.variables(space)).toEqual({ A: '1' });
    expect(emulator.requests.filter(({ path, status }) => path.endsWith('/variables') && status === 0)).toHaveLength(1);
  });

  test('may not be changed by who only reads, nor by a contributor', async () => {
    const accounts = [
      { name: 'ann', token: 'hf_ann', orgs: { team: 'admin' } },
      { name: 'bob', token: 'hf_bob', role: 'read', orgs: { team: 'admin' } },
      { name: 'cat', token: 'hf_cat', orgs: { team: 'contributor' } },
    ] as const;
    const emulator = await startHub({ accounts });
    await clientOf(emulator).createSpace({ id: 'team/x', private: false, variables: {}, secrets: {} });
    const bob = clientOf(emulator, { token: 'hf_bob' });
    expect((await failureOf(bob.setVariable('team/x', 'A', '1'))).code).toBe('HAWSER_HF_ACCESS_DENIED');
    const cat = clientOf(emulator, { token: 'hf_cat' });
    expect((await failureOf(cat.restart('team/x'))).code).toBe('HAWSER_HF_CONTRIBUTOR');
  });

  test('that the Hub does not take are told in its words', async () => {
    const { hub, bring } = await startSpace();
    await bring();
    const error = await failureOf(hub.requestHardware(space, 'cpu-of-dreams'));
    expect(error).toMatchObject({ code: 'HAWSER_HF_HUB_FAILED', details: { status: 400 } });
    expect(error.message).toContain('cpu-of-dreams');
  });
});
