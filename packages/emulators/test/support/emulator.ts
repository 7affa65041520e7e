import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach } from '@jest/globals';
import { ECSClient } from '@aws-sdk/client-ecs';
import { KMSClient } from '@aws-sdk/client-kms';
import { SSMClient, StartSessionCommand } from '@aws-sdk/client-ssm';
import { startSsmEmulator, type SsmEmulator, type SsmEmulatorOptions } from '@hawser/emulators/ssm';
import { RawClient, type Grant, type RawClientOptions } from './raw-client.js';

process.env['AWS_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';

const nodeId = 'i-0123456789abcdef0';

/** Official clients that talk to one emulator. */
export interface Clients {
  readonly ssm: SSMClient;
  readonly kms: KMSClient;
  readonly ecs: ECSClient;
}

export interface Bench extends Clients {
  readonly emulator: SsmEmulator;
  start(documentName?: string, parameters?: Readonly<Record<string, string>>, target?: string): Promise<Grant>;
  /** Starts a session and opens its channel. */
  open(
    documentName?: string,
    parameters?: Readonly<Record<string, string>>,
    options?: RawClientOptions,
  ): Promise<RawClient>;
  connect(grant: Grant, options?: RawClientOptions): Promise<RawClient>;
}

const running: { readonly emulator: SsmEmulator; readonly clients: RawClient[] }[] = [];

/** Children of this process that are another suite's: a worker runs many. */
let strangers: ReadonlySet<string> = new Set();
beforeEach(() => {
  strangers = new Set(childrenOf(process.pid));
});

/** After every test: all is closed, no child is left, and nobody listens any more. */
afterEach(async () => {
  for (const { emulator, clients } of running.splice(0)) {
    for (const client of clients) await client.end();
    await emulator.close();
    const url = new URL(emulator.endpoint);
    if ((await isListening(url)) && isOurs(Number(url.port))) throw new Error(`${emulator.endpoint} still listens.`);
  }
  // What was told to end may need a moment, and a stranger's end is no event for us.
  const ours = (): string[] => childrenOf(process.pid).filter((child) => !strangers.has(child));
  let left = ours();
  for (let looks = 0; left.length > 0 && looks < 40; looks += 1) {
    await pause(50);
    left = ours();
  }
  if (left.length > 0) throw new Error(`Processes were left behind:\n${left.join('\n')}`);
});

/** An emulator with clients, closed after the test, which fails when something is left over. */
export async function startBench(options: SsmEmulatorOptions = {}): Promise<Bench> {
  const emulator = await startSsmEmulator(options);
  const clients: RawClient[] = [];
  running.push({ emulator, clients });
  const aws = clientsFor(emulator);
  const bench: Bench = {
    ...aws,
    emulator,
    start: (documentName, parameters = {}, target = nodeId) =>
      aws.ssm.send(
        new StartSessionCommand({
          Target: target,
          ...(documentName === undefined ? {} : { DocumentName: documentName }),
          Parameters: Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, [value]])),
        }),
      ),
    connect: async (grant, clientOptions) => {
      const client = await RawClient.open(grant, clientOptions);
      clients.push(client);
      return client;
    },
    open: async (documentName, parameters, clientOptions) =>
      bench.connect(await bench.start(documentName, parameters), clientOptions),
  };
  return bench;
}

/** Official clients for an emulator; no retries, so that every answer is seen. */
export function clientsFor(
  emulator: SsmEmulator,
  overrides: { readonly secret?: string; readonly region?: string; readonly maxAttempts?: number } = {},
): Clients {
  const configuration = {
    endpoint: emulator.endpoint,
    region: overrides.region ?? emulator.region,
    maxAttempts: overrides.maxAttempts ?? 1,
    credentials: {
      accessKeyId: emulator.env['AWS_ACCESS_KEY_ID']!,
      secretAccessKey: overrides.secret ?? emulator.env['AWS_SECRET_ACCESS_KEY']!,
      ...(emulator.env['AWS_SESSION_TOKEN'] === undefined ? {} : { sessionToken: emulator.env['AWS_SESSION_TOKEN'] }),
    },
  };
  return { ssm: new SSMClient(configuration), kms: new KMSClient(configuration), ecs: new ECSClient(configuration) };
}

function isListening(url: URL): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: url.hostname, port: Number(url.port) });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

/**
 * Whether this process holds the listener of a port. A port that was given back may be another worker's within the
 * millisecond. Where there is no /proc, whoever answers is taken for ours.
 */
function isOurs(port: number): boolean {
  if (!existsSync('/proc/net/tcp')) return true;
  const name = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const listeners = ['/proc/net/tcp', '/proc/net/tcp6']
    .filter((table) => existsSync(table))
    .flatMap((table) => readFileSync(table, 'utf8').split('\n'))
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local = '', , state]) => local.endsWith(name) && state === '0A')
    .map((fields) => `socket:[${fields[9]}]`);
  return readdirSync('/proc/self/fd').some((descriptor) => {
    try {
      return listeners.includes(readlinkSync(`/proc/self/fd/${descriptor}`));
    } catch {
      return false;
    }
  });
}

/** Command lines of the children of a process that still run; `ps` itself and what waits to be reaped left out. */
export function childrenOf(pid: number): readonly string[] {
  const { stdout } = spawnSync('ps', ['-eo', 'ppid=,stat=,pid=,args='], { encoding: 'utf8' });
  return stdout
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([parent, state = '']) => parent === String(pid) && !state.startsWith('Z'))
    .map(([, , ...words]) => words.join(' '))
    .filter((line) => !line.includes('ps -eo'));
}
