import { ContextsError } from '../errors.js';
import type { Environment, LiveTunnel, TunnelLookup } from '../types.js';
import { NAME } from './formats/format.js';
import { envFileName } from './target.js';
import { badInput, holdsLogin, loopbackPort, openLineageUrl, prefectUrl } from './urls.js';
import { readVault, vaultSettings } from './vault.js';

/** Where a value can come from, the strongest first. */
export type EnvSource = 'flag' | 'tunnel' | 'context' | 'vault' | 'default';

/** A value that somebody offers for a variable. */
export interface EnvOffer {
  readonly value: string;
  readonly source: EnvSource;
  /** Which flag, tunnel, context or secret. */
  readonly detail: string;
  /** Never shown, and written only with `withSecrets`: what Vault holds, and addresses with a login. */
  readonly secret: boolean;
}

/** One variable of an env file, with where its value is from. */
export interface EnvLine extends EnvOffer {
  readonly name: string;
  /** What was offered by weaker sources, the strongest first. */
  readonly lost: readonly EnvOffer[];
}

/** What `.env.<target>` should say. */
export interface EnvPlan {
  readonly target: string;
  readonly lines: readonly EnvLine[];
  /** What was left out or is odd, in words. */
  readonly warnings: readonly string[];
}

/** The facts of a context that env files take over; `contexts.json` has them. */
export interface EnvContext {
  readonly name: string;
  readonly prefectApiUrl?: string;
  readonly prefectProfile?: string;
  readonly kubernetesNamespace?: string;
}

/** What a plan is made from. */
export interface PlanEnvOptions {
  /** `staging` of `.env.staging`. */
  readonly target: string;
  readonly prefectUrl?: string;
  readonly openlineageUrl?: string;
  /** Whether programs may look things up in the network; written as two lines, `true` or `false`. Nothing is probed. */
  readonly allowNetwork?: boolean;
  /** Write secrets too, in clear. */
  readonly withSecrets?: boolean;
  /** Take the recorded port of a tunnel that nobody answers for. */
  readonly allowOffline?: boolean;
  readonly tunnels?: TunnelLookup;
  readonly context?: EnvContext;
  /** Variables with the settings of Vault (`HAWSER_VAULT_*`). Nothing is asked when there are none. */
  readonly env?: Environment;
  readonly signal?: AbortSignal;
}

/** Variables that were named for a tunnel by what it leads to, when its set does not say. */
const TUNNEL_DEFAULTS: Readonly<Record<string, readonly [variable: string, path: string]>> = {
  prefect: ['PREFECT_API_URL', '/api'],
  marquez: ['OPENLINEAGE_URL', ''],
};

const PREFECT = 'PREFECT_API_URL';
const OPENLINEAGE = 'OPENLINEAGE_URL';

/**
 * Decides what an env file says: for each variable the offer of the strongest source, flag, then live tunnel, context,
 * Vault, default. Of the tunnels those of the set named like the target count, or all where there is no such set.
 * Vault is asked only when a line may come of it: with `withSecrets`, or when nothing stronger says where Prefect is.
 *
 * @throws ContextsError HAWSER_ENV_BAD_INPUT for a target or an address that is none, HAWSER_ENV_TUNNEL_DEAD for an
 *   address behind a tunnel that nobody answers for, HAWSER_ENV_VAULT_FAILED
 */
export async function planEnv(options: PlanEnvOptions): Promise<EnvPlan> {
  envFileName(options.target);
  const offers = new Map<string, EnvOffer[]>();
  const offer = (name: string, value: string | undefined, source: EnvSource, detail: string): void => {
    if (value === undefined) return;
    const list = offers.get(name) ?? [];
    // Where Prefect is sees everybody who connects; all else in Vault is there because it is secret.
    const secret = (source === 'vault' && name !== PREFECT) || holdsLogin(value);
    list.push({ value, source, detail, secret });
    offers.set(name, list);
  };
  // The order of the first mention is the order of the lines.
  offer(PREFECT, options.prefectUrl, 'flag', '--prefect-url');
  offer(OPENLINEAGE, options.openlineageUrl, 'flag', '--openlineage-url');
  const tunnels = await offerTunnels(options, offer);
  const { context } = options;
  const from = `the context ${context?.name}`;
  offer(PREFECT, context?.prefectApiUrl, 'context', from);
  await offerVault(options, offers, offer);
  offer(PREFECT, 'http://127.0.0.1:4200/api', 'default', "Prefect's own port");
  offer(OPENLINEAGE, 'http://127.0.0.1:5000', 'default', "Marquez's own port");
  offer('HAWSER_PREFECT_PROFILE', context?.prefectProfile, 'context', from);
  offer('HAWSER_KUBE_NAMESPACE', context?.kubernetesNamespace, 'context', from);
  const lines: EnvLine[] = [];
  const warnings: string[] = [];
  for (const [name, [best, ...lost]] of [...offers].toSorted(byPlace)) {
    if (best === undefined) continue;
    const line = lineOf(name, best, lost);
    refuseDead(line, tunnels, options);
    if (line.secret && options.withSecrets !== true) warnings.push(leftOut(line));
    else lines.push(line);
  }
  const network: EnvOffer =
    options.allowNetwork === undefined
      ? { value: 'false', source: 'default', detail: 'off unless allowed', secret: false }
      : { value: String(options.allowNetwork), source: 'flag', detail: '--allow-network', secret: false };
  for (const name of ['FEATURE_ENABLE_REMOTE_RESEARCH', 'ALLOW_NETWORK_RESEARCH']) {
    lines.push({ name, ...network, lost: [] });
  }
  return { target: options.target, lines, warnings };
}

