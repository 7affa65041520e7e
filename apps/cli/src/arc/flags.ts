import { Flags } from '@oclif/core';
import type { Interfaces } from '@oclif/core';
import { CliKitError } from '@hawser/cli-kit';
import { receiptFlag } from '../receipts/flag.js';
import { secondsFlag } from '../wiring/seconds-flag.js';

/** Which scale set. */
export const subjectFlags = {
  owner: Flags.string({
    summary: 'Owner of the repository. Default: the one in --repository.',
    helpGroup: 'WHICH RUNNERS',
    helpValue: 'NAME',
  }),
  repository: Flags.string({
    summary: 'Repository whose jobs the runners take.',
    helpGroup: 'WHICH RUNNERS',
    helpValue: '[OWNER/]REPO',
  }),
  'scale-set': Flags.string({
    summary: 'Scale set: the name of its Helm installation, or the one in runs-on.',
    helpGroup: 'WHICH RUNNERS',
    helpValue: 'NAME',
  }),
  namespace: Flags.string({
    summary: 'Namespace of the runners.',
    default: 'arc-runners',
    helpGroup: 'WHICH RUNNERS',
    helpValue: 'NAME',
  }),
};

/** How the cluster and GitHub are reached. */
export const placeFlags = {
  kubeconfig: Flags.string({ summary: 'Use this kubeconfig.', helpGroup: 'WHERE', helpValue: 'FILE' }),
  context: Flags.string({
    summary: 'Context of the kubeconfig. Default: the current one.',
    helpGroup: 'WHERE',
    helpValue: 'NAME',
  }),
  'controller-namespace': Flags.string({
    summary: 'Namespace of the controller and its listeners. Default: all are looked through.',
    helpGroup: 'WHERE',
    helpValue: 'NAME',
  }),
  'github-url': Flags.string({
    summary: 'GitHub server that GITHUB_TOKEN or GH_TOKEN is for. Default: GITHUB_SERVER_URL, or https://github.com.',
    helpGroup: 'WHERE',
    helpValue: 'URL',
  }),
};

/** How long and how closely is looked. */
export const paceFlags = {
  'poll-interval': secondsFlag({
    summary: 'Look this often; changes in the cluster are seen sooner. Default: 10s.',
    helpGroup: 'PACE',
  }),
  'queued-after': secondsFlag({
    summary: 'A job that has waited longer is one nobody takes. Default: 10m.',
    helpGroup: 'PACE',
  }),
};

/** C12. */
export const oidcFlags = {
  'verify-oidc': Flags.boolean({ summary: 'Check the AWS identity by OIDC, too.', helpGroup: 'AWS' }),
  'eks-cluster': Flags.string({
    summary: 'Cluster whose OIDC issuer is meant. Default: that of the token here.',
    helpGroup: 'AWS',
    helpValue: 'NAME',
    dependsOn: ['verify-oidc'],
  }),
  'aws-region': Flags.string({ summary: 'AWS region.', helpGroup: 'AWS', helpValue: 'REGION' }),
  'aws-profile': Flags.string({
    summary: 'Profile of your AWS configuration.',
    helpGroup: 'AWS',
    helpValue: 'NAME',
  }),
};

/** What becomes of the results. */
export const resultFlags = {
  output: Flags.option({
    summary: 'Form of what is printed.',
    options: ['text', 'json', 'junit'] as const,
    default: 'text' as const,
    helpGroup: 'RESULTS',
  })(),
  'store-summary': Flags.boolean({
    summary: 'Keep the results; on unless refused.',
    allowNo: true,
    helpGroup: 'RESULTS',
  }),
  'store-dir': Flags.string({
    summary: 'Keep the results in this folder.',
    helpGroup: 'RESULTS',
    helpValue: 'FOLDER',
  }),
  'status-path': Flags.string({
    summary: 'Write the report to this file, too.',
    helpGroup: 'RESULTS',
    helpValue: 'FILE',
  }),
  receipt: receiptFlag('RESULTS'),
};

/** What must be given, unless a snapshot tells. */
export type Given = Interfaces.InferredFlags<typeof subjectFlags & typeof placeFlags & typeof paceFlags>;

/** Says which flag is missing. */
export function required(flags: Pick<Given, 'repository' | 'scale-set'>): {
  readonly repository: string;
  readonly scaleSet: string;
} {
  const { repository, 'scale-set': scaleSet } = flags;
  if (repository === undefined || scaleSet === undefined) {
    const missing = repository === undefined ? '--repository OWNER/REPO' : '--scale-set NAME';
    throw new CliKitError('HAWSER_CLI_USAGE', `Pass ${missing}.`);
  }
  return { repository, scaleSet };
}
