import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { homedir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { TunnelsError } from '../errors.js';
import { placesOf } from './places.js';
import type { LocatedProject, ServiceOptions, ServiceReport } from './seam.js';
import { launchdPlist, systemdUnit, type ServiceFacts } from './service-text.js';

/** How long a service manager may take, in milliseconds. */
const MANAGER_MS = 30_000;

/** A service that is to be written or removed. */
interface Service {
  readonly name: string;
  readonly path: string;
  readonly text: string;
  /** Commands that put it into service, and that take it out. */
  readonly enable: readonly (readonly [string, ...string[]])[];
  readonly disable: readonly (readonly [string, ...string[]])[];
}

/**
 * What {@link installService} would write, and where. Touches nothing.
 *
 * @throws TunnelsError HAWSER_NET_BAD_INPUT
 */
export function describeService(options: ServiceOptions): ServiceReport {
  return reportOf(serviceOf(options));
}

/**
 * Writes a service of the person's own service manager that keeps a set of tunnels up in the foreground, from login on,
 * and starts it.
 *
 * @throws TunnelsError HAWSER_NET_BAD_INPUT, HAWSER_NET_SERVICE_FAILED
 */
export async function installService(options: ServiceOptions): Promise<ServiceReport> {
  const service = serviceOf(options);
  try {
    await mkdir(dirname(service.path), { recursive: true });
    await writeFile(service.path, service.text, { mode: 0o600 });
  } catch (error) {
    throw failed(`${service.path} could not be written: ${String(error)}`, error);
  }
  if (options.activate === false) return reportOf(service);
  try {
    for (const command of service.enable) await run(command, options);
  } catch (error) {
    await rm(service.path, { force: true });
    throw error;
  }
  return reportOf(service);
}

/**
 * Stops a service and removes it. One that is not there is no error.
 *
 * @throws TunnelsError HAWSER_NET_BAD_INPUT, HAWSER_NET_SERVICE_FAILED
 */
export async function uninstallService(options: ServiceOptions): Promise<ServiceReport> {
  const service = serviceOf(options);
  const [stop, ...others] = service.disable;
  // What is not loaded cannot be stopped, and managers call that a failure.
  if (options.activate !== false && stop) await run(stop, options).catch(unlessMissing);
  await rm(service.path, { force: true });
  if (options.activate !== false) for (const command of others) await run(command, options);
  return reportOf(service);
}

function serviceOf(options: ServiceOptions): Service {
  const { kind, set, command, from } = options;
  if (!/^[A-Za-z0-9._-]{1,64}$/.test(set)) throw bad(`${JSON.stringify(set)} is not the name of a set.`);
  const [program] = command;
  if (program?.startsWith('/') !== true) throw bad('The program of a service must be an absolute path.');
  if (!from.startsWith('/')) throw bad('The working directory of a service must be an absolute path.');
  if ([...command, from].some(hasControl)) throw bad('A path of the service has a control character in it.');
  const environment = kept(options.env ?? process.env);
  const facts: ServiceFacts = { set, command, workingDirectory: from, environment };
  const { project } = placesOf(options);
  const key = createHash('sha256').update(project).digest('hex').slice(0, 8);
  if (kind === 'systemd') return systemdService(`hawser-net-${set}-${key}.service`, facts, options);
  if (kind === 'launchd') return launchdService(`dev.hawser.net.${set}.${key}`, facts, options);
  throw bad(`${JSON.stringify(kind)} is not a service manager: systemd or launchd.`);
}

function systemdService(name: string, facts: ServiceFacts, { env = process.env }: LocatedProject): Service {
  const home = env['HOME'] ?? homedir();
  const config = env['XDG_CONFIG_HOME']?.startsWith('/') === true ? env['XDG_CONFIG_HOME'] : join(home, '.config');
  return {
    name,
    path: join(config, 'systemd', 'user', name),
    text: systemdUnit(facts),
    enable: [
      ['systemctl', '--user', 'daemon-reload'],
      ['systemctl', '--user', 'enable', '--now', name],
    ],
    disable: [
      ['systemctl', '--user', 'disable', '--now', name],
      ['systemctl', '--user', 'daemon-reload'],
    ],
  };
}

function launchdService(name: string, facts: ServiceFacts, { env = process.env }: LocatedProject): Service {
  const path = join(env['HOME'] ?? homedir(), 'Library', 'LaunchAgents', `${name}.plist`);
  const domain = `gui/${userInfo().uid}`;
  return {
    name,
    path,
    text: launchdPlist(name, facts),
    enable: [['launchctl', 'bootstrap', domain, path]],
    disable: [['launchctl', 'bootout', `${domain}/${name}`]],
  };
}

/** What the tunnels need to be the same ones as from a terminal: a service manager hands on little. */
function kept(env: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string>> {
  const names = ['PATH', 'HAWSER_STATE_DIR', 'XDG_STATE_HOME'];
  const pairs = names.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]] as const]));
  const strange = pairs.find(([, value]) => hasControl(value));
  if (strange) throw bad(`${strange[0]} has a control character in it.`);
  return Object.fromEntries(pairs);
}

async function run([program, ...args]: readonly [string, ...string[]], options: ServiceOptions): Promise<void> {
  const { env = process.env } = options;
  try {
    await promisify(execFile)(program, args, { env, timeout: MANAGER_MS });
  } catch (error) {
    const { code, stderr = '' } = error as { readonly code?: unknown; readonly stderr?: string };
    const command = [program, ...args].join(' ');
    if (code === 'ENOENT') {
      throw failed(`${program} is not there, so no service can be put into its care.`, error, {
        hint: 'Where this service manager does not run, keep tunnels with hawser net up --foreground in the one that does.',
        program,
      });
    }
    throw failed(`${command} failed: ${stderr.trim() || String(error)}`, error, { command });
  }
}

/** A missing program is a failure; one that says no is not, when something is taken away. */
function unlessMissing(error: unknown): void {
  if (error instanceof TunnelsError && error.details?.['program'] === undefined) return;
  throw error;
}

function hasControl(text: string): boolean {
  // oxlint-disable-next-line no-control-regex -- finding them is the point
  return /[\u0000-\u001f\u007f]/.test(text);
}

function reportOf({ name, path, text }: Service): ServiceReport {
  return { name, path, text };
}

function bad(message: string): TunnelsError {
  return new TunnelsError('HAWSER_NET_BAD_INPUT', message);
}

function failed(
  message: string,
  cause: unknown,
  facts: { hint?: string; program?: string; command?: string } = {},
): TunnelsError {
  const { hint, ...details } = facts;
  return new TunnelsError('HAWSER_NET_SERVICE_FAILED', message, { cause, hint, details });
}
