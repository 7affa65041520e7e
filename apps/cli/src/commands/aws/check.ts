import { Flags } from '@oclif/core';
import { awsFlags, durationFlag, HawserCommand } from '@hawser/cli-kit';
import type { Result, Work } from '@hawser/cli-kit';
import type { AwsCheckResult } from '@hawser/contexts';

export default class AwsCheck extends HawserCommand<typeof AwsCheck, AwsCheckResult> {
  static override summary = 'Check an AWS identity, and the way to an EKS cluster.';
  static override description =
    'Who AWS takes you for, where the credentials come from and how long they last, the clock; with --eks-cluster its\n' +
    'status, the way to it step by step, what it lets you do, and the kubeconfig. Failures name the permission to ask\n' +
    'for. What was found goes to aws.json in the state folder. Ends with 1 when a check fails.';
  static override flags = {
    'eks-cluster': Flags.string({ summary: 'Look at this cluster.', helpValue: 'NAME' }),
    'kube-context': Flags.string({
      summary: 'Context of the kubeconfig that must lead to it. Default: any that does.',
      helpValue: 'NAME',
    }),
    kubeconfig: Flags.string({ summary: 'Look into this kubeconfig.', helpValue: 'FILE' }),
    'verify-oidc': Flags.boolean({ summary: 'Check that pods and runners can become IAM roles.' }),
    timeout: durationFlag({ summary: 'Wait no longer for each step than this. Default: 10s.' }),
    ...awsFlags,
  };
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --profile staging --eks-cluster staging --verify-oidc',
  ];

  protected async work({ flags, ...context }: Work<typeof AwsCheck>): Promise<Result<AwsCheckResult>> {
    const { runAwsCheck } = await import('../../aws/run-check.js');
    const result = await context.out.step('Checking', (step) => runAwsCheck(flags, context, step.progress));
    return {
      data: result,
      text: async () => {
        const { renderVerdicts } = await import('../../render/aws/verdicts.js');
        return renderVerdicts(result.verdicts, await context.out.style());
      },
      exitCode: result.ok ? 0 : 1,
    };
  }
}
