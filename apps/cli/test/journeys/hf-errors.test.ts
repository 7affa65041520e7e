import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { HubEmulatorOptions } from '@hawser/emulators/hub';
import { useHawser } from '../support/hawser.js';
import { openWorkshop, type Workshop } from '../support/hub.js';

const hawser = useHawser();

interface Case {
  readonly what: string;
  readonly hub?: HubEmulatorOptions;
  readonly prepare?: (workshop: Workshop) => void | Promise<void>;
  readonly args?: readonly string[];
  readonly code: string;
  /** Message and hint, as people read them. */
  readonly says: RegExp;
  readonly exitCode?: number;
  /** Whether something was staged, and is kept. */
  readonly keeps?: boolean;
}

const cases: readonly Case[] = [
  {
    what: 'a name that no environment has',
    args: ['ecco_env'],
    code: 'HAWSER_HF_ENV_NOT_FOUND',
    says: /^✗ Environment 'ecco_env' not found\. Searched .*\/src\/envs\/ecco_env, .* Did you mean echo_env\?\n {2}Check the spelling, and that src\/envs\/NAME/m,
    exitCode: 2,
  },
  {
    what: 'a person without a paid plan',
    hub: { accounts: [{ name: 'poor', token: 'hf_poor', isPro: false }] },
    code: 'HAWSER_HF_PAYMENT_REQUIRED',
    says: /^✗ Failed to create space poor\/echo_env: .*\n {2}Docker Spaces need a PRO account/m,
    keeps: true,
  },
  {
    what: 'a namespace that the token may not write to',
    prepare: ({ hub }) =>
      hub.fail({ path: /\/api\/repos\/create/, does: { kind: 'status', status: 403, body: { error: 'not yours' } } }),
    code: 'HAWSER_HF_ACCESS_DENIED',
    says: /^✗ Failed to create space hawser\/echo_env: .*\n {2}\S/m,
    keeps: true,
  },
  {
    what: 'a Space of another kind',
    prepare: async ({ hub }) => {
      await fetch(`${hub.endpoint}/api/repos/create`, {
        method: 'POST',
        headers: { authorization: `Bearer ${hub.accounts[0]?.token}` },
        body: JSON.stringify({ type: 'space', sdk: 'gradio', name: 'echo_env' }),
      });
    },
    code: 'HAWSER_HF_SPACE_WRONG_SDK',
    says: /^✗ Failed to create space hawser\/echo_env: it is a gradio Space\.\n {2}Choose another --space-name/m,
  },
  {
    what: 'a contributor, who may only propose',
    hub: { accounts: [{ name: 'me', token: 'hf_me', orgs: { club: 'contributor' } }] },
    args: ['echo_env', '--namespace', 'club'],
    code: 'HAWSER_HF_CONTRIBUTOR',
    says: /^✗ .*me is a contributor of club, who may only propose\.\n {2}Push as a pull request with --pr/m,
  },
  {
    what: 'a commit that is refused',
    prepare: ({ hub }) =>
      hub.fail({ path: /\/commit\/main/, does: { kind: 'status', status: 403, body: { error: 'not now' } } }),
    code: 'HAWSER_HF_ACCESS_DENIED',
    says: /^✗ Failed to upload to space hawser\/echo_env: .*\n {2}\S/m,
    keeps: true,
  },
  {
    what: 'a budget that is used up',
    hub: { rateLimit: { requests: 2, windowSeconds: 86_400 } },
    code: 'HAWSER_HF_RATE_LIMITED',
    says: /^✗ .*\n {2}Wait as long as is said, then push again\./m,
    keeps: true,
  },
  {
    what: 'a token in a file',
    prepare: ({ write }) => write({ 'src/core/settings.py': `TOKEN = "hf_${'a1B2'.repeat(9)}"\n` }),
    code: 'HAWSER_HF_SECRET_FOUND',
    says: /^✗ .*src\/core\/settings\.py.*\n {2}Take the secret out of the file/m,
    exitCode: 2,
  },
  {
    what: 'a Dockerfile that copies what is not there',
    prepare: ({ write }) => write({ 'src/envs/echo_env/server/Dockerfile': 'FROM python:3.11\nCOPY nothing /app/\n' }),
    code: 'HAWSER_HF_ENV_INVALID',
    says: /^✗ .*nothing.*\n {2}\S/m,
    exitCode: 2,
  },
];

describe('a push that fails says why and what to do next', () => {
  test.each(cases)('$what: $code', async ({ hub, prepare, args = ['echo_env'], says, exitCode = 1, keeps }) => {
    const workshop = await openWorkshop(hawser, hub);
    await prepare?.(workshop);
    const { run, folder } = workshop;
    const human = await run(['hf', 'push', ...args]);
    expect(human.stderr).toMatch(says);
    expect(human.stderr).not.toMatch(/^\s+at |node:internal/m);
    expect([human.stdout, human.exitCode]).toEqual(['', exitCode]);
    const staging = join(folder, 'hf-staging/echo_env');
    expect(existsSync(staging)).toBe(keeps ?? false);
    if (keeps) expect(human.stderr).toContain(`The staged files are kept in ${staging}\n`);
  });

  test.each(cases)('$what, in JSON form', async ({ hub, prepare, args = ['echo_env'], code, exitCode = 1 }) => {
    const workshop = await openWorkshop(hawser, hub);
    await prepare?.(workshop);
    const end = await workshop.run(['hf', 'push', ...args, '--json']);
    expect(end.json).toMatchObject({ ok: false, error: { code, exitCode, hint: expect.any(String) as unknown } });
    expect([end.stdout.trimEnd().split('\n').length, end.stderr, end.exitCode]).toEqual([1, '', exitCode]);
  });
});
