import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { LinkError, type LinkCause, type LinkFailure } from '../link/failure.js';
import type { SshVia, Target } from '../spec.js';
import { targetText } from '../target-text.js';
import { deadlineOf } from './deadline.js';
import type { DiagnoseOptions, Hop } from './provider.js';
import { effectiveConfig, type EffectiveConfig } from './ssh-config.js';
import { openSsh } from './ssh-link.js';
import { prepareSsh, type SshSettings } from './ssh-settings.js';

/** What ssh's failures say of the steps a connection takes. */
const hopOf: Readonly<Partial<Record<LinkCause, Hop['hop']>>> = {
  'hostkey-changed': 'host-key',
  'hostkey-unknown': 'host-key',
  auth: 'auth',
  config: 'config',
  'tool-missing': 'config',
  resolve: 'dns',
};

/** Goes from this machine to an authenticated connection, step by step; ends after the first that fails. */
export async function* diagnoseSsh(
  via: SshVia,
  target: Target,
  options: DiagnoseOptions,
  settings: SshSettings,
): AsyncIterable<Hop> {
  const { signal, runtimeDirectory, through } = options;
  let config: EffectiveConfig;
  const started = performance.now();
  try {
    const files = await prepareSsh(via, runtimeDirectory, settings);
    config = await effectiveConfig(via, { config: files.config, settings, signal });
  } catch (error) {
    yield failed('config', failureOf(error), started);
    return;
  }
  yield { hop: 'config', verdict: 'pass', detail: configText(via, config), ms: performance.now() - started };
  const between = through ? 'the link before' : config.proxy;
  if (between !== undefined) {
    const detail = `ssh goes through ${between}, which finds the host.`;
    yield { hop: 'dns', verdict: 'skipped', detail };
    yield { hop: 'tcp', verdict: 'skipped', detail };
  } else if (!(yield* passes(nameHop(config.hostname, signal)))) return;
  else if (!(yield* passes(tcpHop(config, settings, signal)))) return;
  yield* loginHops(via, target, { config, settings, options, between });
}

async function* passes(hop: Promise<Hop>): AsyncGenerator<Hop, boolean> {
  const found = await hop;
  yield found;
  return found.verdict === 'pass';
}

async function nameHop(hostname: string, signal: AbortSignal): Promise<Hop> {
  const started = performance.now();
  try {
    const addresses = await lookup(hostname, { all: true });
    signal.throwIfAborted();
    const detail = `${hostname} is ${addresses.map(({ address }) => address).join(', ')}.`;
    return { hop: 'dns', verdict: 'pass', detail, ms: performance.now() - started };
  } catch (error) {
    signal.throwIfAborted();
    return {
      hop: 'dns',
      verdict: 'fail',
      detail: `The name ${hostname} cannot be resolved: ${codeOf(error)}.`,
      hint: 'Check the name, and whether this machine has a network and the right DNS (a VPN?).',
      ms: performance.now() - started,
    };
  }
}

async function tcpHop(config: EffectiveConfig, settings: SshSettings, signal: AbortSignal): Promise<Hop> {
  const { hostname, port } = config;
  const where = targetText({ host: hostname, port });
  const started = performance.now();
  using deadline = deadlineOf(signal, settings.connectTimeoutMs);
  const socket = connect({ host: hostname, port, signal: deadline.signal });
  let connected = false;
  const fail = (detail: string, hint: string): Hop => ({
    hop: 'tcp',
    verdict: 'fail',
    detail,
    hint,
    ms: performance.now() - started,
  });
  try {
    await once(socket, 'connect', { signal: deadline.signal });
    connected = true;
    const banner = await firstLine(socket, deadline.signal);
    if (!banner.startsWith('SSH-')) {
      return fail(`${where} answers, but not as ssh does: ${JSON.stringify(banner.slice(0, 40))}`, 'Check the port.');
    }
    return { hop: 'tcp', verdict: 'pass', detail: `${where} answers as ${banner}.`, ms: performance.now() - started };
  } catch (error) {
    signal.throwIfAborted();
    if (connected)
      return fail(`${where} takes connections, but says nothing.`, 'Check that sshd runs there and is not overloaded.');
    if (codeOf(error) === 'ECONNREFUSED')
      return fail(`${where} refuses connections.`, 'Check the port, and that sshd runs there.');
    const why = deadline.isOver ? 'no answer' : codeOf(error);
    return fail(
      `${where} cannot be reached: ${why}.`,
      'Check the address, the network (a VPN?), and that no firewall drops the packets.',
    );
  } finally {
    socket.on('error', () => undefined).destroy();
  }
}

async function firstLine(socket: Duplex, signal: AbortSignal): Promise<string> {
  let said = '';
  while (!said.includes('\n') && said.length < 255) {
    const [part] = (await once(socket, 'data', { signal })) as [Buffer];
    said += part.toString('latin1');
  }
  return said.split(/\r?\n/, 1)[0] ?? '';
}

async function* loginHops(
  via: SshVia,
  target: Target,
  context: {
    readonly config: EffectiveConfig;
    readonly settings: SshSettings;
    readonly options: DiagnoseOptions;
    readonly between: string | undefined;
  },
): AsyncIterable<Hop> {
  const { config, settings, options, between } = context;
  const started = performance.now();
  try {
    // Without a directory of connections to take over: what is asked is whether one can be made.
    const wanted = { ...options, targets: [target], onChild: async () => undefined, onDebug: () => undefined };
    const fresh = { ...settings, handOverDirectory: `${options.runtimeDirectory}/none` };
    await using link = await openSsh(via, wanted, fresh);
    const ms = performance.now() - started;
    yield { hop: 'host-key', verdict: 'pass', detail: `The host key is known (${config.knownHosts.join(', ')}).` };
    yield { hop: 'auth', verdict: 'pass', detail: `${config.user} is let in, without a question.`, ms };
    await link.check({ signal: options.signal });
  } catch (error) {
    options.signal.throwIfAborted();
    const failure = failureOf(error);
    const hop = hopOf[failure.cause] ?? (between === undefined ? 'session' : 'tcp');
    if (hop === 'auth') yield { hop: 'host-key', verdict: 'pass', detail: 'The host key is known.' };
    yield failed(
      hop,
      failure,
      started,
      hop === 'auth' ? ` Tried as ${config.user}, with the agent and ${config.identityFiles.join(', ')}.` : '',
    );
  }
}

function failed(hop: Hop['hop'], failure: LinkFailure, started: number, more = ''): Hop {
  return {
    hop,
    verdict: 'fail',
    detail: `${failure.message}${more}`,
    hint: failure.hint,
    ms: performance.now() - started,
  };
}

function failureOf(error: unknown): LinkFailure {
  if (error instanceof LinkError) return error.failure;
  throw error;
}

function configText(via: SshVia, config: EffectiveConfig): string {
  const where = targetText({ host: config.hostname, port: config.port });
  return `${via.host} means ${config.user}@${where}${config.proxy === undefined ? '' : ` through ${config.proxy}`}.`;
}

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : String(error);
}
