import { basename } from 'node:path';
import { LinkError, type LinkFailure } from '../link/failure.js';
import type { SshVia } from '../spec.js';
import { targetText } from '../target-text.js';
import type { Forwarding } from './provider.js';

/** Files of one link. */
export interface SshFiles {
  /** Our own configuration, which includes the person's. */
  readonly config: string;
  /** The control socket. */
  readonly control: string;
}

/** How long a far end may be silent before it counts as lost: the product, in seconds. */
export interface SshKeepalive {
  readonly intervalSeconds: number;
  readonly count: number;
}

/** Lost after 15 s. */
export const KEEPALIVE: SshKeepalive = { intervalSeconds: 5, count: 3 };

/** How long a connection that was authenticated at a terminal waits to be taken over, and stays without its user. */
export const HAND_OVER_SECONDS = 60;

/** Printed by the LocalCommand of an authenticated ssh. */
export const READY = 'hawser-ready';

/** The longest path of a control socket: ssh appends 17 characters while it makes it, and a socket's path has at most 104 on macOS. */
const LONGEST_CONTROL = 86;

/** Options that decide what the ssh process is for; a via cannot have them. */
const ours = new Set(
  [
    'BatchMode ClearAllForwardings ControlMaster ControlPath ControlPersist DynamicForward ForkAfterAuthentication',
    'GatewayPorts LocalCommand LocalForward LogLevel LogVerbose PermitLocalCommand RemoteCommand RemoteForward',
    'RequestTTY SessionType StdinNull Tunnel',
  ].flatMap((line) => line.toLowerCase().split(' ')),
);

/**
 * Says what is wrong with a via, if anything: a value that ssh would take for an option, or that makes ssh another program
 * than the one wanted here.
 */
export function checkSshVia(via: SshVia): LinkFailure | undefined {
  const wrong = whatIsWrong(via);
  if (wrong === undefined) return undefined;
  return { cause: 'config', message: wrong, hint: 'Correct it in the configuration of the tunnel.', permanent: true };
}

