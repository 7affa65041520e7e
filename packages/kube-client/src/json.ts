import { KubeClientError } from './errors.js';

/** Reads an answer; something that is not the API may stand before it. */
export function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new KubeClientError('HAWSER_KUBE_API_FAILED', `The answer to ${path} is not JSON.`, {
      cause,
      hint: 'Check that the server of the kubeconfig is a Kubernetes API server, and not a login page or a proxy.',
    });
  }
}
