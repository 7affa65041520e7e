import { Args, Flags } from '@oclif/core';
import type { Interfaces } from '@oclif/core';

const description = 'Name of the context, as ctx list shows it.';

/** The context a command works on; else the current one, or a name of the command's own choice. */
export function contextArg(): Interfaces.Arg<string | undefined> {
  return Args.string({ description });
}

/** The context a command works on, which must be named. */
export function requiredContextArg(): Interfaces.Arg<string> {
  return Args.string({ description, required: true });
}

/** How what is planned is carried out. */
export const changeFlags = {
  'dry-run': Flags.boolean({ summary: 'Show what would be changed, and change nothing.' }),
  yes: Flags.boolean({ char: 'y', summary: 'Do not ask.' }),
  'break-lock': Flags.boolean({ summary: "Remove kubectl's lock where one was left behind." }),
};

/** What a context points to. */
export const targetFlags = {
  'prefect-profile': Flags.string({
    summary: 'Write this Prefect profile.',
    helpValue: 'NAME',
    default: 'hawser-staging',
  }),
  'prefect-url': Flags.string({
    summary: "Address of Prefect's API. Default: the tunnel named prefect, else http://127.0.0.1:4200/api.",
    helpValue: 'URL',
  }),
  'use-net': Flags.boolean({
    summary: 'Take the port of the live tunnel named prefect.',
    allowNo: true,
    default: true,
  }),
  'with-secrets': Flags.boolean({ summary: 'Write PREFECT_API_KEY of the environment into the profile.' }),
  'no-prefect': Flags.boolean({ summary: 'Leave Prefect as it is.' }),
  'via-cli': Flags.boolean({
    summary: "Have Prefect's own command line write the profile.",
    exclusive: ['no-prefect'],
  }),
  'eks-cluster': Flags.string({ summary: 'Point kubectl to this EKS cluster.', helpValue: 'NAME' }),
  'kube-context': Flags.string({
    summary: 'Name of the kubectl context. Default: the name of the context.',
    helpValue: 'NAME',
    dependsOn: ['eks-cluster'],
  }),
  kubeconfig: Flags.string({
    summary: 'Write to this file. Default: as the AWS CLI chooses among those of KUBECONFIG.',
    helpValue: 'FILE',
  }),
  namespace: Flags.string({ char: 'n', summary: 'Namespace of the kubectl context.', helpValue: 'NAME' }),
  'role-arn': Flags.string({ summary: 'Make tokens as this role.', helpValue: 'ARN', dependsOn: ['eks-cluster'] }),
  'kube-tunnel': Flags.string({
    summary: 'Reach the API server through this live tunnel.',
    helpValue: 'TUNNEL',
    dependsOn: ['eks-cluster'],
  }),
  'no-kube': Flags.boolean({ summary: 'Leave kubectl as it is.' }),
  'no-switch': Flags.boolean({ summary: 'Leave the active profile and the current context as they are.' }),
  overwrite: Flags.boolean({ summary: 'Replace what is there already and differs.' }),
};
