import { cannotTell, counted, names, type Check } from './look.js';

/** C4: no runner has failed for good. After five attempts at a pod one does, and takes up a place until it is deleted. */
export const failedCheck: Check = {
  id: 'C4',
  title: 'No runner has failed for good',
  judge({ observation: { cluster }, subject }) {
    if ('unseen' in cluster.runners) return cannotTell('EphemeralRunners', cluster.runners.unseen);
    const failed = cluster.runners.seen.filter(({ status }) => status?.phase === 'Failed');
    if (failed.length === 0) return { status: 'pass', summary: 'No EphemeralRunner has failed.' };
    const [first] = failed;
    return {
      status: 'fail',
      summary: `${counted(failed.length, 'EphemeralRunner')} failed for good: ${names(
        failed.map(({ metadata, status }) => `${metadata.name} (${status?.reason ?? 'no reason given'})`),
      )}.`,
      advice: `They take up places until they are deleted. Remove the cause first, then: kubectl delete ephemeralrunner -n ${subject.namespace} ${first?.metadata.name ?? ''}`,
      evidence: {
        runners: failed.slice(0, 20).map(({ metadata, status }) => ({
          name: metadata.name,
          reason: status?.reason ?? null,
          message: status?.message ?? null,
        })),
      },
      final: true,
    };
  },
};
