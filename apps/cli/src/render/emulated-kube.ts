import type { Style } from '@hawser/cli-kit';

/** What to do with a running API server: its variable for a shell, and commands to try. */
export function renderKube(
  {
    server,
    kubeconfig,
    images,
  }: { readonly server: string; readonly kubeconfig: string; readonly images: readonly string[] },
  style: Style,
): string {
  const [image = 'busybox'] = images;
  const canRun = images.length > 0 ? `Pods can run ${images.join(', ')}.` : 'No pod can run: --run names images.';
  return [
    `${style.good('✓')} A Kubernetes API server is up at ${style.link(server)}. ${canRun}`,
    '',
    style.strong('In another terminal:'),
    `  export KUBECONFIG='${kubeconfig}'`,
    '',
    style.strong('Then try:'),
    '  kubectl get nodes,pods -A',
    `  kubectl run hello --image=${image} --restart=Never --command -- echo hello`,
    '  kubectl logs hello',
    '',
    style.faint('Ctrl-C ends it.'),
  ].join('\n');
}
