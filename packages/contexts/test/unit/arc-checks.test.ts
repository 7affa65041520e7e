import { describe, expect, test } from '@jest/globals';
import { judge } from '../../src/arc/checks/all.js';
import type { Observation } from '../../src/arc/evidence/observation.js';
import type { CheckId, CheckResult, OidcEvidence, Subject } from '../../src/arc/types.js';
import {
  githubRunner,
  healthy,
  listenerPod,
  lost,
  minutesAgo,
  refused,
  runner,
  runnerPod,
  scaleSet,
  seen,
  settings,
  subject,
} from '../support/arc-observations.js';

interface Case {
  readonly why: string;
  readonly look: Observation;
  readonly says: RegExp;
  readonly subject?: Partial<Subject>;
  readonly oidc?: OidcEvidence;
  readonly final?: true;
  readonly others?: readonly CheckId[];
}

const name = 'linux-abcde-runner-fghij';
const busy = runner(name, { phase: 'Running', runnerId: 7, jobId: 'a-job', jobDisplayName: 'build' });
const idle = runner(name, { phase: 'Pending', runnerId: 7 });
const items = <T>(...all: readonly T[]): { seen: { items: readonly T[]; complete: boolean } } =>
  seen({ items: all, complete: true });
const job = {
  id: 1,
  run_id: 9,
  name: 'build',
  status: 'queued',
  created_at: minutesAgo(11),
  labels: ['linux'],
};
const controller = (version: string, availableReplicas: number): Observation['cluster']['controllers'] =>
  seen([
    {
      metadata: { name: 'arc', namespace: 'arc-systems', labels: { 'app.kubernetes.io/version': version } },
      status: { replicas: 1, availableReplicas },
    },
  ]);
const run = { workflow: 'probe.yml', ref: 'main', dispatchedAt: minutesAgo(2) };
const done = { id: 4, run_id: 9, name: 'probe', status: 'completed', conclusion: 'success', labels: ['linux'] };

