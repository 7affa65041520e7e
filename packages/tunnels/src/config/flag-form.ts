import { TunnelsError } from '../errors.js';
import type { LocalAddress, OnPortConflict, Target, TunnelSpec, Via } from '../spec.js';
import { isLoopback, readTarget } from './values.js';

/** What `net up` is told by flags instead of a file. Nothing of it is written down but in the state. */
export interface FlagForm {
  readonly via: 'ssh-bastion' | 'ssm' | 'kube' | 'direct';
  /** The bastion, or the managed node. Default: `HAWSER_BASTION_HOST`. */
  readonly host?: string;
  /** Default: `HAWSER_BASTION_USER`, else whom ssh takes. */
  readonly sshUser?: string;
  /** Values of `-o`. */
  readonly sshOptions?: readonly string[];
  readonly prefect?: RemoteForm;
  /** False: no tunnel to Marquez. */
  readonly marquez?: RemoteForm | false;
  /**
   * `NAME=[LOCAL:]HOST:PORT`; programs find it in `HAWSER_NET_NAME`. Prefect and Marquez are left out unless something
   * is said of them.
   */
  readonly forwards?: readonly string[];
  /** The name of the set. Default: the time in UTC, such as 20261121T181500Z. */
  readonly label?: string;
  readonly profile?: string;
  readonly region?: string;
  readonly endpointUrl?: string;
  readonly lanes?: number;
  readonly context?: string;
  readonly namespace?: string;
  /** An address to listen on instead of loopback. */
  readonly bind?: string;
  readonly onPortConflict?: OnPortConflict;
}

/** One of the two applications that have flags of their own. */
export interface RemoteForm {
  /** Default: `HAWSER_PREFECT_REMOTE_HOST` or `HAWSER_MARQUEZ_REMOTE_HOST`, else the host of staging. */
  readonly host?: string;
  /** Default: 4200 for Prefect, 5000 for Marquez. */
  readonly localPort?: number;
  /** Default: 4200 for Prefect, 5000 for Marquez. */
  readonly remotePort?: number;
}

/** An application with flags of its own. */
interface Application {
  readonly name: 'prefect' | 'marquez';
  readonly port: number;
  readonly hostVariable: string;
  readonly env: Readonly<Record<string, string>>;
}

const applications: readonly Application[] = [
  {
    name: 'prefect',
    port: 4200,
    hostVariable: 'HAWSER_PREFECT_REMOTE_HOST',
    env: { PREFECT_API_URL: 'http://{addr}/api' },
  },
  {
    name: 'marquez',
    port: 5000,
    hostVariable: 'HAWSER_MARQUEZ_REMOTE_HOST',
    env: { OPENLINEAGE_URL: 'http://{addr}' },
  },
];

/**
 * Makes specifications of flags.
 *
 * @throws TunnelsError HAWSER_NET_BAD_INPUT when something is missing, malformed, or two tunnels want one local port
 */
export function tunnelsFromFlags(
  form: FlagForm,
  env: Readonly<Record<string, string | undefined>>,
  now: Date = new Date(),
): readonly TunnelSpec[] {
  const via = viaOf(form, env);
  const set = form.label ?? now.toISOString().replaceAll(/[-:]|\.\d+/g, '');
  if (!namePattern.test(set)) throw badName('--label', set);
  const common = {
    set,
    via,
    ...(form.onPortConflict === undefined ? {} : { onPortConflict: form.onPortConflict }),
  };
  const bound = (port: number): LocalAddress => ({ port, ...(form.bind === undefined ? {} : { host: form.bind }) });
  const specs: TunnelSpec[] = [];
  for (const application of applications) {
    const said = form[application.name] ?? (form.forwards?.length ? false : {});
    if (said === false) continue;
    const { host, localPort = application.port, remotePort = application.port } = said;
    specs.push({
      ...common,
      name: application.name,
      to: {
        host: checkedHost(host ?? env[application.hostVariable] ?? defaultHost(application.name, form.via)),
        port: remotePort,
      },
      local: bound(localPort),
      probe: { kind: application.name },
      env: application.env,
    });
  }
  for (const forward of form.forwards ?? []) {
    const { name, local, to } = parseForward(forward);
    const variable = `HAWSER_NET_${name.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')}`;
    specs.push({ ...common, name, to, local: bound(local), env: { [variable]: '{addr}' } });
  }
  refuseDoubles(specs);
  return specs;
}

/** Whether a tunnel would listen where others than this machine reach it. */
export function opensToNetwork({ local }: TunnelSpec): boolean {
  return 'port' in local && local.host !== undefined && !isLoopback(local.host);
}

const namePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

function viaOf(form: FlagForm, env: Readonly<Record<string, string | undefined>>): Via {
  const { profile, region, endpointUrl, lanes, context, namespace } = form;
  switch (form.via) {
    case 'direct':
      return { kind: 'direct' };
    case 'kube':
      return {
        kind: 'kube',
        ...(context === undefined ? {} : { context }),
        ...(namespace === undefined ? {} : { namespace }),
      };
    case 'ssm':
      return {
        kind: 'ssm',
        target: bastionOf(form, env),
        ...(profile === undefined ? {} : { profile }),
        ...(region === undefined ? {} : { region }),
        ...(endpointUrl === undefined ? {} : { endpointUrl }),
        ...(lanes === undefined ? {} : { lanes }),
      };
    default: {
      const user = sshUser(form, env);
      return {
        kind: 'ssh-bastion',
        host: bastionOf(form, env),
        ...(user === undefined ? {} : { user }),
        ...(form.sshOptions?.length ? { options: form.sshOptions } : {}),
      };
    }
  }
}

function bastionOf({ host, via }: FlagForm, env: Readonly<Record<string, string | undefined>>): string {
  const found = host ?? env['HAWSER_BASTION_HOST'];
  if (found) return checkedHost(found);
  const what = via === 'ssm' ? 'The managed node' : 'The bastion';
  throw new TunnelsError('HAWSER_NET_BAD_INPUT', `${what} is missing.`, {
    hint: 'Name it with --host, or set HAWSER_BASTION_HOST.',
  });
}

/** Nothing said: ssh takes the user of its configuration, else the one who runs it. A guess of ours would beat both. */
function sshUser({ sshUser: said }: FlagForm, env: Readonly<Record<string, string | undefined>>): string | undefined {
  const user = said ?? env['HAWSER_BASTION_USER'];
  if (user !== undefined && !/^[A-Za-z0-9_][A-Za-z0-9_.@+\\-]*$/.test(user)) {
    throw new TunnelsError('HAWSER_NET_BAD_INPUT', `'${user}' is no user name.`);
  }
  return user || undefined;
}

/** What begins with a dash would be taken for an option by programs. */
function checkedHost(host: string): string {
  if (/^[^\s\p{Cc}-][^\s\p{Cc}]*$/u.test(host)) return host;
  throw new TunnelsError('HAWSER_NET_BAD_INPUT', `'${host}' is no host.`);
}

function defaultHost(name: Application['name'], via: FlagForm['via']): string {
  return via === 'kube' ? `svc/${name}` : `${name}.staging.internal`;
}

/** `NAME=[LOCAL:]HOST:PORT` or `NAME=[LOCAL:]unix:/PATH`; without LOCAL any free port is taken, the same each time. */
function parseForward(text: string): { readonly name: string; readonly local: number; readonly to: Target } {
  const [, name = '', rest = ''] = /^([^=]*)=(.*)$/.exec(text) ?? [];
  if (!namePattern.test(name)) throw badName('--forward', text);
  const whole = readTarget(rest);
  if (whole) return { name, local: 0, to: whole };
  const [, digits = '', behind = ''] = /^(\d{1,5}):(.+)$/.exec(rest) ?? [];
  const to = readTarget(behind);
  if (to && Number(digits) <= 65_535) return { name, local: Number(digits), to };
  throw new TunnelsError('HAWSER_NET_BAD_INPUT', `'${text}' names no forward.`, {
    hint: 'Write it like --forward db=15432:db.internal:5432; an IPv6 address stands in brackets.',
  });
}

function badName(flag: string, text: string): TunnelsError {
  return new TunnelsError('HAWSER_NET_BAD_INPUT', `${flag} '${text}' begins with no name.`, {
    hint: 'A name is made of letters, digits, dots, dashes and underscores, and begins with a letter or digit.',
  });
}

function refuseDoubles(specs: readonly TunnelSpec[]): void {
  const names = new Set<string>();
  const ports = new Map<number, string>();
  for (const { name, local } of specs) {
    if (names.has(name)) throw new TunnelsError('HAWSER_NET_BAD_INPUT', `Two tunnels are called ${name}.`);
    names.add(name);
    const port = 'port' in local ? local.port : 0;
    const other = ports.get(port);
    if (port !== 0 && other !== undefined) {
      throw new TunnelsError('HAWSER_NET_BAD_INPUT', `${other} and ${name} both want port ${port} of this machine.`, {
        hint: `Give one of them another port, with --${name}-port for example.`,
      });
    }
    ports.set(port, name);
  }
}
