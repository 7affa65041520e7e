import { isDeepStrictEqual } from 'node:util';
import { ContextsError } from '../errors.js';
import { isMap } from '../files.js';
import type { EntryList } from './choose.js';

/** What `eks:DescribeCluster` says that a kubeconfig needs. */
export interface ClusterFacts {
  readonly name: string;
  readonly arn: string;
  readonly endpoint: string;
  /** Base64 of the PEM, as the API answers it. */
  readonly certificateAuthority: string;
  /** Only clusters that are ACTIVE or UPDATING can be used. */
  readonly status: string;
  /** Given for a local cluster on an Outpost, whose token is made for its id. */
  readonly outpostId?: string | undefined;
}

/** How kubectl starts the program that makes its tokens. */
export interface TokenCommand {
  /** Absolute: graphical clients have no PATH. */
  readonly command: string;
  /** Before those that name cluster, region and role. */
  readonly args: readonly string[];
}

/** Another way to the API server than its endpoint: the local end of a tunnel. */
export interface TunnelledServer {
  /** Name of the tunnel. */
  readonly name: string;
  readonly host: string;
  readonly port: number;
}

/** What is put into a kubeconfig for one context. */
export interface KubeEntries {
  readonly cluster: NamedEntry;
  readonly user: NamedEntry;
  readonly context: NamedEntry;
}

/** An item of one of the lists of a kubeconfig. */
export interface NamedEntry {
  readonly list: EntryList;
  readonly name: string;
  /** The item, with its name. */
  readonly value: Readonly<Record<string, unknown>>;
}

/** How the entries of a context are made. */
export interface KubeEntriesOptions {
  readonly facts: ClusterFacts;
  /** Name of the kubectl context. */
  readonly context: string;
  readonly token: TokenCommand;
  readonly namespace?: string | undefined;
  readonly roleArn?: string | undefined;
  /** Written as `AWS_PROFILE` for the token program. */
  readonly awsProfile?: string | undefined;
  readonly tunnel?: TunnelledServer | undefined;
}

/** The name of our note among the `extensions` of an entry. */
export const MARK = 'hawser';

/**
 * Makes the entries of a cluster. The cluster is named by its ARN, as `aws eks update-kubeconfig` names it, and the user
 * `ARN/ROLE` (`ARN/PROFILE` without a role), so that several roles of one cluster live side by side. Through a tunnel
 * the cluster is `ARN/tunnel`, and its certificate is checked for the real host.
 *
 * @throws ContextsError HAWSER_CTX_BAD_INPUT when the cluster cannot be used, or its ARN or the role's is none
 */
export function kubeEntries(options: KubeEntriesOptions): KubeEntries {
  const { facts, namespace, tunnel } = options;
  if (facts.status !== 'ACTIVE' && facts.status !== 'UPDATING') {
    throw new ContextsError(
      'HAWSER_CTX_BAD_INPUT',
      `The cluster ${facts.name} is ${facts.status}: it cannot be used.`,
      {
        hint: 'Wait until it is ACTIVE.',
        details: { cluster: facts.name, status: facts.status },
      },
    );
  }
  const clusterName = tunnel === undefined ? facts.arn : `${facts.arn}/tunnel`;
  const userName = `${facts.arn}/${userOf(options)}`;
  const extensions = [{ name: MARK, extension: { context: options.context } }];
  const host = tunnel?.host.includes(':') === true ? `[${tunnel.host}]` : tunnel?.host;
  return {
    cluster: entry('clusters', clusterName, {
      cluster: {
        server: tunnel === undefined ? facts.endpoint : `https://${host}:${tunnel.port}`,
        ...(tunnel === undefined ? {} : { 'tls-server-name': new URL(facts.endpoint).hostname }),
        'certificate-authority-data': facts.certificateAuthority,
        extensions,
      },
    }),
    user: entry('users', userName, { user: { exec: execOf(options), extensions } }),
    context: entry('contexts', options.context, {
      context: {
        cluster: clusterName,
        user: userName,
        ...(namespace === undefined ? {} : { namespace }),
        extensions,
      },
    }),
  };
}

/** The region of a cluster: the fourth field of its ARN, whatever the region of the call was. */
export function regionOfArn(arn: string): string {
  const [scheme, , service, region] = arn.split(':');
  if (scheme === 'arn' && service === 'eks' && region !== undefined && region !== '') return region;
  throw new ContextsError('HAWSER_CTX_BAD_INPUT', `'${arn}' is no ARN of an EKS cluster.`);
}

/**
 * Whether an entry that is there does what ours would: only what both say is compared, and notes are not, so that what
 * the AWS CLI or a person wrote for the same cluster is left alone.
 */
export function serves({ value }: NamedEntry): (present: unknown) => boolean {
  return (present) => isMap(present) && covers(present, value);
}

function covers(present: Readonly<Record<string, unknown>>, wanted: Readonly<Record<string, unknown>>): boolean {
  return Object.entries(wanted).every(([key, part]) => {
    if (key === 'extensions') return true;
    const there = present[key];
    return isMap(part) && isMap(there) ? covers(there, part) : isDeepStrictEqual(there, part);
  });
}

function entry(list: NamedEntry['list'], name: string, rest: Readonly<Record<string, unknown>>): NamedEntry {
  return { list, name, value: { name, ...rest } };
}

/** A role by its name, with its path; one of another account by its account too. */
function userOf({ facts, roleArn, awsProfile }: KubeEntriesOptions): string {
  if (roleArn === undefined) return awsProfile ?? 'default';
  const parts = /^arn:[^:]+:iam::(\d+):role\/(.+)$/.exec(roleArn);
  const [, account, role] = parts ?? [];
  if (account === undefined || role === undefined) {
    throw new ContextsError('HAWSER_CTX_BAD_INPUT', `'${roleArn}' is no ARN of a role.`, {
      hint: 'It looks like arn:aws:iam::123456789012:role/NAME.',
    });
  }
  return account === facts.arn.split(':')[4] ? role : `${account}/${role}`;
}

/** The exec entry of client-go's plugin interface `client.authentication.k8s.io/v1`. */
function execOf({ facts, token, roleArn, awsProfile }: KubeEntriesOptions): Readonly<Record<string, unknown>> {
  const args = [
    ...token.args,
    ...(facts.outpostId === undefined ? ['--cluster-name', facts.name] : ['--cluster-id', facts.outpostId]),
    '--region',
    regionOfArn(facts.arn),
    ...(roleArn === undefined ? [] : ['--role-arn', roleArn]),
  ];
  return {
    apiVersion: 'client.authentication.k8s.io/v1',
    command: token.command,
    args,
    ...(awsProfile === undefined ? {} : { env: [{ name: 'AWS_PROFILE', value: awsProfile }] }),
    interactiveMode: 'IfAvailable',
    provideClusterInfo: false,
    installHint: 'Install hawser (npm install -g @hawser/cli) and run hawser ctx init again.',
  };
}