const broken: readonly (Case & { readonly id: CheckId })[] = [
  { id: 'C1', why: 'no controller', look: healthy({ cluster: { controllers: seen([]) } }), says: /No Deployment/ },
  {
    id: 'C1',
    why: 'none available',
    look: healthy({ cluster: { controllers: controller('0.14.2', 0) } }),
    says: /No replica/,
  },
  {
    id: 'C1',
    why: 'another version',
    look: healthy({ cluster: { controllers: controller('0.9.3', 1) } }),
    says: /is 0\.9\.3, the set 0\.14\.2/,
    final: true,
  },
  {
    id: 'C2',
    why: 'no such set',
    look: healthy({ cluster: { sets: seen([scaleSet({ metadata: { name: 'gpu' } })]) } }),
    says: /no scale set linux/,
    others: ['C8'],
  },
  {
    id: 'C2',
    why: 'ARC is not installed',
    look: healthy({ cluster: { groups: seen(['apps']), sets: seen([]) } }),
    says: /not installed/,
    others: ['C8'],
  },
  {
    id: 'C2',
    why: 'the older ARC',
    look: healthy({
      cluster: {
        groups: seen(['actions.summerwind.dev']),
        sets: seen([]),
        legacy: seen([{ metadata: { name: 'old' } }]),
      },
    }),
    says: /older ARC \(actions\.summerwind\.dev\) with old/,
    final: true,
    others: ['C8'],
  },
  {
    id: 'C2',
    why: 'pending',
    look: healthy({ cluster: { sets: seen([scaleSet({ status: { phase: 'Pending' } })]) } }),
    says: /is Pending/,
  },
  {
    id: 'C2',
    why: 'outdated',
    look: healthy({ cluster: { sets: seen([scaleSet({ status: { phase: 'Outdated' } })]) } }),
    says: /is outdated/,
    final: true,
  },
  {
    id: 'C2',
    why: 'going',
    look: healthy({ cluster: { sets: seen([scaleSet({ metadata: { deletionTimestamp: minutesAgo(1) } })]) } }),
    says: /being deleted/,
  },
  {
    id: 'C2',
    why: 'of another repository',
    look: healthy({
      cluster: { sets: seen([scaleSet({ spec: { githubConfigUrl: 'https://github.com/acme/other' } })]) },
    }),
    says: /works for the repository acme\/other, not for acme\/app/,
    final: true,
  },
  {
    id: 'C2',
    why: 'of another organization',
    look: healthy({ cluster: { sets: seen([scaleSet({ spec: { githubConfigUrl: 'https://github.com/other' } })]) } }),
    says: /works for the organization other, not for acme\/app/,
    final: true,
  },
  {
    id: 'C2',
    why: 'of another server',
    look: healthy({ cluster: { sets: seen([scaleSet({ spec: { githubConfigUrl: 'https://ghe.acme.test/acme' } })]) } }),
    says: /works for https:\/\/ghe\.acme\.test/,
    final: true,
  },
  {
    id: 'C3',
    why: 'no listener',
    look: healthy({ cluster: { listeners: seen([]) } }),
    says: /has no AutoscalingListener/,
  },
  { id: 'C3', why: 'no pod', look: healthy({ cluster: { listenerPods: seen([]) } }), says: /has no pod/ },
  {
    id: 'C3',
    why: 'pod not ready',
    look: healthy({ cluster: { listenerPods: seen([listenerPod(false)]) } }),
    says: /No pod of the listener is ready/,
  },
  {
    id: 'C4',
    why: 'a failed runner',
    look: healthy({
      cluster: {
        runners: seen([runner(name, { phase: 'Failed', reason: 'TooManyPodFailures' })]),
        sets: seen([scaleSet({ status: { phase: 'Running', currentRunners: 0 } })]),
      },
    }),
    says: /linux-abcde-runner-fghij \(TooManyPodFailures\)/,
    final: true,
  },
  {
    id: 'C5',
    why: 'no pod',
    look: healthy({
      cluster: { runners: seen([runner(name, { phase: 'Running', runnerId: 7 })]) },
      github: { runners: items(githubRunner(7, name)) },
    }),
    says: /without a living pod: linux-abcde-runner-fghij/,
  },
  {
    id: 'C5',
    why: 'a dead pod',
    look: healthy({
      cluster: {
        runners: seen([runner(name, { phase: 'Running', runnerId: 7 })]),
        pods: seen([runnerPod(name, 'Failed')]),
        sets: seen([scaleSet({ spec: { minRunners: 1 } })]),
      },
      github: { runners: items(githubRunner(7, name)) },
    }),
    says: /without a living pod/,
  },
  {
    id: 'C6',
    why: 'a finalizer for six minutes',
    look: healthy({
      cluster: {
        runners: seen([
          runner(
            name,
            {},
            {
              deletionTimestamp: minutesAgo(6),
              finalizers: ['ephemeralrunner.actions.github.com/runner-registration-finalizer'],
            },
          ),
        ]),
      },
    }),
    says: /more than 5 minutes: ephemeralrunner\/linux-abcde/,
  },
  {
    id: 'C7',
    why: 'a job',
    look: healthy({
      cluster: { runners: seen([busy]), pods: seen([runnerPod(name)]) },
      github: { runners: items(githubRunner(7, name)) },
    }),
    says: /1 runner with a job/,
  },
  {
    id: 'C7',
    why: 'more than are kept',
    look: healthy({
      cluster: { sets: seen([scaleSet({ spec: { minRunners: 1 }, status: { phase: 'Running', currentRunners: 2 } })]) },
    }),
    says: /2 runners where 1 is kept/,
  },
  {
    id: 'C7',
    why: 'a pod left over',
    look: healthy({ cluster: { pods: seen([runnerPod(name)]) } }),
    says: /1 runner where 0 are kept/,
  },
  {
    id: 'C7',
    why: 'it runs on its own set',
    look: healthy({
      cluster: { pods: seen([runnerPod(name)]), runners: seen([idle]) },
      github: { runners: items(githubRunner(7, name)) },
    }),
    subject: { self: name },
    says: /This runs on linux-abcde-runner-fghij, a runner of the very scale set/,
    final: true,
  },
  {
    id: 'C8',
    why: 'busy at GitHub',
    look: healthy({
      cluster: { runners: seen([idle]) },
      github: { runners: items(githubRunner(7, name, { busy: true })) },
    }),
    says: /GitHub says linux-abcde-runner-fghij is busy/,
    others: ['C7'],
  },
  {
    id: 'C8',
    why: 'left behind offline',
    look: healthy({ github: { runners: items(githubRunner(8, 'linux-zzzzz-runner-yyyyy', { status: 'offline' })) } }),
    says: /still lists linux-zzzzz-runner-yyyyy \(offline\)/,
  },
  {
    id: 'C8',
    why: 'an orphan in the cluster',
    look: healthy({ cluster: { runners: seen([idle]), sets: seen([scaleSet({ spec: { minRunners: 1 } })]) } }),
    says: /GitHub does not know linux-abcde-runner-fghij/,
  },
  {
    id: 'C8',
    why: 'the list of a repository, runners of an organization',
    look: healthy({ cluster: { runners: seen([idle]), sets: lost }, github: { scope: '/repos/acme/app' } }),
    says: /\/repos\/acme\/app lists no runner of this set, but the cluster has 1 registered runner: they belong elsewhere/,
    others: ['C2', 'C7', 'C10'],
  },
  {
    id: 'C8',
    why: 'an empty list and no set',
    look: healthy({ cluster: { sets: lost } }),
    says: /cannot be told without the scale set/,
    others: ['C2', 'C10'],
  },
  {
    id: 'C8',
    why: 'more pages than were read',
    look: healthy({ github: { runners: seen({ items: [], complete: false }) } }),
    says: /more runners than were read/,
  },
  {
    id: 'C9',
    why: 'a job that nobody takes',
    look: healthy({ github: { jobs: items(job) } }),
    says: /1 job of acme\/app waiting for more than 10 min: build/,
  },
  {
    id: 'C10',
    why: 'no such Secret',
    look: healthy({ cluster: { secret: seen(null) } }),
    says: /linux-github does not exist/,
  },
  {
    id: 'C10',
    why: 'half an App',
    look: healthy({ cluster: { secret: seen({ keys: ['github_app_id', 'github_app_private_key'] }) } }),
    says: /github_app_installation_id missing/,
  },
  {
    id: 'C10',
    why: 'none named',
    look: healthy({
      cluster: { sets: seen([scaleSet({ spec: { githubConfigSecret: undefined as unknown as string } })]) },
    }),
    says: /names no Secret/,
    final: true,
  },
  {
    id: 'C11',
    why: 'not dispatched yet',
    look: healthy({ github: { probe: seen({ workflow: 'probe.yml', ref: 'main' }) } }),
    says: /not dispatched before/,
  },
  { id: 'C11', why: 'no run yet', look: healthy({ github: { probe: seen(run) } }), says: /its run has not come up/ },
  {
    id: 'C11',
    why: 'in progress',
    look: healthy({ github: { probe: seen({ ...run, run: { id: 9, status: 'in_progress' }, jobs: [] }) } }),
    says: /Run 9 of probe\.yml is in_progress/,
  },
  {
    id: 'C11',
    why: 'it failed',
    look: healthy({
      github: {
        probe: seen({
          ...run,
          run: { id: 9, status: 'completed', conclusion: 'failure' },
          jobs: [{ ...done, conclusion: 'failure' }],
        }),
      },
    }),
    says: /ended with failure/,
    final: true,
  },
  {
    id: 'C11',
    why: "on somebody else's runner",
    look: healthy({
      github: {
        probe: seen({
          ...run,
          run: { id: 9, status: 'completed', conclusion: 'success' },
          jobs: [{ ...done, runner_name: 'GitHub Actions 1', runner_id: 1 }],
        }),
      },
    }),
    says: /but on GitHub Actions 1, none of this set/,
    final: true,
  },
  {
    id: 'C11',
    why: 'the runner is still there',
    look: healthy({
      cluster: { runners: seen([runner(name, { phase: 'Succeeded', runnerId: 7 })]) },
      github: {
        probe: seen({
          ...run,
          run: { id: 9, status: 'completed', conclusion: 'success' },
          jobs: [{ ...done, runner_name: name, runner_id: 7 }],
        }),
      },
    }),
    says: /did its job and is not gone yet/,
  },
  {
    id: 'C12',
    why: 'a check of OIDC',
    look: healthy(),
    oidc: {
      checks: [{ name: 'provider', status: 'fail', summary: 'IAM knows no such provider.', advice: 'Make it.' }],
    },
    says: /provider: IAM knows no such provider/,
    final: true,
  },
  {
    id: 'C12',
    why: 'no check was made',
    look: healthy(),
    oidc: { checks: [] },
    says: /No check of the AWS identity/,
    final: true,
  },
];

