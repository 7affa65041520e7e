import { join } from 'node:path';

/**
 * The program that prints tokens, as a kubeconfig's `exec` wants it: absolute, because programs with a window often have
 * no PATH, and without the command line around it, because kubectl runs it at every start. Behind `args` come the flags
 * of `aws eks get-token`: `--cluster-name` or `--cluster-id`, `--region`, `--role-arn`; also `--profile`.
 *
 * @param root folder of the installed package; a command has it as `this.config.root`.
 */
export function eksTokenCommand(root: string): { readonly command: string; readonly args: readonly string[] } {
  return { command: process.execPath, args: [join(root, 'dist', 'eks-token.cjs')] };
}
