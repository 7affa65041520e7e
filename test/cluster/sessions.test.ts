import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { attach, createSessionsClient, parseTerminalLink } from '@hawser/k8s-sessions/client';
import { nodeSockets } from '@hawser/k8s-sessions/client/node';
import { receiptKeysOf, verifyTranscript } from '@hawser/k8s-sessions/log';
import { bringCluster } from '../../scripts/cluster/build.mjs';
import { makeImages, productImage } from '../../scripts/cluster/images.mjs';
import { startRealCluster, type RealCluster } from '../../scripts/cluster/start.mjs';
import { endpointsOf, startBalancer, startDatabase, startNames } from '../../scripts/cluster/surroundings.mjs';
import { readCounterparts } from '../support/counterparts.js';
import { root } from '../support/workspace.js';

const namespace = 'hawser-sessions';
const runners = 'hawser-sessions-runners';
const chart = join(root, 'apps/sessions-server/chart');
const run = promisify(execFile);

/** Undone in reverse. */
const cleanups: (() => unknown)[] = [];
let cluster: RealCluster;
let database: Awaited<ReturnType<typeof startDatabase>>;
let env: NodeJS.ProcessEnv;
let url: string;
let key: string;

const kubectl = async (...args: readonly string[]): Promise<string> =>
  (await run(path('kubectl'), ['--kubeconfig', cluster.kubeconfig, ...args], { maxBuffer: 64_000_000 })).stdout;
const path = (name: string): string => {
  const found = readCounterparts()[name];
  if (!found) throw new Error(`${name} is missing: node scripts/counterparts.mjs --install`);
  return found.path;
};

/** The values of the profile for a bare address, with images that are here and no waiting for minutes. */
const values = (more: readonly string[] = []): readonly string[] => [
  '-f',
  join(chart, 'profiles/staging.yaml'),
  '--set',
  'ingress.gke.enabled=false',
  ...['controller', 'gateway', 'runner'].flatMap((name) => ['--set', `image.${name}=${productImage}`]),

  '--set',
  'image.pullPolicy=Never',
  '--set',
  'sessions.ratePerMinute=0',
  '--set',
  'runner.resources.requests.cpu=10m',
  '--set',
  'runner.resources.limits.memory=192Mi',
  '--set',
  'runner.resources.requests.memory=64Mi',
  '--set',
  'sessions.ttlSecondsAfterFinished=2',
  ...more,
];
const helm = (...args: readonly string[]): Promise<{ stdout: string }> =>
  run(path('helm'), ['--kubeconfig', cluster.kubeconfig, '-n', namespace, ...args], { maxBuffer: 64_000_000 });

beforeAll(async () => {
  bringCluster();
  cluster = await startRealCluster({ kubectl: path('kubectl') });
  cleanups.push(() => cluster.close());
  makeImages((archive) => cluster.importImage(archive));
  const address = cluster.gatewayAddress;
  const endpoints = endpointsOf({ kubectl: path('kubectl'), kubeconfig: cluster.kubeconfig });
  const names = await startNames({ address, endpoints });
  cleanups.push(() => names.close());
  database = await startDatabase({ address, port: 54_321 });
  cleanups.push(() => database.close());
  const balancer = await startBalancer({
    address,
    port: 80,
    route: async (asked) =>
      (
        await endpoints(namespace, asked.startsWith('/ws') ? 'hawser-sessions-gateway' : 'hawser-sessions-controller')
      )[0],
  });
  cleanups.push(() => balancer.close());
  env = {
    ...process.env,
    KUBECONFIG: cluster.kubeconfig,
    PATH: [dirname(path('kubectl')), dirname(path('helm')), process.env['PATH']].join(':'),
  };

  await kubectl('create', 'namespace', namespace);
  await kubectl(
    'create',
    'secret',
    'generic',
    'hawser-sessions-database',
    '-n',
    namespace,
    `--from-literal=DATABASE_URL=${database.url}`,
  );
  await helm('install', 'hawser-sessions', chart, ...values(), '--wait', '--timeout', '120s');
  // What a load balancer's controller writes.
  const status = { status: { loadBalancer: { ingress: [{ ip: address }] } } };
  await kubectl(
    'patch',
    'ingress',
    'hawser-sessions',
    '-n',
    namespace,
    '--subresource=status',
    '--type=merge',
    '-p',
    JSON.stringify(status),
  );
  url = `http://${address}`;
  key = Buffer.from(
    await kubectl('get', 'secret', 'hawser-sessions-api-key', '-n', namespace, '-o', 'jsonpath={.data.API_KEY}'),
    'base64',
  ).toString();
});