const find = (look: Observation, { subject: changed, oidc }: Partial<Case> = {}): readonly CheckResult[] =>
  judge(look, { subject: { ...subject, ...changed }, settings, oidc });

describe('a check that fails', () => {
  test.each(broken)('$id: $why', ({ id, look, says, final, ...asked }) => {
    const found = find(look, asked).find((check) => check.id === id);
    expect(found).toMatchObject({ status: 'fail', summary: expect.stringMatching(says) });
    expect(found?.advice?.length).toBeGreaterThan(5);
    expect(found?.final).toBe(final);
  });

  test('each is seen to fail alone, or with those it is said to take along', () => {
    const beside = broken.map(({ id, why, look, others = [], ...asked }) => ({
      why: `${id} ${why}`,
      failing: find(look, asked).flatMap((one) =>
        one.status === 'fail' && one.id !== id && !others.includes(one.id) ? [one.id] : [],
      ),
    }));
    // What a pod or a runner too many means for idleness, and for GitHub's list, is said by those checks too.
    const expected = new Set(['C7', 'C8']);
    expect(beside.filter(({ failing }) => failing.some((id) => !expected.has(id)))).toEqual([]);
  });

  test('every check was seen to fail', () => {
    expect(new Set(broken.map(({ id }) => id)).size).toBe(12);
  });
});

