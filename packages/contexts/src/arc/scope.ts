import { ContextsError } from '../errors.js';
import type { Subject } from './types.js';

/** What a set serves, by the address it registers with. */
export interface Scope {
  /** `https://github.com`, without a path. */
  readonly server: string;
  readonly kind: 'repository' | 'organization' | 'enterprise';
  /** `acme/app`, `acme`, or the name of the enterprise. */
  readonly name: string;
}

/**
 * Makes a subject of what a person wrote. A repository may be given as `OWNER/REPO`.
 *
 * @throws {@link ContextsError} `HAWSER_ARC_BAD_INPUT`
 */
export function subjectOf(given: {
  readonly owner?: string | undefined;
  readonly repository: string;
  readonly scaleSet: string;
  readonly namespace?: string | undefined;
  readonly githubUrl?: string | undefined;
  readonly self?: string | undefined;
}): Subject {
  const [first = '', second, ...rest] = given.repository.split('/');
  const repository = second ?? first;
  const named = second === undefined ? undefined : first;
  if (rest.length > 0)
    throw bad(`'${given.repository}' is no repository: give its name, or OWNER/REPOSITORY without the address.`);
  if (given.owner !== undefined && named !== undefined && given.owner.toLowerCase() !== named.toLowerCase())
    throw bad(`The owner is ${given.owner}, but the repository is ${given.repository}: leave one of the owners out.`);
  const owner = given.owner ?? named;
  if (owner === undefined) throw bad(`Who owns ${repository}? Pass --owner, or the repository as OWNER/${repository}.`);
  if (!/^[a-z\d][a-z\d_-]{0,99}$/iu.test(owner)) throw bad(`'${owner}' is no owner of repositories.`);
  if (!/^[\w.-]{1,100}$/u.test(repository) || /^\.{1,2}$/u.test(repository))
    throw bad(`'${repository}' is no name of a repository.`);
  if (!/^[a-z\d]([\w.-]{0,251}[a-z\d])?$/iu.test(given.scaleSet))
    throw bad(`'${given.scaleSet}' is no name of a scale set: it is that of the Helm installation.`);
  const namespace = given.namespace ?? 'arc-runners';
  if (!/^[a-z\d]([a-z\d-]{0,61}[a-z\d])?$/u.test(namespace)) throw bad(`'${namespace}' is no name of a namespace.`);
  return {
    owner,
    repository,
    scaleSet: given.scaleSet,
    namespace,
    githubUrl: serverOf(given.githubUrl ?? 'https://github.com'),
    ...(given.self === undefined || given.self === '' ? {} : { self: given.self }),
  };
}

/** The server of an address of GitHub; http only on this machine, for the token travels with every request. */
export function serverOf(address: string): string {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (!url || !/^https?:$/u.test(url.protocol)) throw bad('The address of GitHub must begin with https://.');
  if (url.protocol === 'http:' && !/^(?:127\.0\.0\.1|localhost|\[::1\])$/u.test(url.hostname))
    throw bad(`${url.host} would get the token unencrypted: the address of GitHub must begin with https://.`);
  return url.origin;
}

/**
 * Where a server's REST API is.
 *
 * @see GitHub's "Getting started with the REST API": `api.github.com`, `api.SUBDOMAIN.ghe.com`, and `/api/v3` on GitHub
 * Enterprise Server
 */
export function apiOf(server: string): string {
  const url = new URL(server);
  if (url.hostname === 'github.com' || url.hostname.endsWith('.ghe.com')) return `${url.protocol}//api.${url.host}`;
  return `${url.origin}/api/v3`;
}

/** What an `githubConfigUrl` names; nothing when it is none. */
export function scopeOf(configUrl: string): Scope | undefined {
  if (!URL.canParse(configUrl)) return undefined;
  const url = new URL(configUrl);
  const [first, second, ...rest] = url.pathname.split('/').filter((part) => part !== '');
  if (first === undefined || rest.length > 0) return undefined;
  const server = url.origin.replace('://www.github.com', '://github.com');
  if (first === 'enterprises') return second === undefined ? undefined : { server, kind: 'enterprise', name: second };
  if (second === undefined) return { server, kind: 'organization', name: first };
  return { server, kind: 'repository', name: `${first}/${second}` };
}

/** The path of the REST API under which a scope's runners are listed. */
export function pathOf({ kind, name }: Pick<Scope, 'kind' | 'name'>): string {
  if (kind === 'repository') return `/repos/${name}`;
  return kind === 'organization' ? `/orgs/${name}` : `/enterprises/${name}`;
}

function bad(message: string): ContextsError {
  return new ContextsError('HAWSER_ARC_BAD_INPUT', message);
}
