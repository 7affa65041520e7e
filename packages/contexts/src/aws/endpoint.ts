import { X509Certificate } from 'node:crypto';
import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { connect, isIP } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { EksCluster } from '../eks/describe.js';
import { verdict, type Verdict } from './verdict.js';

/** How an API server is reached. */
export interface EndpointProbe {
  readonly cluster: EksCluster;
  /** Makes the token that is shown to the API server. */
  readonly token: () => Promise<string>;
  readonly arn: string;
  /** The command that opens a tunnel to it, for a cluster without a public endpoint. */
  readonly tunnel: string;
  /** Longest wait for each step, in milliseconds. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

interface Server {
  readonly host: string;
  readonly port: number;
  readonly servername: string;
  readonly ca: string;
}

/**
 * The way to a cluster's API server, step by step: name, port, certificate by the cluster's own CA, `/readyz` with our
 * token, and what the cluster lets us do. What follows a failed step is skipped. Goes straight, not through a proxy.
 */
export async function* probeEndpoint(probe: EndpointProbe): AsyncGenerator<Verdict> {
  const { cluster } = probe;
  const url = URL.canParse(cluster.endpoint) ? new URL(cluster.endpoint) : undefined;
  if (url === undefined) {
    yield verdict('endpoint-dns', 'fail', 'the cluster has no endpoint yet', { next: 'Wait until it is ACTIVE.' });
    yield* skipped(['endpoint-tcp', 'endpoint-tls', 'endpoint-ready', 'access'], 'there is no endpoint');
    return;
  }
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const server = {
    host,
    port: Number(url.port || 443),
    servername: isIP(host) ? '' : host,
    ca: Buffer.from(cluster.certificateAuthority, 'base64').toString('utf8'),
  };
  const steps = [() => checkName(server, probe), () => checkPort(server, probe), () => checkCertificate(server, probe)];
  const ids = ['endpoint-dns', 'endpoint-tcp', 'endpoint-tls', 'endpoint-ready', 'access'] as const;
  for (const [index, step] of steps.entries()) {
    const found = await step();
    probe.signal?.throwIfAborted();
    yield found;
    if (found.state === 'fail') {
      yield* skipped(ids.slice(index + 1), 'the step before it failed');
      return;
    }
  }
  yield* checkApi(server, probe);
}

function* skipped(ids: readonly Verdict['id'][], why: string): Generator<Verdict> {
  for (const id of ids) yield verdict(id, 'skip', why);
}

async function checkName({ host }: Server, probe: EndpointProbe): Promise<Verdict> {
  const facts = { host };
  if (isIP(host)) return verdict('endpoint-dns', 'pass', `${host} is an address`, { facts });
  try {
    const addresses = (await within(probe, () => lookup(host, { all: true }))).map(({ address }) => address);
    return verdict('endpoint-dns', 'pass', addresses.join(', '), { facts: { host, addresses } });
  } catch (error) {
    return verdict('endpoint-dns', 'fail', `${host} has no address: ${wordsOf(error)}`, {
      code: 'HAWSER_AWS_UNREACHABLE',
      next: tunnelHint(probe) ?? 'Check the DNS servers of this machine, and that the cluster is still there.',
      facts,
    });
  }
}

async function checkPort({ host, port }: Server, probe: EndpointProbe): Promise<Verdict> {
  const facts = { host, port };
  const startedMs = performance.now();
  try {
    await within(probe, async (signal) => {
      const socket = connect({ host, port });
      try {
        await once(socket, 'connect', { signal });
      } finally {
        socket.destroy();
      }
    });
    const took = Math.round(performance.now() - startedMs);
    return verdict('endpoint-tcp', 'pass', `connected in ${took} ms`, { facts });
  } catch (error) {
    return verdict('endpoint-tcp', 'fail', `${host}:${port} cannot be reached: ${wordsOf(error)}`, {
      code: 'HAWSER_AWS_UNREACHABLE',
      next: tunnelHint(probe) ?? openingHint(probe.cluster),
      facts,
    });
  }
}

/** Of a cluster without a public endpoint: the way in. */
function tunnelHint({ cluster, tunnel }: EndpointProbe): string | undefined {
  if (cluster.endpointPublicAccess) return undefined;
  return `Its endpoint is private, reachable only through a tunnel: ${tunnel}`;
}

function openingHint({ publicAccessCidrs }: EksCluster): string {
  return publicAccessCidrs.length === 0 || publicAccessCidrs.includes('0.0.0.0/0')
    ? 'Check the network, its firewall and the proxy.'
    : `Only ${publicAccessCidrs.join(', ')} may connect: check that this machine's public address is among them.`;
}

async function checkCertificate(server: Server, probe: EndpointProbe): Promise<Verdict> {
  const facts = { host: server.host };
  // With no CA at all Node would trust the public ones.
  if (!isCa(server.ca)) {
    const next = 'Describe the cluster again; it has a CA as soon as it is ACTIVE.';
    return verdict('endpoint-tls', 'fail', 'the CA that EKS told is no certificate', { next, facts });
  }
  try {
    const expires = await within(probe, async (signal) => {
      const socket = connectTls(server);
      try {
        await once(socket, 'secureConnect', { signal });
        return new Date(socket.getPeerCertificate().valid_to);
      } finally {
        socket.destroy();
      }
    });
    const until = expires.toISOString().slice(0, 10);
    return verdict('endpoint-tls', 'pass', `vouched for by the cluster's CA, until ${until}`, {
      facts: { ...facts, validTo: expires.toISOString() },
    });
  } catch (error) {
    return verdict('endpoint-tls', 'fail', `the certificate is refused: ${wordsOf(error)}`, {
      code: 'HAWSER_AWS_UNREACHABLE',
      next: 'Something between here and the cluster answers in its place: a proxy that opens TLS, or a wrong address.',
      facts,
    });
  }
}

function isCa(pem: string): boolean {
  try {
    return new X509Certificate(pem).ca;
  } catch {
    return false;
  }
}

async function* checkApi(server: Server, probe: EndpointProbe): AsyncGenerator<Verdict> {
  let token: string;
  try {
    token = await probe.token();
  } catch (error) {
    probe.signal?.throwIfAborted();
    yield verdict('endpoint-ready', 'fail', `there is no token: ${wordsOf(error)}`);
    yield* skipped(['access'], 'there is no token');
    return;
  }
  const ask = (path: string, body?: object): Promise<Answer> =>
    within(probe, (signal) => askApi(server, { path, token, body, signal }));
  let ready: Answer;
  try {
    ready = await ask('/readyz');
  } catch (error) {
    probe.signal?.throwIfAborted();
    yield verdict('endpoint-ready', 'fail', `/readyz was not answered: ${wordsOf(error)}`, {
      code: 'HAWSER_AWS_UNREACHABLE',
      next: 'Try again; if it stays, look at the health of the cluster.',
    });
    yield* skipped(['access'], 'the step before it failed');
    return;
  }
  yield readyVerdict(ready, probe);
  if (ready.status === 401) yield* skipped(['access'], 'the cluster does not know you');
  else yield await checkAccess(ask, probe.signal);
}

function readyVerdict({ status, body }: Answer, { cluster, arn }: EndpointProbe): Verdict {
  const facts = { status };
  if (status === 200) return verdict('endpoint-ready', 'pass', body.trim().slice(0, 40) || 'ready', { facts });
  if (status === 401) {
    return verdict('endpoint-ready', 'fail', `the cluster does not take your token (401)`, {
      code: 'HAWSER_AWS_ACCESS_DENIED',
      next:
        cluster.authenticationMode === 'CONFIG_MAP'
          ? `Ask for a line for ${arn} in the config map aws-auth of kube-system.`
          : `Ask for aws eks create-access-entry --cluster-name ${cluster.name} --principal-arn ${principalOf(arn)}`,
      facts,
    });
  }
  if (status === 403)
    return verdict('endpoint-ready', 'warn', 'you are known, but may not look at /readyz (403)', { facts });
  return verdict('endpoint-ready', 'fail', `the API server is not ready (${status}): ${body.trim().slice(0, 200)}`, {
    next: 'Look at the health of the cluster: aws eks describe-cluster shows it.',
    facts,
  });
}

/** The role behind the session of an assumed one; access entries know no sessions. */
export function principalOf(arn: string): string {
  const [, partition, account, role] = /^arn:([^:]+):sts::(\d+):assumed-role\/([^/]+)\//.exec(arn) ?? [];
  return role === undefined ? arn : `arn:${partition}:iam::${account}:role/${role}`;
}

async function checkAccess(
  ask: (path: string, body?: object) => Promise<Answer>,
  signal: AbortSignal | undefined,
): Promise<Verdict> {
  try {
    const self = review(
      await ask('/apis/authentication.k8s.io/v1/selfsubjectreviews', {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'SelfSubjectReview',
      }),
    );
    const access = review(
      await ask('/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SelfSubjectAccessReview',
        spec: { resourceAttributes: { verb: 'list', resource: 'pods', namespace: 'default' } },
      }),
    );
    const { username = 'unknown', groups = [] } = self.userInfo ?? {};
    const facts = { username, groups, mayListPods: access.allowed === true };
    const who = `${username}${groups.length === 0 ? '' : ` (${groups.join(', ')})`}`;
    if (access.allowed === true) return verdict('access', 'pass', `${who} may list pods`, { facts });
    return verdict('access', 'warn', `${who} may not list pods in default`, {
      next: 'Ask for an access policy on your access entry, or a role binding, if you need to.',
      facts,
    });
  } catch (error) {
    signal?.throwIfAborted();
    return verdict('access', 'warn', `what you may do cannot be asked: ${wordsOf(error)}`);
  }
}

