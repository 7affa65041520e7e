import { homedir } from 'node:os';
import type { Context } from '@hawser/cli-kit';
import type { KubernetesWish, LiveTunnel, PlanContextOptions, PrefectWish, TunnelLookup } from '@hawser/contexts';
import { CliError } from '../errors.js';
import { eksTokenCommand } from '../aws/eks-token-command.js';
import { requestHandler } from '../aws/request-handler.js';
import { placeHere } from './place.js';

/** What the flags of `ctx init` say. */
export interface InitFlags {
  readonly 'prefect-profile': string;
  readonly 'prefect-url'?: string | undefined;
  readonly 'use-net': boolean;
  readonly 'with-secrets': boolean;
  readonly 'no-prefect': boolean;
  readonly 'eks-cluster'?: string | undefined;
  readonly 'kube-context'?: string | undefined;
  readonly kubeconfig?: string | undefined;
  readonly namespace?: string | undefined;
  readonly 'role-arn'?: string | undefined;
  readonly 'kube-tunnel'?: string | undefined;
  readonly 'no-kube': boolean;
  readonly 'no-switch': boolean;
  readonly overwrite: boolean;
  readonly profile?: string | undefined;
  readonly region?: string | undefined;
  readonly 'endpoint-url'?: string | undefined;
}

/** Where Prefect's server listens when nobody says otherwise. */
const DEFAULT_URL = 'http://127.0.0.1:4200/api';

/** What the flags ask for, with the facts of tunnels and cluster filled in. */
export async function wishOf(
  name: string | undefined,
  flags: InitFlags,
  {
    aws,
    out,
    state,
    signal,
    root,
    tunnels,
  }: Pick<Context, 'aws' | 'out' | 'state' | 'signal'> & {
    /** Folder of the installed package. */
    readonly root: string;
    readonly tunnels: TunnelLookup;
  },
): Promise<PlanContextOptions> {
  const [cluster, profile] = [flags['no-kube'] ? undefined : flags['eks-cluster'], flags['prefect-profile']];
  const ofPrefect = flags['no-prefect'] ? undefined : await prefectWish();
  const ofKubernetes = cluster === undefined ? undefined : await kubernetesWish(cluster);
  const fallback = flags['no-prefect'] ? (flags['kube-context'] ?? cluster ?? profile) : profile;
  return {
    ...(await placeHere({ state })),
    name: name ?? fallback,
    prefect: ofPrefect,
    kubernetes: ofKubernetes,
    switches: !flags['no-switch'],
    overwrite: flags.overwrite,
  };

  async function prefectWish(): Promise<PrefectWish> {
    const apiKey = flags['with-secrets'] ? (process.env['PREFECT_API_KEY'] ?? '') : undefined;
    if (apiKey === '') throw new CliError('HAWSER_CTX_NO_SECRET', 'PREFECT_API_KEY is not set.');
    if (apiKey !== undefined) out.hide(apiKey);
    const given = flags['prefect-url'];
    if (given !== undefined || !flags['use-net']) return { profile, apiUrl: given ?? DEFAULT_URL, apiKey };
    const { live, dead } = await tunnels();
    const tunnel = live.find((each) => each.name === 'prefect');
    if (tunnel !== undefined) return { profile, apiUrl: apiUrlOf(tunnel), tunnel: tunnel.name, apiKey };
    if (dead.some((each) => each.name === 'prefect')) {
      await out.warn(`The tunnel prefect is down, so the profile points to ${DEFAULT_URL}: open it with hawser net up`);
    }
    return { profile, apiUrl: DEFAULT_URL, apiKey };
  }

  async function kubernetesWish(clusterName: string): Promise<KubernetesWish> {
    const { findCluster } = await import('@hawser/contexts');
    const { profile: awsProfile, region, 'endpoint-url': endpointUrl } = flags;
    const found = await out.step(`Asking EKS for ${clusterName}`, async () =>
      findCluster({
        cluster: clusterName,
        region,
        profile: awsProfile,
        endpointUrl,
        env: process.env,
        home: homedir(),
        requestHandler: await requestHandler(aws, endpointUrl ?? 'https://eks.amazonaws.com/'),
        signal,
      }),
    );
    const wanted = flags['kube-tunnel'];
    return {
      cluster: found,
      token: eksTokenCommand(root),
      context: flags['kube-context'],
      kubeconfig: flags.kubeconfig,
      namespace: flags.namespace,
      roleArn: flags['role-arn'],
      awsProfile,
      tunnel: wanted === undefined ? undefined : await liveTunnel(wanted),
    };
  }

  async function liveTunnel(wanted: string): Promise<LiveTunnel> {
    const { live } = await tunnels();
    const tunnel = live.find((each) => each.name === wanted);
    if (tunnel !== undefined) return tunnel;
    throw new CliError('HAWSER_CTX_NO_TUNNEL', `There is no live tunnel '${wanted}'.`);
  }
}

/** The address a tunnel hands to programs, else the usual path behind its port. */
function apiUrlOf({ env, host, port }: LiveTunnel): string {
  return env['PREFECT_API_URL'] ?? `http://${host.includes(':') ? `[${host}]` : host}:${port}/api`;
}
