import { join } from 'node:path';

/** For which cluster, and as whom. */
export interface EksTokenFor {
  readonly cluster: string;
  readonly region: string;
  readonly profile?: string | undefined;
  readonly roleArn?: string | undefined;
}

/**
 * The command that prints a token for one cluster, as a kubeconfig's `exec` wants it: absolute, because programs with a
 * window often have no PATH, and without our command line before it, because kubectl runs it at every start.
 *
 * @param root folder of the installed package; a command has it as `this.config.root`.
 */
export function eksTokenCommand(
  root: string,
  { cluster, region, profile, roleArn }: EksTokenFor,
): { readonly command: string; readonly args: readonly string[] } {
  return {
    command: process.execPath,
    args: [
      join(root, 'dist', 'eks-token.cjs'),
      ...['--eks-cluster', cluster, '--region', region],
      ...(profile === undefined ? [] : ['--profile', profile]),
      ...(roleArn === undefined ? [] : ['--role-arn', roleArn]),
    ],
  };
}