const passing: readonly Case[] = [
  { why: 'an idle set', look: healthy(), says: /^C1/ },
  {
    why: 'as many idle runners as are kept',
    look: healthy({
      cluster: {
        sets: seen([scaleSet({ spec: { minRunners: 1 }, status: { phase: 'Running', currentRunners: 1 } })]),
        runners: seen([idle]),
        pods: seen([runnerPod(name)]),
      },
      github: { runners: items(githubRunner(7, name)) },
    }),
    says: /^C7/,
  },
  {
    why: "the listener's pod in the runners' namespace, with the set's label",
    look: healthy({
      cluster: { pods: seen([runnerPod('linux-754b578d-listener', 'Running', 'runner-scale-set-listener')]) },
    }),
    says: /^C7/,
  },
  {
    why: "another set's runners at GitHub, busy",
    look: healthy({
      github: {
        runners: items(githubRunner(9, 'linux-large-abcde-runner-fghij', { busy: true, labels: ['linux-large'] })),
      },
    }),
    says: /^C8/,
  },
  {
    why: 'a version of ARC that tells no phase',
    look: healthy({ cluster: { sets: seen([scaleSet({ status: { currentRunners: 0 } })]) } }),
    says: /^C2/,
  },
  {
    why: 'a name in runs-on that is not that of the installation',
    look: healthy({ cluster: { sets: seen([scaleSet({ spec: { runnerScaleSetName: 'big-linux' } })]) } }),
    subject: { scaleSet: 'big-linux' },
    says: /^C2/,
  },
  {
    why: 'of the repository itself, whatever the case',
    look: healthy({
      cluster: { sets: seen([scaleSet({ spec: { githubConfigUrl: 'https://github.com/Acme/App' } })]) },
    }),
    says: /^C2/,
  },
  {
    why: 'of an enterprise',
    look: healthy({
      cluster: { sets: seen([scaleSet({ spec: { githubConfigUrl: 'https://github.com/enterprises/acme-inc' } })]) },
    }),
    says: /^C2/,
  },
  {
    why: 'a runner that is going, for four minutes',
    look: healthy({
      cluster: {
        runners: seen([
          runner(
            name,
            { phase: 'Succeeded', runnerId: 7 },
            { deletionTimestamp: minutesAgo(4), finalizers: ['ephemeralrunner.actions.github.com/finalizer'] },
          ),
        ]),
      },
    }),
    says: /^C6/,
  },
  {
    why: 'a pod that takes its time to end, which nothing holds',
    look: healthy({
      cluster: {
        sets: seen([scaleSet({ spec: { minRunners: 1 } })]),
        pods: seen([{ metadata: { name, deletionTimestamp: minutesAgo(6) } }]),
      },
    }),
    says: /^C6/,
  },
  {
    why: 'a runner that has done its job and is not tidied up yet',
    look: healthy({ cluster: { runners: seen([runner(name, { phase: 'Succeeded', runnerId: 7, jobId: 'a-job' })]) } }),
    says: /^C7/,
  },
  {
    why: 'a young job, and old ones for others',
    look: healthy({
      github: {
        jobs: items(
          { ...job, created_at: minutesAgo(9) },
          { ...job, labels: ['ubuntu-latest'] },
          { ...job, status: 'in_progress' },
          { ...job, labels: ['linux', 'gpu'] },
        ),
      },
    }),
    says: /^C9/,
  },
  {
    why: 'the keys of an App',
    look: healthy({
      cluster: { secret: seen({ keys: ['github_app_id', 'github_app_installation_id', 'github_app_private_key'] }) },
    }),
    says: /^C10/,
  },
  {
    why: 'a probe that came and went',
    look: healthy({
      github: {
        probe: seen({
          ...run,
          run: { id: 9, status: 'completed', conclusion: 'success' },
          jobs: [{ ...done, runner_name: name, runner_id: 7 }],
        }),
      },
    }),
    says: /^C11/,
  },
  {
    why: 'an identity',
    look: healthy(),
    oidc: {
      identity: { arn: 'arn:aws:sts::1:assumed-role/r/s', account: '1', source: 'web identity' },
      checks: [{ name: 'issuer', status: 'pass', summary: 'There.' }],
    },
    says: /^C12/,
  },
];

