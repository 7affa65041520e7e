import { Flags } from '@oclif/core';
import { awsFlags, HawserCommand } from '@hawser/cli-kit';
import type { Result, Work } from '@hawser/cli-kit';

interface Token {
  readonly token: string;
  readonly expiresAt: string;
}

export default class AwsEksToken extends HawserCommand<typeof AwsEksToken, Token> {
  static override summary = 'Print the token that lets kubectl into an EKS cluster.';
  static override description =
    'What a kubeconfig of hawser ctx init runs: a client-go credential plugin that needs no AWS CLI.\n' +
    'The token is a presigned request; nothing is sent unless a role is to be assumed.\n' +
    'Takes the flags of aws eks get-token.';
  static override flags = {
    'cluster-name': Flags.string({
      summary: 'Name of the cluster.',
      helpValue: 'NAME',
      exactlyOne: ['cluster-name', 'cluster-id'],
    }),
    'cluster-id': Flags.string({ summary: 'Id of a local cluster on Outposts, instead.', helpValue: 'ID' }),
    'role-arn': Flags.string({ summary: 'Assume this role first, and be it.', helpValue: 'ARN' }),
    'no-cache': Flags.boolean({ summary: 'Make a new token, also where one could be kept.' }),
    ...awsFlags,
  };
  static override examples = ['<%= config.bin %> <%= command.id %> --cluster-name staging --region eu-west-1'];

  protected async work({ flags, out, signal }: Work<typeof AwsEksToken>): Promise<Result<Token>> {
    const { execCredential, pluginToken } = await import('@hawser/contexts/eks-token');
    const { pluginOptions } = await import('../../aws/plugin-options.js');
    const options = pluginOptions({
      cluster: flags['cluster-name'] ?? flags['cluster-id'] ?? '',
      region: flags.region,
      profile: flags.profile,
      roleArn: flags['role-arn'],
      endpointUrl: flags['endpoint-url'],
      noCache: flags['no-cache'],
    });
    const token = await pluginToken({ ...options, signal });
    out.show(token.token);
    return { data: token, text: execCredential(token, process.env['KUBERNETES_EXEC_INFO']).trimEnd() };
  }
}
