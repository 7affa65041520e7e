import { homedir } from 'node:os';
import type { Context } from '@hawser/cli-kit';
import { awsCheck, type AwsCheckOptions, type AwsCheckResult, awsDocument, awsRecord } from '@hawser/contexts';
import { requestHandler } from './request-handler.js';

/** The flags of `hawser aws check`. */
export interface CheckFlags {
  readonly 'eks-cluster'?: string | undefined;
  readonly 'kube-context'?: string | undefined;
  readonly kubeconfig?: string | undefined;
  readonly 'verify-oidc'?: boolean | undefined;
  readonly timeout?: number | undefined;
}

/** Makes the checks, and writes down what was found. `progress` is told of each verdict. */
export async function runAwsCheck(
  flags: CheckFlags,
  { aws, state, signal }: Pick<Context, 'aws' | 'state' | 'signal'>,
  progress: (text: string) => void,
): Promise<AwsCheckResult> {
  const options: AwsCheckOptions = {
    ...aws.settings,
    eksCluster: flags['eks-cluster'],
    kubeContext: flags['kube-context'],
    kubeconfig: flags.kubeconfig,
    verifyOidc: flags['verify-oidc'],
    timeoutMs: flags.timeout,
    env: process.env,
    home: homedir(),
    directory: process.cwd(),
    findBastions: async (wait) =>
      (await (await aws.api()).describeInstances({}, wait)).map(({ id, name, online }) => ({ id, name, online })),
    requestHandler: await requestHandler(aws, aws.settings.endpointUrl ?? 'https://sts.amazonaws.com/'),
    signal,
  };
  const check = awsCheck(options);
  for await (const { title, found } of check) progress(`${title}: ${found}`);
  const result = await check.result();
  const store = await state();
  await store.document(awsDocument).update(() => awsRecord(result, new Date()), { signal });
  return result;
}
