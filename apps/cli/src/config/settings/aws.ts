import { type Setting, setting } from '../setting.js';

/** Commands with the three flags of AWS. `aws eks-token` is run by kubectl, anywhere: no file of a folder changes it. */
const commands = ['aws:check', 'ctx', 'doctor', 'ecs', 'exec', 'net', 'ssm'];
/** Keys in the environment are an identity of their own. */
const identities = ['AWS_ACCESS_KEY_ID', 'AWS_WEB_IDENTITY_TOKEN_FILE'];

/** Where AWS calls go, and as whom. */
export const awsSettings: readonly Setting[] = [
  setting({
    name: 'aws.profile',
    summary: 'the profile of your AWS configuration to use',
    variables: ['HAWSER_PROFILE', 'AWS_PROFILE'],
    yieldsTo: identities,
    flags: [
      { flag: 'profile', commands },
      { flag: 'aws-profile', commands: ['arc:verify'] },
    ],
    choice: 'profile',
    otherwise: 'what the credential chain of the AWS SDK finds',
  }),
  setting({
    name: 'aws.region',
    summary: 'the AWS region',
    variables: ['HAWSER_REGION', 'AWS_REGION', 'AWS_DEFAULT_REGION'],
    flags: [
      { flag: 'region', commands },
      { flag: 'aws-region', commands: ['arc:verify'] },
    ],
    choice: 'region',
    otherwise: 'region of the profile in ~/.aws/config',
  }),
  setting({
    name: 'aws.endpoint-url',
    summary: 'the address AWS calls are sent to instead of AWS',
    value: { kind: 'url' },
    variables: ['HAWSER_ENDPOINT_URL', 'AWS_ENDPOINT_URL'],
    flags: [{ flag: 'endpoint-url', commands }],
    project: false,
    otherwise: "AWS's own",
  }),
  setting({
    name: 'aws.eks-cluster',
    summary: 'the EKS cluster to check, and to point kubectl at',
    flags: [{ flag: 'eks-cluster', commands: ['aws:check', 'ctx:init'], unless: ['no-kube'] }],
    choice: 'eks-cluster',
    otherwise: 'no cluster',
  }),
];
