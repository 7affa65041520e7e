import type { LinkCause, LinkFailure } from '../link/failure.js';
import { OpenRefusal } from './ssh-wire.js';

/** How an ssh process ended. */
export interface SshEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The last of what it said on stderr, at LogLevel VERBOSE. */
  readonly stderr: string;
  /** Whether it had been authenticated before. */
  readonly wasUp: boolean;
}

/** What a hint can name. */
export interface SshNames {
  /** As the person wrote it. */
  readonly host: string;
  /** Connects with the terminal attached, to answer questions. */
  readonly authCommand: string;
}

interface Row {
  readonly cause: LinkCause;
  readonly pattern: RegExp;
  readonly message: (names: SshNames, match: RegExpExecArray) => string;
  readonly hint: (names: SshNames, match: RegExpExecArray, stderr: string) => string;
  readonly permanent: boolean;
  /** A person at a terminal can let it go on. */
  readonly byPerson?: boolean;
}

/** ssh names the command that forgets a key, on a line of its own. */
const FORGET_KEY = /^\s*(ssh-keygen -f .+ -R .+?)\s*$/m;

/**
 * What ssh says when it fails, from the most telling to the least: the first row that is found decides. The texts are
 * OpenSSH's (`sshconnect.c`, `sshconnect2.c`, `packet.c`, `clientloop.c`, `readconf.c`), and the same since 7.4; exit
 * codes say nothing, for they are all 255.
 */
const rows: readonly Row[] = [
  {
    cause: 'hostkey-changed',
    pattern: /REMOTE HOST IDENTIFICATION HAS CHANGED|REVOKED HOST KEY DETECTED/,
    message: ({ host }) => `The host key of ${host}, or of a host before it, is not the one that is known.`,
    hint: (_names, _match, stderr) => {
      const forget = FORGET_KEY.exec(stderr)?.[1];
      return `Ask who runs the host whether its key was changed. If so, forget the old one${forget ? `: ${forget}` : ' with ssh-keygen -R HOST.'}`;
    },
    permanent: true,
  },
  {
    cause: 'hostkey-unknown',
    pattern: /Host key verification failed|No .+ host key is known for/,
    message: ({ host }) => `The host key of ${host}, or of a host before it, is not known yet.`,
    hint: ({ authCommand }) => `Compare the key and accept it: ${authCommand}`,
    permanent: true,
    byPerson: true,
  },
  {
    cause: 'auth',
    pattern: /Too many authentication failures/,
    message: ({ host }) => `${host} stopped listening after too many wrong keys.`,
    hint: () => 'Name the right key with identityFile, and add the option IdentitiesOnly=yes.',
    permanent: true,
    byPerson: true,
  },
  {
    cause: 'auth',
    pattern: /^(?:(\S+): )?Permission denied \(([^)]*)\)/m,
    message: ({ host }, match) =>
      `${match[1] ?? host} accepts none of the keys offered (it takes ${match[2]?.replaceAll(',', ', ')}).`,
    hint: ({ authCommand }) =>
      `Load the key into the agent with ssh-add, check user and key, or answer its questions: ${authCommand}`,
    permanent: true,
    byPerson: true,
  },
  {
    cause: 'config',
    pattern:
      /^(?:command-line|\/\S+):? line \d+: (?!\w+: .*not found).*$|^.*(?:Bad owner or permissions|Unsupported option|Bad stdio forwarding|too long for Unix domain socket|Can't open user config file|unknown option|illegal option).*$/m,
    message: (_names, match) => `ssh does not take its configuration: ${match[0].trim()}`,
    hint: () => 'Correct the option or the file that is named.',
    permanent: true,
  },
  {
    cause: 'resolve',
    pattern: /Could not resolve hostname ([^:\s]+): (.+)/,
    message: (_names, match) => `The name ${match[1]} cannot be resolved: ${match[2]?.trim()}.`,
    hint: () => 'Check the name, and whether this machine has a network and the right DNS (a VPN?).',
    permanent: false,
  },
  {
    cause: 'timeout',
    pattern: /Timeout, server (\S+) not responding/,
    message: (_names, match) => `${match[1]} no longer answers.`,
    hint: () => 'The network in between is down, or the host is frozen; it is tried again.',
    permanent: false,
  },
  {
    cause: 'unreachable',
    pattern: /No route to host|Network is unreachable/,
    message: ({ host }) => `There is no way to ${host} through the network.`,
    hint: () => 'Check that this machine is on the right network; it is tried again.',
    permanent: false,
  },
  {
    cause: 'refused',
    pattern: /connect to (?:host|address) (\S+) port (\d+): Connection refused/,
    message: (_names, match) => `${match[1]} refuses connections on port ${match[2]}.`,
    hint: () => 'Check the port, and that sshd runs there; it is tried again.',
    permanent: false,
  },
  {
    cause: 'timeout',
    pattern: /connect to (?:host|address) (\S+) port (\d+): (?:Connection|Operation) timed out/,
    message: (_names, match) => `${match[1]} did not answer on port ${match[2]}.`,
    hint: () => 'Check the address, and that no firewall drops the packets; it is tried again.',
    permanent: false,
  },
  {
    cause: 'proxy-failed',
    // What ssh calls the other end when that is a program.
    pattern: /UNKNOWN port 65535|stdio forwarding failed/,
    message: ({ host }) => `The host or command in front of ${host} did not reach it.`,
    hint: () => 'Check the jump host or ProxyCommand by itself, and that it may forward to the host.',
    permanent: false,
  },
  {
    cause: 'timeout',
    pattern: /timed out|banner exchange: .*timeout|Timeout before authentication/i,
    message: ({ host }) => `${host} did not answer in time.`,
    hint: () => 'Check the address, and that no firewall drops the packets; it is tried again.',
    permanent: false,
  },
  {
    cause: 'closed',
    pattern: /closed by|Connection reset|Broken pipe|Disconnected from|kex_exchange_identification|banner line/,
    message: ({ host }) => `${host} closed the connection.`,
    hint: () => 'It may be restarting, or allow only so many connections (MaxStartups); it is tried again.',
    permanent: false,
  },
];

