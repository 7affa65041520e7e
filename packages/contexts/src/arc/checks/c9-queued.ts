import { cannotTell, counted, labelsOf, names, type Check } from './look.js';

/** C9: no job that this set should take has been waiting (actions-runner-controller issue 3649). */
export const queuedCheck: Check = {
  id: 'C9',
  title: 'No job has been waiting for this set',
  judge({ observation: { github }, set, subject, settings, nowMs }) {
    if ('unseen' in github.jobs) return cannotTell('Queued jobs', github.jobs.unseen, { optional: true });
    const labels = labelsOf(set, subject);
    const queued = github.jobs.seen.items.filter(
      (job) =>
        job.status === 'queued' &&
        job.labels.length > 0 &&
        job.labels.every((label) => labels.has(label.toLowerCase())),
    );
    const old = queued.filter(
      ({ created_at: at }) => at !== undefined && nowMs - Date.parse(at) > settings.queuedAfterMs,
    );
    const minutes = Math.round(settings.queuedAfterMs / 6000) / 10;
    const where = `${subject.owner}/${subject.repository}`;
    if (old.length > 0) {
      return {
        status: 'fail',
        summary: `${counted(old.length, 'job')} of ${where} waiting for more than ${minutes} min: ${names(old.map(({ name }) => name))}.`,
        advice: 'See the listener, maxRunners and the runner group: may this repository use it?',
        evidence: {
          jobs: old
            .slice(0, 20)
            .map(({ id, run_id: run, name, created_at: at }) => ({ id, run, name, since: at ?? null })),
        },
      };
    }
    if (!github.jobs.seen.complete) {
      return {
        status: 'warn',
        summary: `${where} has more runs waiting than were read; of those read, no job has waited for this set.`,
        advice: 'Cancel runs that nobody needs.',
      };
    }
    return {
      status: 'pass',
      summary:
        queued.length === 0
          ? `No job of ${where} waits for this set.`
          : `${counted(queued.length, 'job')} of ${where} waiting, none for more than ${minutes} min.`,
    };
  },
};