type Offer = (name: string, value: string | undefined, source: EnvSource, detail: string) => void;
type Tunnels = Awaited<ReturnType<TunnelLookup>>;

/** Where a variable stands: those every file has come first, the others in the order in which they were offered. */
const PLACES: readonly string[] = [PREFECT, OPENLINEAGE, 'HAWSER_PREFECT_PROFILE', 'HAWSER_KUBE_NAMESPACE'];

function byPlace([one]: readonly [string, unknown], [other]: readonly [string, unknown]): number {
  const place = (name: string): number => (PLACES.includes(name) ? PLACES.indexOf(name) : PLACES.length);
  return place(one) - place(other);
}

async function offerTunnels({ tunnels: lookup, target, allowOffline }: PlanEnvOptions, offer: Offer): Promise<Tunnels> {
  const known: Tunnels = (await lookup?.()) ?? { live: [], dead: [] };
  const ofSet = known.live.filter(({ set }) => set === target);
  const live = ofSet.length > 0 ? ofSet : known.live;
  for (const tunnel of live) {
    const detail = `the tunnel ${tunnel.name} of ${tunnel.set}${tunnel.healthy ? '' : ', which is not well now'}`;
    for (const [name, value] of Object.entries(variablesOf(tunnel))) offer(name, value, 'tunnel', detail);
  }
  for (const { name, port } of known.dead) {
    const variable = TUNNEL_DEFAULTS[name];
    if (variable === undefined || live.some((tunnel) => tunnel.name === name)) continue;
    const [named, path] = variable;
    const detail = `the tunnel ${name}, which nobody answers for${allowOffline === true ? ' (allowed)' : ''}`;
    offer(named, `http://127.0.0.1:${port}${path}`, 'tunnel', detail);
  }
  return { live, dead: known.dead };
}

function variablesOf({ name, host, port, env }: LiveTunnel): Readonly<Record<string, string>> {
  const variable = TUNNEL_DEFAULTS[name];
  if (variable === undefined || variable[0] in env) return env;
  const address = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
  return { ...env, [variable[0]]: `http://${address}${variable[1]}` };
}

async function offerVault(
  { env = {}, withSecrets, signal }: PlanEnvOptions,
  offers: ReadonlyMap<string, readonly EnvOffer[]>,
  offer: Offer,
): Promise<void> {
  const settings = vaultSettings(env);
  if (settings === undefined || (withSecrets !== true && offers.has(PREFECT))) return;
  const secret = await readVault(settings, signal === undefined ? {} : { signal });
  for (const [name, value] of secret) {
    if (!NAME.test(name)) {
      throw new ContextsError(
        'HAWSER_ENV_VAULT_FAILED',
        `The key ${name} of the secret in Vault is no name of a variable.`,
        {
          hint: 'Rename it to letters, digits and underscores.',
        },
      );
    }
    offer(name, value, 'vault', `${settings.kvMount}/${settings.path} of Vault`);
  }
}

function lineOf(name: string, best: EnvOffer, lost: readonly EnvOffer[]): EnvLine {
  if (!NAME.test(name)) {
    throw badInput(`'${name}' (${best.detail}) is no name of a variable.`, 'Use letters, digits and underscores.');
  }
  const value =
    name === PREFECT
      ? prefectUrl(best.value, best.detail)
      : name === OPENLINEAGE
        ? openLineageUrl(best.value, best.detail)
        : best.value;
  return { ...best, name, value, lost };
}

/** An address on this machine leads nowhere when the tunnel that had the port is gone, whoever gave the address. */
function refuseDead(line: EnvLine, { live, dead }: Tunnels, { allowOffline }: PlanEnvOptions): void {
  if (allowOffline === true) return;
  const port = loopbackPort(line.value);
  const tunnel = dead.find((one) => one.port === port);
  if (tunnel === undefined || live.some((one) => one.port === port)) return;
  throw new ContextsError(
    'HAWSER_ENV_TUNNEL_DEAD',
    `${line.name} would lead to port ${tunnel.port}, but nobody answers for the tunnel ${tunnel.name} that had it.`,
    { details: { variable: line.name, tunnel: tunnel.name, port: tunnel.port } },
  );
}

function leftOut({ name, detail }: EnvLine): string {
  return `${name} (${detail}) is a secret and is left out; --with-secrets writes it.`;
}
