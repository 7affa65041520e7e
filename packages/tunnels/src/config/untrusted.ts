import type { Complaint } from './complaint.js';
import type { ParsedFile, Path } from './read-yaml.js';
import { asMap } from './raw.js';
import { isLoopback } from './values.js';

/**
 * Options of ssh that a project's file may set, in lower case. None of them runs a program, reads or writes a file,
 * hands on an agent, forwards anything, or weakens how the host's key is checked.
 */
export const allowedSshOptions: ReadonlySet<string> = new Set([
  'addressfamily',
  'ciphers',
  'compression',
  'connectionattempts',
  'connecttimeout',
  'hostkeyalgorithms',
  'ipqos',
  'kexalgorithms',
  'macs',
  'numberofpasswordprompts',
  'port',
  'preferredauthentications',
  'pubkeyacceptedalgorithms',
  'rekeylimit',
  'serveralivecountmax',
  'serveraliveinterval',
  'tcpkeepalive',
  'user',
]);

/** Variables by which programs find code, settings, or where to send everything; a tunnel's address is not for them. */
const steering = new RegExp(
  [
    'PATH|PRELOAD|LIBRAR|OPTION|OPTS?$|FLAGS|COMMAND|SCRIPT|STARTUP|EDITOR|PAGER|PROXY|CONFIG|CERT|HOOK',
    'INDEX|REGISTR|MIRROR|REPO|RC$|DIR|FILE|HOME$',
    '^(?:LD|DYLD|GIT|SSH|BASH|NODE|NPM|JAVA|HAWSER|AWS)_|^(?:PYTHON|PERL|RUBY)|^_',
    '^(?:ENV|IFS|SHELL\\w*|PS\\d|BASHOPTS)$',
  ].join('|'),
  'i',
);
/**
 * Nothing but the address of the tunnel: bare, or as a URL with a path. A path behind a bare address could be that of a
 * file in the repository.
 */
const addressOnly =
  /^(?:\{(?:addr|host|port)\}|\{host\}:\{port\}|(?:\{url\}|[A-Za-z][A-Za-z0-9+.-]*:\/\/(?:\{addr\}|\{host\}(?::\{port\})?))(?:[/?][!-~]*)?)$/;

/**
 * What a project's file asks for that only the person at the machine may decide: whoever can change the repository
 * could run programs, read files or open ports here with it. Complaints are grouped by set.
 */
export function untrustedParts(parsed: ParsedFile): ReadonlyMap<string, readonly Complaint[]> {
  const found = new Map<string, readonly Complaint[]>();
  for (const [name, set] of Object.entries(asMap(asMap(parsed.value)['sets']))) {
    const complaints: Complaint[] = [];
    const complain = (path: Path, why: string): void => void complaints.push(parsed.complain(path, why));
    const settings = asMap(set);
    const at = ['sets', name];
    checkVia(settings['via'], [...at, 'via'], complain);
    for (const [tunnel, raw] of Object.entries(asMap(settings['tunnels']))) {
      checkTunnel(asMap(raw), settings['via'], [...at, 'tunnels', tunnel], complain);
    }
    if (complaints.length > 0) found.set(name, complaints);
  }
  return found;
}

const ownKinds: ReadonlySet<string> = new Set(['ssh-bastion', 'ssh', 'ssm', 'kube', 'direct', 'chain']);

type Complain = (path: Path, why: string) => void;

function checkTunnel(tunnel: Readonly<Record<string, unknown>>, viaOfSet: unknown, at: Path, complain: Complain): void {
  checkVia(tunnel['via'], [...at, 'via'], complain);
  const local = asMap(tunnel['local']);
  const host = local['host'];
  if (typeof host === 'string' && !isLoopback(host)) complain([...at, 'local', 'host'], 'opens a port to the network.');
  const path = local['path'];
  if (typeof path === 'string' && (/^[/~\\]|^[A-Za-z]:/.test(path) || path.split(/[/\\]/).includes('..'))) {
    complain([...at, 'local', 'path'], 'lies outside of the project.');
  }
  const via = tunnel['via'] ?? viaOfSet;
  const direct = via === 'direct' || asMap(via)['kind'] === 'direct';
  const to = tunnel['to'];
  if (direct && ((typeof to === 'string' && to.startsWith('unix:')) || 'path' in asMap(to))) {
    complain([...at, 'to'], 'hands a socket of this machine to everybody on it.');
  }
  for (const [name, value] of Object.entries(asMap(tunnel['env']))) {
    if (steering.test(name)) complain([...at, 'env', name], 'steers programs by more than an address.');
    else if (!addressOnly.test(String(value))) {
      complain([...at, 'env', name], 'is more than the address of the tunnel, such as http://{addr}/api.');
    }
  }
}

function checkVia(via: unknown, at: Path, complain: Complain): void {
  if (Array.isArray(via)) {
    for (const [index, hop] of via.entries()) checkVia(hop, [...at, index], complain);
    return;
  }
  const settings = asMap(via);
  const { kind } = settings;
  if (typeof kind === 'string' && !ownKinds.has(kind)) {
    complain([...at, 'kind'], 'is of a plugin: what it does with the rest is not known here.');
    return;
  }
  if (settings['hops'] !== undefined) checkVia(settings['hops'], [...at, 'hops'], complain);
  checkOptions(settings['options'], [...at, 'options'], complain);
  const key = settings['identityFile'];
  if (typeof key === 'string' && (!/^~\/\.ssh\/[^/]/.test(key) || key.split('/').includes('..'))) {
    complain([...at, 'identityFile'], 'is not in ~/.ssh.');
  }
  for (const [name, why] of [
    ['configFile', 'may name programs to run.'],
    ['acceptNewHostKey', 'trusts hosts that were never seen before.'],
    ['endpointUrl', 'sends signed AWS calls to another address.'],
    ['kubeconfig', 'may name programs to run.'],
  ] as const) {
    if (settings[name] !== undefined && settings[name] !== false) complain([...at, name], why);
  }
}

function checkOptions(options: unknown, at: Path, complain: Complain): void {
  const each: readonly (readonly [string | number, string, string])[] = Array.isArray(options)
    ? options.map((option, index) => {
        const [, name = '', value = ''] = /^([A-Za-z0-9]+)[ =]\s*(.*)$/.exec(String(option)) ?? [];
        return [index, name, value] as const;
      })
    : Object.entries(asMap(options)).map(([name, value]) => [name, name, String(value)] as const);
  for (const [step, name, value] of each) {
    if (!allowedSshOptions.has(name.toLowerCase())) {
      complain([...at, step], `is an option of ssh that a project may not set${name === '' ? '' : ` (${name})`}.`);
    } else if (!/^[A-Za-z0-9@._+*^,-]+$/.test(value) || (name.toLowerCase() === 'user' && value.startsWith('-'))) {
      complain([...at, step], `has a value that a project may not give to ${name}.`);
    }
  }
}