describe('a check that passes', () => {
  test.each(passing)('$why', ({ look, says, ...asked }) => {
    const found = find(look, asked);
    expect(found.filter(({ status }) => status === 'fail' || status === 'warn')).toEqual([]);
    expect(found.find(({ id }) => says.exec(id)?.[0] === id)?.status).toBe('pass');
  });

  test('every check was seen to pass', () => {
    const passed = passing.flatMap(({ look, ...asked }) =>
      find(look, asked).flatMap(({ id, status }) => (status === 'pass' ? [id] : [])),
    );
    expect(new Set(passed).size).toBe(12);
  });
});

describe('what could not be seen', () => {
  test.each([
    ['sets', 'C2'],
    ['runners', 'C4'],
    ['runners', 'C5'],
    ['runners', 'C7'],
    ['runners', 'C8'],
    ['pods', 'C5'],
    ['pods', 'C7'],
  ] as const)('%s: %s fails, and a refusal for good', (part, id) => {
    const failing = (what: typeof lost | typeof refused): CheckResult | undefined =>
      find(healthy({ cluster: { [part]: what } })).find((one) => one.id === id);
    expect(failing(lost)).toMatchObject({ status: 'fail', summary: expect.stringContaining('Nobody answers.') });
    expect(failing(lost)?.final).toBeUndefined();
    expect(failing(refused)).toMatchObject({ status: 'fail', final: true, advice: 'Ask for it.' });
  });

  test.each([
    ['controllers', 'C1'],
    ['listeners', 'C3'],
    ['listenerPods', 'C3'],
    ['secret', 'C10'],
  ] as const)('%s: %s is skipped where one may not look, and fails where nobody answers', (part, id) => {
    const status = (what: typeof lost | typeof refused): string | undefined =>
      find(healthy({ cluster: { [part]: what } })).find((one) => one.id === id)?.status;
    expect([status(refused), status(lost)]).toEqual(['skipped', 'fail']);
  });

  test('GitHub: an unseen list fails, unseen jobs are skipped', () => {
    const found = find(healthy({ github: { runners: refused, jobs: refused } }));
    expect(found.find(({ id }) => id === 'C8')).toMatchObject({ status: 'fail', final: true });
    expect(found.find(({ id }) => id === 'C9')?.status).toBe('skipped');
  });
});

describe('a warning', () => {
  test.each([
    ['C1', healthy({ cluster: { sets: seen([scaleSet({ metadata: { labels: {} } })]) } })],
    ['C2', healthy({ cluster: { legacy: seen([{ metadata: { name: 'old' } }]) } })],
    ['C9', healthy({ github: { jobs: seen({ items: [], complete: false }) } })],
  ] as const)('%s does not make a set unhealthy', (id, look) => {
    const found = find(look);
    expect(found.filter(({ status }) => status === 'warn').map((one) => one.id)).toEqual([id]);
    expect(found.filter(({ status }) => status === 'fail')).toEqual([]);
  });
});
