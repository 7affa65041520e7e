import { describe, expect, test } from '@jest/globals';
import { planPush } from '../../src/plan/make-plan.js';
import { applyPlan, push, pushAll } from '../../src/push/push.js';
import { clientOf, failureOf, pushing, stagedOf, startHub } from '../support/hub.js';

const accounts = [
  { name: 'ann', token: 'hf_ann', orgs: { proposers: 'contributor', writers: 'write' } },
  { name: 'poor', token: 'hf_poor', isPro: false },
] as const;

describe('what a person is told, and what to do next', () => {
  test('a Docker Space without a paid plan', async () => {
    const emulator = await startHub({ accounts });
    expect(await failureOf(push(clientOf(emulator, { token: 'hf_poor' }), pushing(stagedOf())))).toMatchObject({
      code: 'HAWSER_HF_PAYMENT_REQUIRED',
      exitCode: 1,
      message: expect.stringMatching(/^Failed to create space poor\/echo_env: The Hub asks for a paid plan: /),
      hint: 'Docker Spaces need a PRO account, or a Team or Enterprise organization: huggingface.co/pricing.',
      details: { status: 402 },
    });
    expect(emulator.head('poor/echo_env')).toBeUndefined();
  });

  test('a contributor, and what the Hub says itself to one it did not show as such', async () => {
    const emulator = await startHub({ accounts });
    const hub = clientOf(emulator);
    expect(await failureOf(push(hub, pushing(stagedOf(), { namespace: 'proposers' })))).toMatchObject({
      code: 'HAWSER_HF_CONTRIBUTOR',
      exitCode: 1,
      message: expect.stringMatching(
        /^Failed to create space \S+: ann is a contributor of proposers, who may only propose$/,
      ),
      hint: 'Push as a pull request with --pr, or ask an admin of the organization for the write role.',
    });
    await push(hub, pushing(stagedOf(), { namespace: 'writers' }));
    emulator.fail({
      path: /\/commit\//,
      does: { kind: 'status', status: 403, body: { error: 'pass `create_pr=1` as a query parameter' } },
    });
    const refused = push(hub, pushing(stagedOf({ 'a.txt': 'a' }), { namespace: 'writers' }));
    expect(await failureOf(refused)).toMatchObject({
      code: 'HAWSER_HF_CONTRIBUTOR',
      message: expect.stringMatching(/^Failed to upload to space writers\/echo_env: This token may only propose/),
      hint: expect.stringContaining('--pr'),
    });
    expect(emulator.head('writers/echo_env')?.commits).toBe(2);
  });

  test('a token that expired on the way', async () => {
    const emulator = await startHub({ accounts });
    emulator.fail({ path: /\/commit\//, does: { kind: 'status', status: 401, body: { error: 'expired' } } });
    expect(await failureOf(push(clientOf(emulator), pushing(stagedOf())))).toMatchObject({
      code: 'HAWSER_HF_TOKEN_INVALID',
      message: 'Failed to upload to space ann/echo_env: The Hub does not accept this token: expired',
      hint: expect.stringContaining('write permission'),
    });
    expect(emulator.head('ann/echo_env')?.commits).toBe(1);
  });

  test('a plan that was changed, one of another Hub, one that lost its Space, one whose Space is there by now', async () => {
    const emulator = await startHub({ accounts });
    const hub = clientOf(emulator);
    const next = pushing(stagedOf());
    const plan = await planPush(hub, next);
    const apply = { stage: next.stage! };
    expect(await failureOf(applyPlan(hub, { ...plan, digest: `sha256:${'0'.repeat(64)}` }, apply))).toMatchObject({
      code: 'HAWSER_HF_PLAN_INVALID',
      exitCode: 2,
      message: expect.stringContaining('it was changed after it was made'),
      hint: 'Make a new plan with hawser hf plan.',
    });
    const elsewhere = clientOf(await startHub({ accounts }));
    const stale = { code: 'HAWSER_HF_PLAN_STALE', exitCode: 1, hint: expect.stringContaining('Make a new one') };
    expect(await failureOf(applyPlan(elsewhere, plan, apply))).toMatchObject({
      ...stale,
      message: expect.stringContaining(`it was made for ${emulator.endpoint}`),
    });
    await push(hub, pushing(stagedOf({ 'other.txt': 'other' })));
    expect(await failureOf(applyPlan(hub, plan, apply))).toMatchObject({
      ...stale,
      message: 'The plan for ann/echo_env no longer holds: there is a Space by now',
    });
    const second = await planPush(hub, next);
    await fetch(`${emulator.endpoint}/api/repos/delete`, {
      method: 'DELETE',
      headers: { authorization: 'Bearer hf_ann', 'content-type': 'application/json' },
      body: JSON.stringify({ type: 'space', name: 'echo_env', organization: null }),
    });
    expect(await failureOf(applyPlan(hub, second, apply))).toMatchObject({
      ...stale,
      message: 'The plan for ann/echo_env no longer holds: the Space is gone',
    });
    expect(emulator.head('ann/echo_env')).toBeUndefined();
  });

  test('several environments to one Space', async () => {
    const emulator = await startHub({ accounts });
    for (const target of [{ repoId: 'x/y' }, { spaceName: 'y' }])
      expect(await failureOf(pushAll(clientOf(emulator), ['a', 'b'], { from: '/', ...target }))).toMatchObject({
        code: 'HAWSER_HF_BAD_INPUT',
        exitCode: 2,
        message: 'Several environments cannot go to one Space',
        hint: 'Leave --space-name and --repo-id out, or push one environment.',
      });
    expect(emulator.requests).toEqual([]);
  });
});