interface Review {
  readonly allowed?: boolean;
  readonly userInfo?: { readonly username?: string; readonly groups?: readonly string[] };
}

/** The status of a review; of one that the cluster is too old for, or refuses, nothing. */
function review({ status, body }: Answer): Review {
  return status >= 400 ? {} : ((JSON.parse(body) as { readonly status?: Review }).status ?? {});
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

/** More than any of these answers has. */
const MAX_ANSWER_BYTES = 1 << 20;

async function askApi(
  { host, port, servername, ca }: Server,
  { path, token, body, signal }: { path: string; token: string; body: object | undefined; signal: AbortSignal },
): Promise<Answer> {
  const sent = request({
    host,
    port,
    servername,
    ca,
    path,
    method: body === undefined ? 'GET' : 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    agent: false,
    signal,
  });
  sent.end(body === undefined ? undefined : JSON.stringify(body));
  const [answer] = (await once(sent, 'response', { signal })) as [IncomingMessage];
  let text = '';
  for await (const part of answer.setEncoding('utf8') as AsyncIterable<string>) {
    text += part;
    if (text.length > MAX_ANSWER_BYTES) break;
  }
  return { status: answer.statusCode ?? 0, body: text };
}

async function within<T>({ timeoutMs, signal }: EndpointProbe, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const late = AbortSignal.timeout(timeoutMs);
  const either = signal === undefined ? late : AbortSignal.any([signal, late]);
  // A look-up of a name cannot be called off, so it is only no longer waited for.
  const given = new Promise<never>((_, reject) => {
    either.addEventListener('abort', () => reject(either.reason as Error), { once: true });
  });
  try {
    return await Promise.race([work(either), given]);
  } catch (error) {
    if (late.aborted) throw new Error(`no answer within ${timeoutMs / 1000} s`, { cause: error });
    throw error;
  }
}

function wordsOf(error: unknown): string {
  const { message, errors, code } = error as Partial<AggregateError> & { readonly code?: string };
  return message || (errors?.[0] as Error | undefined)?.message || code || String(error);
}
