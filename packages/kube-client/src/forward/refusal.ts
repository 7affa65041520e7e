import { KubeClientError } from '../errors.js';
import { sentence } from '../http/failure.js';

/** The pod's side could not connect; what it says begins with the port and the pod. */
export function refused(text: string): KubeClientError {
  return new KubeClientError('HAWSER_KUBE_FORWARD_REFUSED', sentence(text));
}

/** The way broke while bytes were on it. */
export function lost(): KubeClientError {
  return new KubeClientError('HAWSER_KUBE_UNREACHABLE', 'The connection to the pod was lost.', {
    hint: 'Connect again; the pod or the API server may have been restarted.',
  });
}