/** Says why an ssh process ended. */
export function classifyEnd(end: SshEnd, names: SshNames): LinkFailure {
  if (end.signal !== null || (end.wasUp && end.code === 0) || /^Killed by signal \d+/m.test(end.stderr)) {
    return {
      cause: 'killed',
      message: `The ssh process was killed${end.signal === null ? '' : ` by ${end.signal}`}.`,
      hint: 'It is started again.',
      permanent: false,
    };
  }
  for (const row of rows) {
    const match = row.pattern.exec(end.stderr);
    if (!match) continue;
    return {
      cause: row.cause,
      message: row.message(names, match),
      hint: row.hint(names, match, end.stderr),
      permanent: row.permanent,
      ...(row.byPerson ? { authCommand: names.authCommand } : {}),
    };
  }
  const last = end.stderr.trim().split('\n').at(-1);
  return {
    cause: 'other',
    message: `ssh ended with ${end.code ?? 'no code'}${last ? `: ${last.trim()}` : ' and said nothing'}`,
    hint: 'hawser net logs has all it said.',
    permanent: false,
  };
}

/** There is no ssh program. */
export function toolMissing(program: string): LinkFailure {
  return {
    cause: 'tool-missing',
    message: `The program ${program} cannot be run.`,
    hint: 'Install the OpenSSH client (Debian: apt install openssh-client), or put ssh into PATH.',
    permanent: true,
  };
}

/** A far end that takes too long to become a link. */
export function notInTime(host: string, ms: number): LinkFailure {
  return {
    cause: 'timeout',
    message: `${host} did not let you in within ${Math.round(ms / 1000)} s.`,
    hint: 'Check that nothing waits for an answer (a key to be touched), and that the host is not overloaded.',
    permanent: false,
  };
}

const connectTexts: readonly (readonly [RegExp, LinkCause, string, string])[] = [
  [/refused/i, 'target-refused', 'nobody listens there', 'Check the port, and that the program runs there.'],
  [
    /not known|resolve|unknown host|name resolution|no address/i,
    'resolve',
    'its name is unknown there',
    'Use a name or an address that the bastion can resolve.',
  ],
  [/timed? ?out/i, 'timeout', 'it does not answer', 'Check that the bastion may reach it (security groups, firewall).'],
  [
    /unreachable|no route/i,
    'unreachable',
    'there is no way to it',
    'Check that the bastion may reach it (routes, security groups).',
  ],
];

/** Says why a far end refused a connection to a target (RFC 4254 §5.1); the text is the far end's own. */
export function openRefused(target: string, reason: number, text: string): LinkFailure {
  if (reason === OpenRefusal.administrativelyProhibited || reason === OpenRefusal.unknownChannelType) {
    return {
      cause: 'forward-denied',
      message: `The bastion does not allow forwarding to ${target}${text ? ` (${text})` : ''}.`,
      hint: 'Its sshd decides by AllowTcpForwarding, AllowStreamLocalForwarding, PermitOpen, DisableForwarding, and restrict or permitopen beside the key.',
      permanent: false,
    };
  }
  const known = connectTexts.find(([pattern]) => pattern.test(text));
  const [, cause, why, hint] = known ?? [
    undefined,
    'target-refused' as const,
    text || 'it gave no reason',
    'Check the target from the bastion itself.',
  ];
  return {
    cause: reason === OpenRefusal.resourceShortage ? 'other' : cause,
    message: `The bastion cannot connect to ${target}: ${why}.`,
    hint,
    permanent: false,
  };
}
