import { describe, expect, test } from '@jest/globals';
import { makeChoices, presets, valuesOf } from '../../src/setup/choices.js';
import { planSetup, runSetup } from '../../src/setup/run-setup.js';
import type { Verb, VerbEnd, VerbRunner } from '../../src/setup/run-verb.js';
import { makeSteps } from '../../src/setup/steps.js';

describe('a choice', () => {
  const from = { flags: {}, environment: {}, remembered: {}, files: {}, preset: {} };

  test('is the flag, else the environment, else what is remembered, else what a file says, else the preset', () => {
    const all = {
      flags: { host: 'flag' },
      environment: { host: { value: 'environment', variable: 'HAWSER_BASTION_HOST' } },
      remembered: { host: 'remembered' },
      files: { host: { value: 'file', where: '.hawser.yaml:2' } },
      preset: { host: 'preset' },
    };
    const hostOf = (input: typeof from): unknown => makeChoices(input)[0];
    expect(hostOf(all)).toEqual({ name: 'host', value: 'flag', source: 'flag' });
    expect(hostOf({ ...all, flags: {} })).toEqual({
      name: 'host',
      value: 'environment',
      source: 'environment',
      variable: 'HAWSER_BASTION_HOST',
    });
    expect(hostOf({ ...from, remembered: all.remembered, preset: all.preset })).toMatchObject({ source: 'remembered' });
    expect(hostOf({ ...from, files: all.files, preset: all.preset })).toMatchObject({ value: 'file', source: 'file' });
    expect(hostOf({ ...from, preset: all.preset })).toMatchObject({ value: 'preset', source: 'preset' });
    expect(makeChoices(from)).toEqual([]);
  });
});

describe('the steps', () => {
  const input = { preset: 'staging', steps: presets['staging']?.steps ?? [], hasSet: false, overwrite: false };
  const choices = { via: 'ssh-bastion', host: 'bastion', 'prefect-profile': 'hawser-staging', target: 'staging' };

  test('are verbs as they would be typed', () => {
    expect(makeSteps({ ...input, choices }).map(({ argv }) => argv.join(' '))).toEqual([
      'net up --label staging --via ssh-bastion --host bastion',
      'aws check',
      'ctx init staging --prefect-profile hawser-staging --no-kube --yes',
      'env write --target staging',
    ]);
  });

  test('begin with the Python project where extras are chosen', () => {
    const [deps] = makeSteps({ ...input, choices: { ...choices, 'uv-extras': 'dev, docs' } });
    expect([deps?.program, ...(deps?.argv ?? [])].join(' ')).toBe('uv sync --extra dev --extra docs');
    expect(deps?.check?.argv).toContain('--check');
  });

  test('open the set of tunnels.yaml where there is one, and need no host then', () => {
    const [net] = makeSteps({ ...input, hasSet: true, choices: { via: 'ssh-bastion' } });
    expect(net?.argv).toEqual(['net', 'up', 'staging']);
  });

  test('hand a cluster and a profile to the verbs that take them', () => {
    const more = {
      ...choices,
      via: 'ssm',
      profile: 'ops',
      region: 'eu-west-1',
      'eks-cluster': 'blue',
      'allow-network': 'true',
    };
    expect(makeSteps({ ...input, overwrite: true, choices: more }).map(({ argv }) => argv.join(' '))).toEqual([
      'net up --label staging --via ssm --host bastion --profile ops --region eu-west-1',
      'aws check --profile ops --region eu-west-1 --eks-cluster blue',
      'ctx init staging --prefect-profile hawser-staging --eks-cluster blue --profile ops --region eu-west-1 --overwrite --yes',
      'env write --target staging --allow-network --overwrite',
    ]);
  });

  test.each([
    ['ssh-bastion', 'No bastion'],
    ['ssm', 'No managed node'],
  ])('by %s without a host say what is missing', (via, words) => {
    expect(() => makeSteps({ ...input, choices: { via } })).toThrow(
      expect.objectContaining({ code: 'HAWSER_SETUP_INCOMPLETE', message: expect.stringContaining(words) }),
    );
  });

  test('of every preset can be made', () => {
    for (const [preset, { steps, choices: preset_ }] of Object.entries(presets)) {
      const made = makeChoices({ flags: { host: 'h' }, environment: {}, remembered: {}, files: {}, preset: preset_ });
      expect(makeSteps({ preset, steps, choices: valuesOf(made), hasSet: false, overwrite: false })).toHaveLength(
        steps.length - 1,
      );
    }
  });
});

describe('a run', () => {
  const choices = { host: 'b', 'prefect-profile': 'p', target: 't' };
  const steps = makeSteps({
    preset: 'staging',
    steps: ['net', 'aws', 'ctx', 'env'],
    choices,
    hasSet: false,
    overwrite: false,
  });

  /** A world in which `env check` says 1 until `env write` was run, and so on; `broken` verbs end with 1. */
  class World {
    readonly ran: string[] = [];
    readonly done = new Set<string>();
    broken: string | undefined;

    get verbs(): VerbRunner {
      const ask = ({ argv }: Verb): Promise<VerbEnd> => Promise.resolve(this.#answer(argv));
      return { ask, show: ask } as unknown as VerbRunner;
    }

    #answer([topic = '', verb, ...rest]: readonly string[]): VerbEnd {
      const isCheck = verb === 'status' || rest.includes('--dry-run') || (topic === 'env' && verb === 'check');
      const done = this.done.has(topic);
      if (isCheck && topic === 'net')
        return { exitCode: 0, data: { tunnels: done ? [{ spec: { set: 'staging' }, link: { state: 'ready' } }] : [] } };
      if (isCheck && topic === 'ctx') return { exitCode: 0, data: { steps: done ? [] : [{}] } };
      if (isCheck) return { exitCode: done ? 0 : 1, data: undefined };
      this.ran.push(topic);
      if (this.broken === topic)
        return { exitCode: 1, data: undefined, error: { code: 'HAWSER_X', message: 'broken' } };
      this.done.add(topic);
      return { exitCode: 0, data: {} };
    }

    async run(): Promise<readonly string[]> {
      const planned = await planSetup(steps, this.verbs);
      const results = await runSetup(steps, planned, this.verbs, { json: true, onStep: () => undefined });
      return results.map(({ state }) => state);
    }
  }

  test('does everything once, and nothing twice', async () => {
    const world = new World();
    expect(await world.run()).toEqual(['done', 'done', 'done', 'done']);
    expect(await world.run()).toEqual(['done before', 'done', 'done before', 'done before']);
    expect(world.ran).toEqual(['net', 'aws', 'ctx', 'env', 'aws']);
  });

  test('that fails stops there, and goes on there the next time', async () => {
    const world = new World();
    world.broken = 'ctx';
    await expect(world.run()).rejects.toMatchObject({
      code: 'HAWSER_SETUP_STEP_FAILED',
      message: expect.stringContaining('broken'),
      details: { step: 'ctx', exitCode: 1 },
    });
    world.broken = undefined;
    expect(await world.run()).toEqual(['done before', 'done', 'done', 'done']);
    expect(world.ran).toEqual(['net', 'aws', 'ctx', 'aws', 'ctx', 'env']);
  });
});
