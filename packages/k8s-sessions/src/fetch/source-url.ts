import { isIP } from 'node:net';
import { SessionsError } from '../errors.js';
import type { SourceRules } from '../runner/control-types.js';
import { isPublicAddress } from './addresses.js';

/** The part of {@link SourceRules} that decides about an address. */
export type AddressRules = Pick<SourceRules, 'hosts' | 'allowHttp' | 'allowPrivate' | 'schemes'>;

/** What an address asks for. */
export type SourcePlan =
  /** A folder of a repository; where the ref ends and the folder begins, only the repository can say. */
  | { readonly kind: 'tree'; readonly repository: URL; readonly rest: readonly string[] }
  | { readonly kind: 'zip' | 'tar'; readonly url: URL }
  | { readonly kind: 'git'; readonly url: URL; readonly ref: string | null }
  /** Of a further scheme; what is behind it only its fetcher knows. */
  | { readonly kind: 'fetched'; readonly scheme: string; readonly url: URL };

/** Host that serves a host's archives, and so is allowed along with it. */
const archiveHosts: Readonly<Record<string, string>> = { 'github.com': 'codeload.github.com' };

/**
 * Looks at the address of a source without touching the network: scheme, credentials, port, host in every spelling a URL
 * parser knows, and what kind of source it is.
 *
 * @throws SessionsError HAWSER_SESSIONS_SOURCE_REJECTED with a sentence that names the fault.
 */
export function checkSource(url: string, rules: AddressRules): SourcePlan {
  const parsed = parse(url);
  const word = parsed.protocol.slice(0, -1);
  const scheme = rules.schemes?.find((each) => word === each || word.startsWith(`${each}+`));
  if (scheme !== undefined) {
    checkCredentials(parsed);
    return { kind: 'fetched', scheme, url: parsed };
  }
  checkAddress(parsed, rules);
  const plan = planOf(parsed);
  if (plan) return plan;
  throw rejected('The source is none of: a folder on GitHub (…/tree/branch/folder), .zip, .tar.gz, .tgz, .git', {
    hint: 'End the address of a repository with .git, or name one of its folders.',
  });
}

/**
 * The rules for one hop of the way to a source.
 *
 * @throws SessionsError HAWSER_SESSIONS_SOURCE_REJECTED
 */
export function checkAddress(url: URL, rules: AddressRules): void {
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && rules.allowHttp)) {
    throw rejected(`A source is fetched over https, not ${url.protocol.slice(0, -1)}`);
  }
  checkCredentials(url);
  const host = hostOf(url);
  if (host === '') throw rejected('The address of the source names no host');
  const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port;
  const allowed = rules.hosts.length === 0 || rules.hosts.some((pattern) => matches(pattern, host, port));
  if (!allowed)
    throw rejected(`${host}${url.port === '' ? '' : `:${port}`} is not among the hosts sources may come from`);
  if (rules.allowPrivate) return;
  const named = rules.hosts.some((pattern) => pattern.includes(':') && matches(pattern, host, port));
  if (url.port !== '' && !named) throw rejected(`Port ${port} is not open to sources`);
  if (isIP(host) !== 0 ? !isPublicAddress(host) : isInsideName(host)) {
    throw rejected(`${host} is not an address of the public internet`);
  }
}

function checkCredentials(url: URL): void {
  if (url.username === '' && url.password === '') return;
  throw rejected('The address of the source carries a user name or password', {
    hint: 'Leave it out; whoever runs the service keeps credentials by host.',
  });
}

/** Host as the parser normalised it: lower case, numbers in their usual form, without brackets and a last dot. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/u, '$1').replace(/\.$/u, '');
}

/** The credential kept for a URL's host, or for the host whose archives it serves. Never sent over plain http but to this machine. */
export function credentialFor(url: URL, credentials: SourceRules['credentials']): string | undefined {
  const host = hostOf(url);
  if (url.protocol !== 'https:' && host !== '127.0.0.1') return undefined;
  const served = Object.keys(archiveHosts).find((name) => archiveHosts[name] === host);
  return credentials[host] ?? (served === undefined ? undefined : credentials[served]);
}

/** Where a commit of a repository can be had as a tar.gz. */
export function archiveUrl(repository: URL, commit: string): URL {
  const host = archiveHosts[hostOf(repository)];
  if (host !== undefined) return new URL(`https://${host}${repository.pathname}/tar.gz/${commit}`);
  return new URL(`${repository.pathname}/archive/${commit}.tar.gz`, repository);
}

/** The error every rule raises. */
export function rejected(message: string, options: { readonly hint?: string } = {}): SessionsError {
  return new SessionsError('HAWSER_SESSIONS_SOURCE_REJECTED', `${message}.`, options);
}

function parse(url: string): URL {
  // A parser drops tabs and line ends and mends backslashes; whoever reads the address afterwards may not.
  // oxlint-disable-next-line no-control-regex -- they are what is looked for
  if (/[\u0000-\u0020\u007F\\]/u.test(url))
    throw rejected('The address of the source holds spaces or control characters');
  if (!URL.canParse(url)) throw rejected('The address of the source is none');
  return new URL(url);
}

function planOf(url: URL): SourcePlan | undefined {
  const parts = url.pathname.split('/').slice(1).map(decode);
  const [owner, name, word, ...rest] = parts;
  const path = url.pathname.toLowerCase();
  if (owner && name && word === 'tree') {
    const wanted = rest.flatMap((part) => part.split('/')).filter((part) => part !== '');
    if (wanted.length === 0) throw rejected('The address names a tree, but no branch, tag or commit');
    if (wanted.includes('..') || wanted.includes('.')) throw rejected('The folder of the source leads out of it');
    const repository = new URL(url.origin);
    repository.pathname = `/${encodeURIComponent(owner)}/${encodeURIComponent(name.replace(/\.git$/u, ''))}`;
    return { kind: 'tree', repository, rest: wanted };
  }
  if (path.endsWith('.zip')) return { kind: 'zip', url };
  if (path.endsWith('.tar.gz') || path.endsWith('.tgz')) return { kind: 'tar', url };
  if (!path.endsWith('.git')) return undefined;
  const ref = url.hash === '' ? null : decode(url.hash.slice(1));
  const plain = new URL(url);
  plain.hash = '';
  if (ref !== null && (ref.startsWith('-') || !/^[\w./-]+$/u.test(ref)))
    throw rejected('What stands behind # is no ref');
  return { kind: 'git', url: plain, ref };
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch (cause) {
    throw new SessionsError('HAWSER_SESSIONS_SOURCE_REJECTED', 'The address of the source holds a broken escape.', {
      cause,
    });
  }
}

function matches(pattern: string, host: string, port: string): boolean {
  const [wanted = '', wantedPort = port] = pattern.toLowerCase().split(':');
  if (wantedPort !== port) return false;
  if (wanted.startsWith('*.')) return host.endsWith(wanted.slice(1)) && host.length > wanted.length - 1;
  return host === wanted || host === archiveHosts[wanted];
}

/** Names that only mean something inside a network. */
function isInsideName(host: string): boolean {
  return !host.includes('.') || /\.(?:localhost|local|internal|intranet|lan|home|arpa|svc|test|invalid)$/u.test(host);
}
