import { SessionsError } from '@hawser/k8s-sessions';
import { createController, serveController } from '@hawser/k8s-sessions/controller';
import type { ControllerSettings, RunnerAccess } from '@hawser/k8s-sessions/controller';
import { openKubeCluster } from '@hawser/k8s-sessions/kube';
import type { RunnerTemplate } from '@hawser/k8s-sessions/kube';
import { openStore } from '@hawser/k8s-sessions/store';
import { openKeyFolder, openTickets, registerBootstrapKey } from '@hawser/k8s-sessions/tickets';
import type { Tickets } from '@hawser/k8s-sessions/tickets';
import { openCluster } from '@hawser/kube-client';
import { createSigner, readSigningKey } from '@hawser/receipts';
import { databaseUrl } from './database.js';
import { watchEnforcement } from './enforcement.js';
import { ending, log, told, untilEnding } from './process.js';
import { Settings } from './settings.js';
import { systemClock } from './system-clock.js';

/** Put in by the build. */
declare const HAWSER_VERSION: string;

const second = 1000;
const issuer = 'hawser-sessions';

/** Takes sessions and has the cluster run them, until the process is asked to end. */
export async function runController(): Promise<number> {
  const settings = new Settings(process.env);
  const url = databaseUrl(settings);
  const keysFolder = settings.required('TICKET_KEYS_FOLDER', 'the folder with the keys that sign tickets');
  const receiptKey = settings.file('RECEIPT_KEY_FILE', 'the file with the key that signs receipts');
  const sealing = settings.file(
    'SEALING_KEY_FILE',
    'the file with the keys that seal prompts, one in a line, newest first',
  );
  const apiKeyFile = settings.file('API_KEY_FILE', 'the file with the first API key');
  const template = templateOf(settings);
  const gateway = settings.text('GATEWAY_URL');
  const mustEnforce = settings.claim('REQUIRE_ENFORCEMENT', false);
  const wanted = controllerSettings(settings);
  const port = settings.number('PORT', 8080, { max: 65_535 });
  const internalPort = settings.number('INTERNAL_PORT', 8081, { max: 65_535 });
  const replica = settings.text('POD_NAME');
  settings.check();

  const ended = ending();
  const trouble = (error: unknown, what: string): void => log({ level: 'warning', event: what, why: told(error) });
  const store = await openStore({ url });
  const cluster = await openCluster();
  const tickets = openTickets({ store, keys: openKeyFolder(keysFolder), issuer, nowMs: Date.now });
  const key = readSigningKey(receiptKey);
  const controller = createController({
    store,
    cluster: openKubeCluster({ cluster, template }),
    tickets,
    ...(gateway === undefined ? {} : { access: throughGateway(gateway, tickets) }),
    ...(mustEnforce
      ? {
          enforcement: watchEnforcement(cluster, template, {
            databaseUrl: url,
            gatewayUrl: gateway,
            apiServer: process.env['KUBERNETES_SERVICE_HOST'],
          }),
        }
      : {}),
    signer: createSigner(key),
    clock: systemClock,
    sealingKeys: sealing.split('\n').map((line) => Buffer.from(line, 'base64')),
    version: HAWSER_VERSION,
    ...(replica === undefined ? {} : { replica }),
    settings: wanted,
    trouble,
  });
  const served = await serveController({ controller, host: '0.0.0.0', port, internalPort });
  log({ level: 'info', event: 'listening', url: served.url, internalUrl: served.internalUrl });
  // Without the database nothing works yet, but probes are answered and say so.
  await onceStored(ended, trouble, async () => {
    await registerBootstrapKey({ store, key: apiKeyFile, nowMs: Date.now() });
    await tickets.publishReceiptKey(key.publicKey);
  });
  controller.start();
  await untilEnding(ended);
  log({ level: 'info', event: 'draining' });
  await served.close();
  await store.close();
  await cluster.close();
  return 0;
}

/** Does what a fresh start needs of the database, however long that is away or behind. */
async function onceStored(
  ended: AbortSignal,
  trouble: (error: unknown, what: string) => void,
  work: () => Promise<void>,
): Promise<void> {
  while (!ended.aborted) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof SessionsError) || error.exitCode !== 1) throw error;
      trouble(error, 'waiting for the database');
      await systemClock.wait(2 * second, ended);
    }
  }
}

function templateOf(settings: Settings): RunnerTemplate {
  const text = settings.file('RUNNER_TEMPLATE', 'the file with the template of runners');
  try {
    return (text === '' ? {} : JSON.parse(text)) as RunnerTemplate;
  } catch {
    settings.problem('The file of HAWSER_SESSIONS_RUNNER_TEMPLATE is no JSON.');
    return {} as RunnerTemplate;
  }
}

function controllerSettings(settings: Settings): Partial<ControllerSettings> {
  const alias = settings.text('PROMPT_ALIAS');
  const budget = settings.number('STORAGE_CAP_BYTES', 0);
  const running = settings.number('MAX_RUNNING', 0);
  const egress = settings.oneOf('DEFAULT_EGRESS', ['none', 'public', 'allowlist'], 'public');
  return {
    publicUrl: settings.text('PUBLIC_URL') ?? null,
    trustedProxies: settings.list('TRUSTED_PROXIES'),
    ratePerMinute: settings.number('RATE_PER_MINUTE', 5) || null,
    replicas: settings.number('REPLICAS', 1),
    deadlineMs: settings.number('DEADLINE_SECONDS', 3600) * second,
    idleMs: settings.number('IDLE_SECONDS', 0) * second,
    exitOnJob: settings.claim('EXIT_ON_JOB', true),
    egress,
    startTimeoutMs: settings.number('START_TIMEOUT_SECONDS', 300) * second,
    retentionMs: settings.number('RETENTION_SECONDS', 604_800) * second,
    ttlSeconds: settings.number('TTL_SECONDS', 300),
    promptAliases: alias === undefined ? [] : [alias],
    logCapBytes: settings.number('LOG_CAP_BYTES', 64 * 1024 * 1024),
    archiveBudgetBytes: budget || null,
    maxRunning: running || null,
    warmRunners: settings.number('WARM_POOL', 0),
    sourceRules: {
      hosts: settings.list('SOURCE_HOSTS'),
      allowHttp: false,
      allowPrivate: false,
      maxCompressedBytes: 100_000_000,
      maxUnpackedBytes: 1_000_000_000,
      maxEntries: 50_000,
      maxRatio: 200,
      timeoutMs: 120 * second,
      credentials: settings.folder('SOURCE_CREDENTIALS_FOLDER'),
    },
  };
}

/** Asks runners by way of a gateway: nobody else may dial them. */
function throughGateway(base: string, tickets: Tickets): RunnerAccess {
  return {
    async fetch(session, path, init) {
      const headers = new Headers(init.headers);
      headers.set('authorization', `Bearer ${await tickets.mintRelay(session.id)}`);
      return await fetch(`${base}/internal/runner/${session.id}${path}`, { ...init, headers });
    },
  };
}