function whatIsWrong(via: SshVia): string | undefined {
  const words = { host: via.host, user: via.user, jump: via.jump, identityFile: via.identityFile };
  for (const [name, word] of Object.entries({ ...words, configFile: via.configFile })) {
    if (word === undefined) continue;
    if (word === '') return `The ${name} of the bastion is empty.`;
    if (word.startsWith('-')) return `The ${name} of the bastion begins with a dash, as options do: ${word}`;
    if (/[\0\r\n]/.test(word)) return `The ${name} of the bastion holds a line end.`;
  }
  if (/[\s"'`$;|&<>(){}\\]/.test(via.host)) return `This is no name of a host: ${via.host}`;
  if (via.configFile !== undefined && /["*?[\\]/.test(via.configFile)) {
    return `The path of an ssh configuration may hold none of " * ? [ \\: ${via.configFile}`;
  }
  if (via.port !== undefined && !(Number.isInteger(via.port) && via.port >= 1 && via.port <= 65_535)) {
    return `The port of the bastion is not between 1 and 65535: ${via.port}`;
  }
  for (const option of via.options ?? []) {
    if (/[\0\r\n]/.test(option)) return 'An ssh option holds a line end.';
    const name = /^\s*([A-Za-z0-9]+)(?:\s*=|\s)/.exec(option)?.[1];
    if (name === undefined) return `An ssh option is NAME=VALUE, not ${option}`;
    if (ours.has(name.toLowerCase())) return `The ssh option ${name} is for Hawser to set.`;
  }
  return undefined;
}

/**
 * Our configuration of an ssh process, and of those it starts for its jump hosts, which inherit it: first what must be
 * so, then the person's files, then defaults for what they leave open.
 */
export function sshConfigText(
  via: SshVia,
  options: {
    /** Fails rather than asks. */
    readonly batch: boolean;
    readonly keepalive: SshKeepalive;
    readonly connectTimeoutSeconds: number;
    readonly fastAes: boolean;
  },
): string {
  const { batch, keepalive, connectTimeoutSeconds, fastAes } = options;
  const includes =
    via.configFile === undefined
      ? ['Include ~/.ssh/config', 'Include /etc/ssh/ssh_config']
      : [`Include "${via.configFile}"`];
  return [
    'IgnoreUnknown ForkAfterAuthentication,SessionType,StdinNull',
    ...(batch ? ['BatchMode yes'] : []),
    'ClearAllForwardings yes',
    // The person's own master may end at any time, and would take the tunnel with it; nor is one left behind by a jump.
    'ControlMaster no',
    'ControlPath none',
    'ControlPersist no',
    'ForkAfterAuthentication no',
    'ForwardAgent no',
    'ForwardX11 no',
    'PermitLocalCommand no',
    'RemoteCommand none',
    'RequestTTY no',
    'StdinNull no',
    'Tunnel no',
    ...(via.acceptNewHostKey ? ['StrictHostKeyChecking accept-new'] : []),
    ...includes,
    'Host *',
    `ServerAliveInterval ${keepalive.intervalSeconds}`,
    `ServerAliveCountMax ${keepalive.count}`,
    `ConnectTimeout ${connectTimeoutSeconds}`,
    'ConnectionAttempts 1',
    'TCPKeepAlive no',
    // Of the ciphers both ends take anyway; with the processor's help these are more than twice as fast as ssh's first choice.
    ...(fastAes ? ['Ciphers ^aes128-gcm@openssh.com,aes256-gcm@openssh.com'] : []),
    '',
  ].join('\n');
}

/** Arguments of the ssh that keeps a link up. */
export function masterArgv(via: SshVia, files: SshFiles, proxyCommand: string | undefined): readonly string[] {
  return [
    '-F',
    files.config,
    '-M',
    '-S',
    files.control,
    '-N',
    '-T',
    ...asOptions([
      'LogLevel=VERBOSE',
      'PermitLocalCommand=yes',
      `LocalCommand=${localCommand(files.control)}`,
      ...(proxyCommand === undefined ? [] : [`ProxyCommand=${proxyCommand}`]),
    ]),
    ...destination(via),
  ];
}

/** Arguments that read the configuration a link has, without connecting. */
export function showConfigArgv(via: SshVia, config: string): readonly string[] {
  return ['-G', '-F', config, ...destination(via)];
}

/** What a person can run to the same end, one forwarded port or socket for each tunnel. */
export function plainArgv(via: SshVia, forwards: readonly Forwarding[], keepalive: SshKeepalive): readonly string[] {
  return [
    'ssh',
    '-N',
    '-T',
    ...(via.configFile === undefined ? [] : ['-F', via.configFile]),
    ...asOptions([
      'BatchMode=yes',
      'ExitOnForwardFailure=yes',
      `ServerAliveInterval=${keepalive.intervalSeconds}`,
      `ServerAliveCountMax=${keepalive.count}`,
      'ControlPath=none',
      ...(via.acceptNewHostKey ? ['StrictHostKeyChecking=accept-new'] : []),
    ]),
    ...forwards.flatMap((forward) => ['-L', forwardSpec(forward)]),
    ...destination(via),
  ];
}

/** What a person runs at a terminal, to answer what ssh asks; the connection ends at once. */
export function authArgv(via: SshVia): readonly string[] {
  return [
    'ssh',
    ...(via.configFile === undefined ? [] : ['-F', via.configFile]),
    ...asOptions(['ControlPath=none']),
    ...destination(via),
    'true',
  ];
}

/** Arguments of the ssh that asks what it has to at the terminal, and then stays in the background as master. */
export function foregroundArgv(via: SshVia, files: SshFiles): readonly string[] {
  return [
    '-F',
    files.config,
    '-f',
    '-M',
    '-S',
    files.control,
    '-N',
    '-T',
    ...asOptions([`ControlPersist=${HAND_OVER_SECONDS}`]),
    ...destination(via),
  ];
}

/**
 * A place for the files of a link.
 *
 * @throws LinkError when ssh could not make a socket there
 */
export function sshFiles(directory: string): SshFiles {
  const files = { config: `${directory}/config`, control: `${directory}/c` };
  const wrong = /[^A-Za-z0-9/._@:+,=-]/.test(directory)
    ? `ssh cannot keep its socket in a folder of this name: ${directory}`
    : Buffer.byteLength(files.control) > LONGEST_CONTROL
      ? `The path of the folder for sockets is too long for ssh: ${directory}`
      : undefined;
  if (wrong === undefined) return files;
  const hint = 'Set XDG_RUNTIME_DIR to a folder with a short and plain path.';
  throw new LinkError({ cause: 'config', message: wrong, hint, permanent: true });
}

/** A word as any POSIX shell reads it. */
export function shellWord(word: string): string {
  return /^[A-Za-z0-9/._@:+,=%^-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** A command line as a person can paste it. */
export function shellLine(argv: readonly string[]): string {
  return argv.map(shellWord).join(' ');
}

/**
 * Says that the connection is up, and leaves a watcher: when our end of ssh's standard input is closed without a word, as
 * it is when we are killed, the watcher asks ssh over its own control socket to end. It signals nobody, so it cannot hit
 * a process that has got the number meanwhile.
 */
function localCommand(control: string): string {
  const leave = `ssh -F none -S ${control} -O exit hawser`;
  // What a shell puts into the background loses its standard input, so it is kept under another number.
  return `exec /bin/sh -c 'exec 3<&0; { read word <&3 || ${leave}; } >/dev/null 2>&1 & echo ${READY}'`;
}

function destination(via: SshVia): readonly string[] {
  return [
    ...asOptions(via.options ?? []),
    ...(via.jump === undefined ? [] : ['-J', via.jump]),
    ...(via.user === undefined ? [] : ['-l', via.user]),
    ...(via.port === undefined ? [] : ['-p', `${via.port}`]),
    ...(via.identityFile === undefined ? [] : ['-i', via.identityFile]),
    '--',
    via.host,
  ];
}

function asOptions(list: readonly string[]): readonly string[] {
  return list.flatMap((option) => ['-o', option]);
}

/** Always with the address to listen on: without it, ssh takes the IPv6 port alone when the IPv4 one is another's. */
function forwardSpec({ to, localPort }: Forwarding): string {
  return 'path' in to
    ? `${localPort === undefined ? `./${basename(to.path)}` : `127.0.0.1:${localPort}`}:${to.path}`
    : `127.0.0.1:${localPort ?? to.port}:${targetText(to)}`;
}