afterAll(async () => {
  for (const undo of cleanups.toReversed()) await undo();
});

const client = (): ReturnType<typeof createSessionsClient> => createSessionsClient({ url, apiKey: key });

/** Runs a command to its end, and gives what it became with every byte a viewer saw. */
async function session(command: string, during?: (id: string) => Promise<void>) {
  const created = await client().create({ command });
  const link = parseTerminalLink(new URL(created.terminalUrl, url).href);
  const pieces: Uint8Array[] = [];
  const view = await attach({
    ...link,
    url,
    whole: true,
    openSocket: nodeSockets(),
    onOutput: (data) => void pieces.push(data.slice()),
  });
  await during?.(created.sessionId);
  await view.ended;
  const ended = await client().wait(created.sessionId);
  return { id: created.sessionId, ended, seen: Buffer.concat(pieces) };
}

const textOf = async (id: string): Promise<string> =>
  await new Response(await client().log(id, { format: 'text' })).text();
const digestOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

describe('the product on a real cluster', () => {
  test('the notes of the chart lead to a session, line by line', async () => {
    const { stdout } = await helm('get', 'notes', 'hawser-sessions');
    const lines = stdout.split('\n').filter((line) => /^ {3}/.test(line) && !line.includes('hawser sessions'));
    const script = [...lines, 'echo "$RESPONSE"'].join('\n');
    const said = await run('bash', ['-ec', script], { env });
    const [terminalUrl = '', response = ''] = said.stdout.trim().split('\n');
    expect(new URL(terminalUrl, url).href).toMatch(/^http:\/\/10\.244\.77\.1\/ws\/[0-9a-f-]{36}#t=/);
    const { sessionId } = JSON.parse(response) as { readonly sessionId: string };
    expect(await client().wait(sessionId)).toMatchObject({
      exit: { code: 0, reason: 'ok' },
    });
    expect(await textOf(sessionId)).toContain('hello\n');
  });

  test('a viewer sees every byte of a real pod, and the receipt of the transcript holds', async () => {
    const { id, ended, seen } = await session('seq 1 200000; echo $((6*7)) of us; exit 5');
    expect(ended.exit).toMatchObject({ code: 5, reason: 'nonzero', digest: digestOf(seen), offset: seen.length });
    expect(ended.log.lines).toBe(200_001);
    const jwks = await client().keys();
    const transcript = await client().log(id, { format: 'transcript' });
    expect(await verifyTranscript(transcript, { publicKeys: receiptKeysOf(jwks) })).toMatchObject({
      ok: true,
      complete: true,
    });
  });

  test('neither pod nor Job shows the command, its prompt or a secret', async () => {
    const made = await client().create({
      command: 'echo up; sleep 30',
      prompt: 'planted-prompt',
      env: { TOKEN: 'planted-token' },
    });
    await client().waitFor(made.sessionId, 'up', { timeoutMs: 60_000 });
    const objects = await kubectl('get', 'jobs,pods', '-n', runners, '-o', 'json');
    expect(objects).toContain(made.sessionId);
    expect(objects).not.toMatch(/planted|sleep 30/);
    await client().stop(made.sessionId);
    expect(await client().wait(made.sessionId)).toMatchObject({ exit: { reason: 'cancelled' } });
  });

  test('a command that takes too much memory ended with oom', async () => {
    const { ended } = await session(`node -e "const a=[];for(;;)a.push(Buffer.alloc(1e7,1))"`);
    expect(ended.exit).toMatchObject({ reason: 'oom' });
  });

  test('a pod that is deleted is no success', async () => {
    const { ended } = await session('echo up; sleep 600', async (id) => {
      await client().waitFor(id, 'up', { timeoutMs: 60_000 });
      await kubectl('delete', 'pod', '-n', runners, '-l', `hawser.dev/session=${id}`, '--wait=false');
    });
    expect(ended.exit?.reason).toBe('evicted');
  });

  test('gateways and controllers are killed under a stream, and nothing is lost', async () => {
    const command = 'for i in $(seq 1 400); do seq $((i*100)) $((i*100+99)); sleep 0.02; done; exit 3';
    const { ended, seen } = await session(command, async (id) => {
      await client().waitFor(id, '^1999', { timeoutMs: 60_000 });
      for (const component of ['gateway', 'controller', 'gateway']) {
        await kubectl(
          'delete',
          'pods',
          '-n',
          namespace,
          '-l',
          `app.kubernetes.io/component=${component}`,
          '--grace-period=0',
          '--force',
        );
        await kubectl('rollout', 'status', `deployment/hawser-sessions-${component}`, '-n', namespace, '--timeout=60s');
      }
    });
    expect(ended.exit).toMatchObject({ code: 3, digest: digestOf(seen) });
  });

  test('finished Jobs and their Secrets go after their time; the log stays', async () => {
    const { id } = await session('echo kept');
    await kubectl('wait', '--for=delete', 'job', '-n', runners, '-l', `hawser.dev/session=${id}`, '--timeout=60s');
    await kubectl('wait', '--for=delete', 'secret', '-n', runners, '-l', `hawser.dev/session=${id}`, '--timeout=60s');
    expect(await textOf(id)).toContain('kept');
  });

  test('helm test finds the service well, and that this network enforces nothing', async () => {
    const { stdout } = await run('bash', ['-c', `helm test hawser-sessions -n ${namespace} --timeout 90s || true`], {
      env,
    });
    expect(stdout).toMatch(/test-service\n(?:.*\n)*?Phase: +Succeeded/);
    expect(await kubectl('logs', '-n', runners, 'hawser-sessions-test-network')).toContain(
      'does not enforce NetworkPolicies',
    );
  });

  test('a release that must be shut in refuses sessions here, and going back takes them again', async () => {
    const before = key;
    await helm(
      'upgrade',
      'hawser-sessions',
      chart,
      ...values(['--set', 'network.requireEnforcement=true']),
      '--wait',
      '--timeout',
      '120s',
    );
    await expect(client().create({ command: 'true' })).rejects.toMatchObject({
      details: { service_code: 'cluster_unavailable' },
    });
    await helm('rollback', 'hawser-sessions', '1', '--wait', '--timeout', '120s');
    expect(
      Buffer.from(
        await kubectl('get', 'secret', 'hawser-sessions-api-key', '-n', namespace, '-o', 'jsonpath={.data.API_KEY}'),
        'base64',
      ).toString(),
    ).toBe(before);
    expect((await session('echo again')).ended.exit).toMatchObject({ code: 0 });
  });

  test('a migration that fails stops the deployment, and the old one goes on', async () => {
    const broken = database.url.replace('/sessions', '/nowhere');
    const upgrade = helm(
      'upgrade',
      'hawser-sessions',
      chart,
      ...values([
        '--set',
        'database.existingSecret=',
        '--set',
        `database.url=${broken}`,
        '--set',
        'migrations.backoffLimit=0',
        '--set',
        'migrations.activeDeadlineSeconds=15',
      ]),
      '--wait',
      '--timeout',
      '60s',
    );
    await expect(upgrade).rejects.toThrow(/pre-upgrade hooks failed/);
    expect((await session('echo still here')).ended.exit).toMatchObject({ code: 0 });
  });

  test('the command line reads address and key from the cluster', async () => {
    const home = join(cluster.folder, 'home');
    mkdirSync(home);
    const hawser = (...args: readonly string[]) =>
      spawn(process.execPath, [join(root, 'apps/cli/bin/hawser.js'), 'sessions', ...args], {
        env: { ...env, HOME: home, XDG_CONFIG_HOME: join(home, 'config'), XDG_DATA_HOME: join(home, 'data') },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
    const configured = hawser('configure', '--kube-context', 'test', '--namespace', namespace);
    expect(await once(configured, 'exit')).toEqual([0, null]);
    const ran = hawser('run', '--', 'sh', '-c', 'echo from the cluster; exit 5');
    let said = '';
    ran.stdout.on('data', (text) => (said += String(text)));
    expect(await once(ran, 'close')).toEqual([5, null]);
    expect(said).toContain('from the cluster');
  });
});
