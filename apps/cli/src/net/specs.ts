import { homedir } from 'node:os';
import type { Context } from '@hawser/cli-kit';
import type { OnPortConflict, TunnelSpec } from '@hawser/tunnels';
import {
  type FlagForm,
  loadTunnels,
  opensToNetwork,
  pickSet,
  type PlaceOptions,
  tunnelsFromFlags,
} from '@hawser/tunnels/config';
import { configFolder } from '../config/config-folder.js';
import { CliError } from '../errors.js';
import { checkPluginVias, providerNames } from '../plugins/tunnels.js';

/** What the flags of `net up` and `net run` say. */
export interface OpeningRequest {
  readonly via?: FlagForm['via'] | undefined;
  readonly host?: string | undefined;
  readonly 'ssh-user'?: string | undefined;
  readonly 'ssh-option'?: readonly string[] | undefined;
  readonly forward?: readonly string[] | undefined;
  readonly 'prefect-host'?: string | undefined;
  readonly 'prefect-port'?: number | undefined;
  readonly 'prefect-remote-port'?: number | undefined;
  readonly 'marquez-host'?: string | undefined;
  readonly 'marquez-port'?: number | undefined;
  readonly 'marquez-remote-port'?: number | undefined;
  readonly 'no-marquez': boolean;
  readonly label?: string | undefined;
  readonly bind?: string | undefined;
  readonly lanes?: number | undefined;
  readonly context?: string | undefined;
  readonly namespace?: string | undefined;
  readonly profile?: string | undefined;
  readonly region?: string | undefined;
  readonly 'endpoint-url'?: string | undefined;
  readonly 'on-port-conflict'?: OnPortConflict | undefined;
  readonly 'auto-port'?: boolean | undefined;
  readonly yes: boolean;
}

/** Flags that say what to open; those that a variable may fill are not among them. */
const saying = [
  ...(['via', 'ssh-option', 'forward', 'prefect-host', 'prefect-port', 'prefect-remote-port', 'marquez-host'] as const),
  ...(['marquez-port', 'marquez-remote-port', 'label', 'bind', 'lanes', 'context', 'namespace'] as const),
];

/** Where configuration is looked for from here. */
export function places(): Required<PlaceOptions> {
  return { from: process.cwd(), env: process.env, home: homedir(), providers: providerNames() };
}

/**
 * What to open: the flags' own tunnels, or a set of `tunnels.yaml`. Asks before a port is opened to the network.
 *
 * @throws CliError HAWSER_NET_TWO_FORMS when both are said
 */
export async function specsOf(
  set: string | undefined,
  flags: OpeningRequest,
  { ask }: Pick<Context, 'ask'>,
): Promise<readonly TunnelSpec[]> {
  const conflict = conflictOf(flags);
  const specs = (await isFlagForm(set, flags))
    ? tunnelsFromFlags(formOf(await withDefaults(flags)), process.env)
    : pickSet(await loadTunnels(places()), set ?? 'default');
  await checkPluginVias(specs);
  const open = specs.filter(opensToNetwork);
  if (open.length > 0 && !flags.yes) {
    const names = open.map(({ name }) => name).join(', ');
    const question = `Whoever reaches this machine will reach ${names}. Open to the network?`;
    if (!(await ask.confirm({ question, flag: '--yes' })))
      throw new CliError('HAWSER_NET_DECLINED', 'Nothing was opened.');
  }
  return conflict === undefined ? specs : specs.map((spec) => ({ ...spec, onPortConflict: conflict }));
}

async function isFlagForm(set: string | undefined, flags: OpeningRequest): Promise<boolean> {
  const said = saying.find((name) => isSaid(flags[name]));
  if (said !== undefined || flags['no-marquez']) {
    if (set === undefined) return true;
    const flag = said ?? 'no-marquez';
    throw new CliError('HAWSER_NET_TWO_FORMS', `The set '${set}' says itself what to open; --${flag} cannot be added.`);
  }
  if (set !== undefined || flags.host === undefined) return false;
  // Only the bastion is known, by flag or variable: a set called default goes before what upstream opened.
  return !(await loadTunnels(places())).sets.some(({ name }) => name === 'default');
}

/** The flags, with what the person's files say of those that would else say that no set is meant. */
async function withDefaults(flags: OpeningRequest): Promise<OpeningRequest> {
  const { SettingResolver } = await import('../config/resolve.js');
  const resolver = new SettingResolver({ ...places(), configDir: configFolder(places()) });
  const [via, prefectHost, prefectPort, marquezHost, marquezPort] = await Promise.all(
    ['via', 'prefect-host', 'prefect-port', 'marquez-host', 'marquez-port'].map((name) => resolver.text(`net.${name}`)),
  );
  const hasMarquez = !flags['no-marquez'];
  // Where other tunnels are named, these two are opened only when something is said of them here.
  const isTheirs = !flags.forward?.length;
  return {
    ...flags,
    via: flags.via ?? (via as FlagForm['via'] | undefined),
    ...(isTheirs && {
      'prefect-host': flags['prefect-host'] ?? prefectHost,
      'prefect-port': flags['prefect-port'] ?? numberOf(prefectPort),
    }),
    ...(isTheirs &&
      hasMarquez && {
        'marquez-host': flags['marquez-host'] ?? marquezHost,
        'marquez-port': flags['marquez-port'] ?? numberOf(marquezPort),
      }),
  };
}

function numberOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text);
}

function formOf(flags: OpeningRequest): FlagForm {
  const prefect = remoteOf(flags['prefect-host'], flags['prefect-port'], flags['prefect-remote-port']);
  const marquez = remoteOf(flags['marquez-host'], flags['marquez-port'], flags['marquez-remote-port']);
  return defined({
    via: flags.via ?? 'ssh-bastion',
    host: flags.host,
    sshUser: flags['ssh-user'],
    sshOptions: flags['ssh-option'],
    prefect,
    marquez: flags['no-marquez'] ? false : marquez,
    forwards: flags.forward,
    label: flags.label,
    profile: flags.profile,
    region: flags.region,
    endpointUrl: flags['endpoint-url'],
    lanes: flags.lanes,
    context: flags.context,
    namespace: flags.namespace,
    bind: flags.bind,
  });
}

function remoteOf(
  host: string | undefined,
  localPort: number | undefined,
  remotePort: number | undefined,
): FlagForm['prefect'] | undefined {
  if (host === undefined && localPort === undefined && remotePort === undefined) return undefined;
  return defined({ host, localPort, remotePort });
}

/** Without what is undefined. */
function defined<T extends object>(from: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(from).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}

function conflictOf(flags: OpeningRequest): OnPortConflict | undefined {
  if (flags['auto-port'] !== undefined) return flags['auto-port'] ? 'next' : 'fail';
  return flags['on-port-conflict'];
}

/** A repeatable flag that was not given is empty. */
function isSaid(value: string | number | readonly string[] | undefined): boolean {
  return Array.isArray(value) ? value.length > 0 : value !== undefined;
}
