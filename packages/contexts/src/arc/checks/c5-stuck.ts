import { cannotTell, counted, names, type Check } from './look.js';

/** C5: no runner is said to run without a pod that lives (actions-runner-controller issues 4148, 4197, 3014). */
export const stuckCheck: Check = {
  id: 'C5',
  title: 'Every running runner has a living pod',
  judge({ observation: { cluster }, subject }) {
    if ('unseen' in cluster.runners) return cannotTell('EphemeralRunners', cluster.runners.unseen);
    if ('unseen' in cluster.pods) return cannotTell('Pods of runners', cluster.pods.unseen);
    const living = new Set(
      cluster.pods.seen
        .filter(({ status }) => status?.phase === 'Running' || status?.phase === 'Pending')
        .map(({ metadata }) => metadata.name),
    );
    const running = cluster.runners.seen.filter(
      ({ metadata, status }) => status?.phase === 'Running' && metadata.deletionTimestamp === undefined,
    );
    const stuck = running.filter(({ metadata }) => !living.has(metadata.name));
    if (stuck.length === 0) {
      return { status: 'pass', summary: `${counted(running.length, 'runner')} running, each with a living pod.` };
    }
    return {
      status: 'fail',
      summary: `${counted(stuck.length, 'runner')} said to be running without a living pod: ${names(stuck.map(({ metadata }) => metadata.name))}.`,
      advice: `If it stays so, the controller has lost them: kubectl delete ephemeralrunner -n ${subject.namespace} ${stuck[0]?.metadata.name ?? ''}`,
      evidence: {
        runners: stuck.slice(0, 20).map(({ metadata, status }) => ({
          name: metadata.name,
          runner_id: status?.runnerId ?? null,
          job: status?.jobDisplayName ?? null,
        })),
      },
    };
  },
};
