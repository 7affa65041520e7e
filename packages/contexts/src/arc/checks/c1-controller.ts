import { labels } from '../evidence/cluster.js';
import { cannotTell, names, type Check } from './look.js';

/** C1: the controller serves, and is of the set's version: it ignores sets of another. */
export const controllerCheck: Check = {
  id: 'C1',
  title: 'The controller serves, in the version of the set',
  judge({ observation: { cluster }, set }) {
    if ('unseen' in cluster.controllers) {
      return cannotTell('The controller', cluster.controllers.unseen, { optional: true });
    }
    const all = cluster.controllers.seen;
    if (all.length === 0) {
      return {
        status: 'fail',
        summary: 'No Deployment of the controller was found.',
        advice:
          'Install it with the Helm chart gha-runner-scale-set-controller, or name its namespace with --controller-namespace.',
      };
    }
    const able = all.filter(({ status }) => (status?.availableReplicas ?? 0) > 0);
    const controllers = all.map(({ metadata, status }) => ({
      name: `${metadata.namespace ?? ''}/${metadata.name}`,
      version: metadata.labels?.[labels.version] ?? null,
      available: status?.availableReplicas ?? 0,
    }));
    const evidence = { controllers };
    if (able.length === 0) {
      return {
        status: 'fail',
        summary: `No replica of ${names(controllers.map(({ name }) => name))} is available.`,
        advice: 'Look at its pods and their log: kubectl describe deployment, kubectl logs.',
        evidence,
      };
    }
    const wanted = set?.metadata.labels?.[labels.version];
    const versions = able.map(({ metadata }) => metadata.labels?.[labels.version]);
    if (wanted === undefined || versions.includes(undefined)) {
      return {
        status: 'warn',
        summary: 'The controller is available; whether it is of the version of the set is not written on them.',
        advice: `Install both by their Helm charts, which write the label ${labels.version}.`,
        evidence,
      };
    }
    if (!versions.includes(wanted)) {
      return {
        status: 'fail',
        summary: `The controller is ${names(versions as string[])}, the set ${wanted}: sets of another version are ignored.`,
        advice: 'Upgrade both charts, the controller and the set, to one version.',
        evidence,
        final: true,
      };
    }
    return { status: 'pass', summary: `The controller is available, in ${wanted} as the set.`, evidence };
  },
};
