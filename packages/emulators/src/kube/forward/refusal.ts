import type { ForwardedPod } from './forwarded-pod.js';

/** As a kubelet words it. */
export function refusal(pod: ForwardedPod, port: number, why: string): string {
  return `error forwarding port ${port} to pod ${pod.name}, uid : failed to connect to localhost:${port} inside namespace: ${why}`;
}
