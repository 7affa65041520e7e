import { readFile } from 'node:fs/promises';
import type { OutgoingHttpHeaders } from 'node:http';
import { resolve } from 'node:path';
import type { Access } from '../config/access.js';
import { invalid, readFileOrData } from '../config/kubeconfig.js';
import { type PluginCredential, runPlugin } from './exec.js';

/** What a request proves who it is with. */
export interface Credential {
  /** Differs from that of any earlier one. */
  readonly id: number;
  readonly headers: OutgoingHttpHeaders;
  readonly cert?: string | Buffer;
  readonly key?: string | Buffer;
}

/** The credentials of a user; plugins run when needed, and once for all who wait. */
export interface Credentials {
  current(signal?: AbortSignal): Promise<Credential>;
  /** After a 401: a credential that is not the refused one, or undefined where there is no other. */
  renew(refused: Credential, signal?: AbortSignal): Promise<Credential | undefined>;
}

/** Sooner than this before it expires a credential is not used, for the way to the server takes its time. */
const MARGIN_MS = 10_000;

/** Files of tokens are replaced while we run; as often as client-go they are read again. */
const FILE_AGE_MS = 60_000;

export function createCredentials(access: Access, env: Readonly<Record<string, string | undefined>>): Credentials {
  let lastId = 0;
  let held: { readonly credential: Credential; readonly until: number } | undefined;
  let pending: Promise<Credential> | undefined;
  const isRenewable = access.user.exec !== undefined || access.user.tokenFile !== undefined;

  const make = async (): Promise<Credential> => {
    const { fresh, until } = await obtain(access, env);
    const credential = { id: ++lastId, ...fresh };
    held = { credential, until };
    return credential;
  };
  const current = async (signal?: AbortSignal): Promise<Credential> => {
    signal?.throwIfAborted();
    if (held && Date.now() < held.until) return held.credential;
    pending ??= make().finally(() => (pending = undefined));
    return await untilAborted(pending, signal);
  };
  return {
    current,
    renew: async (refused, signal) => {
      if (!isRenewable) return undefined;
      if (held?.credential.id === refused.id) held = undefined;
      return await current(signal);
    },
  };
}

async function obtain(
  access: Access,
  env: Readonly<Record<string, string | undefined>>,
): Promise<{ readonly fresh: Omit<Credential, 'id'>; readonly until: number }> {
  const { user, userFolder } = access;
  if (user['auth-provider']) {
    throw invalid(
      `The user's entry has an 'auth-provider' (${user['auth-provider'].name}), which client-go gave up in 1.26: it needs 'exec'.`,
    );
  }
  const [cert, key] = await Promise.all([
    readFileOrData(userFolder, user['client-certificate'], user['client-certificate-data']),
    readFileOrData(userFolder, user['client-key'], user['client-key-data']),
  ]);
  const files = cert && key ? { cert, key } : {};
  const who = impersonation(access);
  if (user.exec) {
    const plugin = await runPlugin(user.exec, { folder: userFolder, env, cluster: await clusterInfo(access) });
    return {
      fresh: { headers: { ...who, ...bearer(plugin) }, ...files, ...plugin.certificate },
      until: untilOf(plugin),
    };
  }
  if (user.tokenFile !== undefined) {
    const token = await readToken(resolve(userFolder, user.tokenFile));
    return { fresh: { headers: { ...who, ...bearer({ token }) }, ...files }, until: Date.now() + FILE_AGE_MS };
  }
  const headers = { ...who, ...(user.token ? bearer({ token: user.token }) : basic(user.username, user.password)) };
  return { fresh: { headers, ...files }, until: Infinity };
}

function untilOf(plugin: PluginCredential): number {
  return plugin.expiresAt === undefined ? Infinity : plugin.expiresAt - MARGIN_MS;
}

function bearer({ token }: { readonly token?: string }): Record<string, string> {
  return token === undefined ? {} : { authorization: `Bearer ${token}` };
}

function basic(name: string | undefined, password = ''): Record<string, string> {
  return name ? { authorization: `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}` } : {};
}

/** Kubernetes documentation, "User impersonation". Each group is a header of its own. */
function impersonation({ user }: Access): OutgoingHttpHeaders {
  return {
    ...(user.as && { 'impersonate-user': user.as }),
    ...(user['as-uid'] && { 'impersonate-uid': user['as-uid'] }),
    ...(user['as-groups']?.length && { 'impersonate-group': [...user['as-groups']] }),
  };
}

/** `spec.cluster` of an ExecCredential. */
async function clusterInfo({ cluster, clusterFolder }: Access): Promise<object> {
  const ca = await readFileOrData(
    clusterFolder,
    cluster['certificate-authority'],
    cluster['certificate-authority-data'],
  );
  const extension = cluster.extensions?.find(({ name }) => name === 'client.authentication.k8s.io/exec')?.extension;
  return {
    server: cluster.server,
    ...(cluster['tls-server-name'] && { 'tls-server-name': cluster['tls-server-name'] }),
    ...(cluster['insecure-skip-tls-verify'] && { 'insecure-skip-tls-verify': true }),
    ...(cluster['proxy-url'] && { 'proxy-url': cluster['proxy-url'] }),
    ...(ca && { 'certificate-authority-data': ca.toString('base64') }),
    ...(extension !== undefined && { config: extension }),
  };
}

async function readToken(path: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (cause) {
    throw invalid(`The token file ${path} cannot be read.`, cause);
  }
}

/** Others may wait for the same plugin, so that one who leaves does not stop it. */
async function untilAborted<T>(awaited: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return await awaited;
  let abort: (() => void) | undefined;
  try {
    return await Promise.race([
      awaited,
      new Promise<never>((_resolve, reject) => {
        abort = () => reject(signal.reason as Error);
        signal.addEventListener('abort', abort, { once: true });
      }),
    ]);
  } finally {
    if (abort) signal.removeEventListener('abort', abort);
  }
}
