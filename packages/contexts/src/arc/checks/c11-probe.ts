import type { Finding } from '../types.js';
import type { Probe } from '../evidence/github.js';
import { cannotTell, isNamedAfter, names, type Check, type Look } from './look.js';

/** C11: a workflow that was dispatched got a runner of this set, succeeded, and the runner is gone again. */
export const probeCheck: Check = {
  id: 'C11',
  title: 'A dispatched workflow got a runner, which came and went',
  judge(look) {
    const { probe } = look.observation.github;
    if (!probe) return { status: 'skipped', summary: 'Not asked for: --probe-workflow FILE@REF.' };
    if ('unseen' in probe) return cannotTell('The probe', probe.unseen);
    return judge(look, probe.seen);
  },
};

function judge(look: Look, probe: Probe): Finding {
  const waiting = (summary: string): Finding => ({
    status: 'fail',
    summary,
    advice: 'Wait; if it stays so, the checks above say what is missing.',
    ...(probe.run ? { evidence: { run: probe.run.id } } : {}),
  });
  if (probe.dispatchedAt === undefined)
    return waiting(`${probe.workflow} is not dispatched before controller, set and listener are well.`);
  if (!probe.run) return waiting(`${probe.workflow} was dispatched at ${probe.dispatchedAt}; its run has not come up.`);
  const jobs = probe.jobs ?? [];
  const wrong = jobs.filter(({ conclusion }) => conclusion !== undefined && conclusion !== 'success');
  if (wrong.length > 0 || (probe.run.conclusion !== undefined && probe.run.conclusion !== 'success')) {
    return {
      status: 'fail',
      summary: `Run ${probe.run.id} of ${probe.workflow} ended with ${wrong[0]?.conclusion ?? probe.run.conclusion ?? ''}.`,
      advice: 'Read the log of the run on GitHub.',
      evidence: {
        run: probe.run.id,
        jobs: wrong.slice(0, 20).map(({ name, conclusion }) => ({ name, conclusion: conclusion ?? null })),
      },
      final: true,
    };
  }
  if (probe.run.status !== 'completed')
    return waiting(`Run ${probe.run.id} of ${probe.workflow} is ${probe.run.status ?? 'not begun'}.`);
  const set = look.set?.metadata.name ?? look.subject.scaleSet;
  const own = jobs.filter(({ runner_name: name }) => name !== undefined && isNamedAfter(name, set));
  if (own.length === 0) {
    return {
      status: 'fail',
      summary: `Run ${probe.run.id} succeeded, but on ${names(jobs.map(({ runner_name: name }) => name ?? 'no runner'))}, none of this set.`,
      advice: `Let a job of ${probe.workflow} have runs-on: ${set}.`,
      evidence: { run: probe.run.id },
      final: true,
    };
  }
  const still = own.filter(({ runner_id: id, runner_name: name }) => isThere(look, id, name));
  if (still.length > 0)
    return waiting(`${names(still.map(({ runner_name: name }) => name ?? ''))} did its job and is not gone yet.`);
  return {
    status: 'pass',
    summary: `Run ${probe.run.id} succeeded on ${names(own.map(({ runner_name: name }) => name ?? ''))}, now gone.`,
    evidence: { run: probe.run.id, runners: own.slice(0, 20).map(({ runner_name: name }) => name ?? null) },
  };
}

function isThere(
  { observation: { cluster, github } }: Look,
  id: number | undefined,
  name: string | undefined,
): boolean {
  const inCluster =
    'seen' in cluster.runners &&
    cluster.runners.seen.some(
      ({ metadata, status }) => metadata.name === name || (id !== undefined && status?.runnerId === id),
    );
  const atGithub =
    'seen' in github.runners && github.runners.seen.items.some((one) => one.name === name || one.id === id);
  return inCluster || atGithub;
}
