import { createRedactor, type Context } from '@hawser/cli-kit';
import { subjectOf, type Subject, type VerifyOptions } from '@hawser/contexts/arc';
import { openCluster } from '@hawser/kube-client';
import { required, type Given } from './flags.js';

/** What is asked, by flags and environment. */
export function subjectBy(flags: Given): Subject {
  const { env } = process;
  return subjectOf({
    ...required(flags),
    owner: flags.owner,
    namespace: flags.namespace,
    githubUrl: flags['github-url'] ?? (env['GITHUB_SERVER_URL'] || undefined),
    self: env['GITHUB_ACTIONS'] === 'true' ? env['RUNNER_NAME'] : undefined,
  });
}

/** The cluster and GitHub, ready to be looked at; the cluster is closed when the command ends. */
export async function connectArc(
  flags: Given,
  { out, signal, onEnd }: Pick<Context, 'out' | 'signal' | 'onEnd'>,
): Promise<VerifyOptions> {
  const subject = subjectBy(flags);
  const token = process.env['GITHUB_TOKEN'] || process.env['GH_TOKEN'] || undefined;
  if (token !== undefined) out.hide(token);
  const cluster = await openCluster({
    env: process.env,
    ...(flags.kubeconfig === undefined ? {} : { kubeconfig: flags.kubeconfig }),
    ...(flags.context === undefined ? {} : { context: flags.context }),
  });
  onEnd(() => cluster.close());
  const redactor = createRedactor(process.env);
  return {
    subject,
    cluster,
    token,
    signal,
    pollIntervalMs: flags['poll-interval'],
    queuedAfterMs: flags['queued-after'],
    controllerNamespace: flags['controller-namespace'],
    redact: (text) => redactor.text(text),
  };
}
