import { isReady, labels } from '../evidence/cluster.js';
import { cannotTell, names, type Check } from './look.js';

/** C3: the set has its listener, which lives beside the controller, and the listener's pod is ready. */
export const listenerCheck: Check = {
  id: 'C3',
  title: 'The listener is there and ready',
  judge({ observation: { cluster }, set, subject }) {
    if ('unseen' in cluster.listeners) return cannotTell('Listeners', cluster.listeners.unseen, { optional: true });
    const name = set?.metadata.name ?? subject.scaleSet;
    const own = cluster.listeners.seen.filter(
      ({ spec }) =>
        spec.autoscalingRunnerSetName === name &&
        (spec.autoscalingRunnerSetNamespace ?? subject.namespace) === subject.namespace,
    );
    if (own.length === 0) {
      return {
        status: 'fail',
        summary: `${name} has no AutoscalingListener: nobody asks GitHub for jobs.`,
        advice: "Read the controller's log: it makes the listener once GitHub has taken its credentials.",
      };
    }
    if ('unseen' in cluster.listenerPods)
      return cannotTell("The listener's pod", cluster.listenerPods.unseen, { optional: true });
    const pods = cluster.listenerPods.seen.filter(
      ({ metadata }) =>
        own.some((one) => one.metadata.name === metadata.name) ||
        (metadata.labels?.[labels.scaleSet] === name &&
          (metadata.labels[labels.scaleSetNamespace] ?? subject.namespace) === subject.namespace),
    );
    const evidence = {
      listeners: own.map(({ metadata }) => `${metadata.namespace ?? ''}/${metadata.name}`),
      pods: pods.map((pod) => ({
        name: pod.metadata.name,
        phase: pod.status?.phase ?? null,
        ready: isReady(pod),
      })),
    };
    if (!pods.some((pod) => isReady(pod) && pod.metadata.deletionTimestamp === undefined)) {
      return {
        status: 'fail',
        summary:
          pods.length === 0
            ? `The listener of ${name} has no pod.`
            : `No pod of the listener is ready: ${names(evidence.pods.map((pod) => `${pod.name} (${pod.phase ?? 'no phase'})`))}.`,
        advice:
          'kubectl describe and kubectl logs of that pod say why; the image and the credentials are usual reasons.',
        evidence,
      };
    }
    return { status: 'pass', summary: `The listener of ${name} is ready.`, evidence };
  },
};
