import { TunnelsError } from '../errors.js';
import type { TunnelSpec } from '../spec.js';

const kinds: readonly unknown[] = ['ssh-bastion', 'ssm', 'kube', 'direct', 'plugin', 'chain'];
const probes: readonly unknown[] = ['tcp', 'http', 'prefect', 'marquez', 'postgres'];
const policies: readonly unknown[] = [undefined, 'next', 'fail', 'reuse'];

/**
 * Takes what came over the control socket for tunnels to open, or refuses it.
 *
 * @throws TunnelsError HAWSER_NET_BAD_INPUT
 */
export function checkSpecs(input: unknown): readonly TunnelSpec[] {
  if (!Array.isArray(input) || input.length === 0) throw bad('No tunnel is named.');
  const specs = input.map(checkSpec);
  const names = new Set<string>();
  for (const { name } of specs) {
    if (names.has(name)) throw bad(`Two tunnels are named ${name}.`);
    names.add(name);
  }
  return specs;
}

function checkSpec(input: unknown): TunnelSpec {
  const spec = record(input, 'A tunnel');
  const { name } = spec;
  if (typeof name !== 'string' || !/^[A-Za-z0-9._-]{1,64}$/.test(name)) {
    throw bad(`${JSON.stringify(name)} is not a name: letters, digits, dots, underscores and dashes, at most 64.`);
  }
  const of = `of tunnel ${name}`;
  if (typeof spec['set'] !== 'string') throw bad(`The set ${of} is not a text.`);
  checkVia(spec['via'], of);
  checkTarget(record(spec['to'], `The target ${of}`), of);
  checkLocal(record(spec['local'], `The local address ${of}`), of);
  if (!policies.includes(spec['onPortConflict'])) throw bad(`The conflict policy ${of} is not next, fail or reuse.`);
  const { probe, env } = spec;
  if (probe !== undefined && !probes.includes(record(probe, `The probe ${of}`)['kind'])) {
    throw bad(`The probe ${of} is of no known kind.`);
  }
  if (
    env !== undefined &&
    !Object.values(record(env, `The environment ${of}`)).every((value) => typeof value === 'string')
  ) {
    throw bad(`The environment ${of} has a value that is not a text.`);
  }
  for (const key of ['ttlMs', 'idleMs', 'holdMs']) {
    const value = spec[key];
    if (value !== undefined && !(typeof value === 'number' && Number.isFinite(value) && value >= 0)) {
      throw bad(`${key} ${of} is not a number of milliseconds.`);
    }
  }
  return input as TunnelSpec;
}

function checkVia(input: unknown, of: string): void {
  const via = record(input, `The way ${of}`);
  if (!kinds.includes(via['kind'])) throw bad(`The way ${of} is of no known kind: ${JSON.stringify(via['kind'])}.`);
  if (via['kind'] === 'plugin') {
    if (typeof via['provider'] !== 'string') throw bad(`The way ${of} names no provider.`);
    record(via['settings'], `What the way ${of} says to its provider`);
    return;
  }
  if (via['kind'] !== 'chain') return;
  const { hops } = via;
  if (!Array.isArray(hops) || hops.length === 0) throw bad(`The chain ${of} has no hops.`);
  for (const hop of hops) checkVia(hop, of);
}

function checkTarget(target: Readonly<Record<string, unknown>>, of: string): void {
  const isSocket = typeof target['path'] === 'string' && target['path'] !== '';
  const isHost = typeof target['host'] === 'string' && target['host'] !== '' && isPort(target['port'], 1);
  if (!isSocket && !isHost) throw bad(`The target ${of} is neither a host and a port nor a socket.`);
}

function checkLocal(local: Readonly<Record<string, unknown>>, of: string): void {
  const isSocket = typeof local['path'] === 'string' && local['path'].startsWith('/');
  const hasHost = local['host'] === undefined || (typeof local['host'] === 'string' && local['host'] !== '');
  if (!isSocket && !(hasHost && isPort(local['port'], 0))) {
    throw bad(`The local address ${of} is neither a port from 0 to 65535 nor the absolute path of a socket.`);
  }
}

function isPort(value: unknown, least: number): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= least && value <= 65_535;
}

function record(input: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof input === 'object' && input !== null && !Array.isArray(input)) return input as Record<string, unknown>;
  throw bad(`${what} is not an object.`);
}

function bad(message: string): TunnelsError {
  return new TunnelsError('HAWSER_NET_BAD_INPUT', message);
}
