/** How a repository is spoken to. `file` is a path on the machine that clones. */
export type RepositoryScheme = 'https' | 'ssh' | 'http' | 'git' | 'file';

/** The parts of a repository's address. */
export interface Repository {
  readonly scheme: RepositoryScheme;
  /** With the port when one is named; empty for `file`. */
  readonly host: string;
  /** As it stands in the address. */
  readonly path: string;
  /** For ssh: whom to log in as. */
  readonly user?: string;
  /** The address carries a name or a password for http(s), or a password for ssh. */
  readonly hasCredentials: boolean;
  /** The address without them. */
  readonly url: string;
}

/**
 * Reads the address of a repository as git does: a URL, `user@host:path`, or an absolute path. `undefined` for what git
 * would take for something else (an option, a remote helper such as `ext::sh -c …`, a host that begins with `-`).
 *
 * @see git-clone(1), "GIT URLS"; gitremote-helpers(7) for `<transport>::<address>`
 */
export function parseRepository(text: string): Repository | undefined {
  if (text.startsWith('-') || /\p{Cc}/u.test(text)) return undefined;
  if (text.startsWith('/')) return { scheme: 'file', host: '', path: text, hasCredentials: false, url: text };
  if (/\s/.test(text)) return undefined;
  const url = /^([a-z][a-z0-9+.-]*):\/\/(?:([^/?#]*)@)?([^/?#@]*)(\/[^?#]*)?$/i.exec(text);
  if (url) return ofUrl(url);
  if (/^[a-z0-9]+::/i.test(text)) return undefined;
  const scp = /^(?:([^/@:]+)@)?([^/@:]+):(?!\/\/)([^\s]+)$/.exec(text);
  if (!scp) return undefined;
  const [, user, host = '', path = ''] = scp;
  if (!isHost(host) || user?.startsWith('-') || path.startsWith('-')) return undefined;
  return { scheme: 'ssh', host: host.toLowerCase(), path, ...(user && { user }), hasCredentials: false, url: text };
}

/**
 * The name that an address and its other spellings share: host and path without scheme, user and `.git`. A lock that two
 * people take must not depend on whether they clone by ssh or by https.
 */
export function repositoryName(text: string): string {
  const repository = parseRepository(text);
  if (!repository) return text;
  const path = repository.path.replace(/\/+$/, '').replace(/\.git$/, '');
  if (repository.scheme === 'file') return path;
  const host = repository.host.replace(/:(22|80|443|9418)$/, '');
  return `${host}/${path.replace(/^\/+/, '')}`;
}

/** Why `text` cannot be cloned from, in words that never repeat a credential; `undefined` when it can. */
export function repositoryProblem(text: string, schemes: readonly RepositoryScheme[]): string | undefined {
  if (text === '') return 'must not be empty';
  if (text.length > 2048) return 'must have at most 2,048 characters';
  const repository = parseRepository(text);
  if (!repository) {
    return 'is no address of a repository: give an https or ssh URL, or user@host:path';
  }
  if (repository.hasCredentials) {
    return `must not carry credentials: store them once with hawser exec secrets set git/${repository.host}`;
  }
  if (!schemes.includes(repository.scheme)) {
    return repository.scheme === 'file'
      ? 'is a path of your machine, and this backend cannot see it: give an address that it can clone from'
      : `must be reached by ${schemes.filter((scheme) => scheme !== 'file').join(' or ')}, not by ${repository.scheme}`;
  }
  return undefined;
}

function ofUrl(match: RegExpExecArray): Repository | undefined {
  const [, name = '', info, authority = '', path = ''] = match;
  const scheme = schemeOf(name.toLowerCase());
  if (!scheme) return undefined;
  if (scheme === 'file') {
    if (info !== undefined || !['', 'localhost'].includes(authority) || path === '') return undefined;
    return { scheme, host: '', path, hasCredentials: false, url: `file://${path}` };
  }
  if (!isHost(authority) || path.replaceAll('/', '') === '') return undefined;
  const host = authority.toLowerCase();
  if (scheme !== 'ssh') {
    return { scheme, host, path, hasCredentials: info !== undefined, url: `${scheme}://${host}${path}` };
  }
  const [user = '', ...password] = info?.split(':') ?? [];
  if (user.startsWith('-')) return undefined;
  const url = `ssh://${user && `${user}@`}${host}${path}`;
  return { scheme, host, path, ...(user && { user }), hasCredentials: password.length > 0, url };
}

function schemeOf(name: string): RepositoryScheme | undefined {
  switch (name) {
    case 'https':
    case 'http':
    case 'ssh':
    case 'git':
    case 'file':
      return name;
    case 'git+ssh':
    case 'ssh+git':
      return 'ssh';
    default:
      return undefined;
  }
}

function isHost(text: string): boolean {
  return /^(?:[a-z0-9_](?:[a-z0-9._-]*[a-z0-9_])?|\[[0-9a-f:.]+\])(?::\d{1,5})?$/i.test(text);
}
