import { mkdirSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { runnerEnvironment } from '../sessions/runner-environment.js';
import type { PartName, Part, StackOrder } from './parts.js';
import { portNameOf } from './parts.js';
import type { StackPlaces } from './places.js';
import { writePrivate } from './stack-file.js';

/** What starting needs besides the order. */
export interface StartContext {
  readonly places: StackPlaces;
  /** Where the command line is installed. */
  readonly root: string;
  readonly version: string;
  /** Names and values that processes of the emulators are known by. */
  readonly mark: Readonly<Record<string, string>>;
  /** Told of what is asked of a part. */
  readonly onRequest: (part: PartName, line: string) => void;
}

/** A part in this process. */
export interface StartedPart extends Part {
  readonly env: Readonly<Record<string, string>>;
  /** Ends what it runs for others, before it ends itself. */
  readonly endWork?: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Starts the parts of an order one by one; what was started is closed again when one cannot be. */
export async function startParts(order: StackOrder, context: StartContext): Promise<readonly StartedPart[]> {
  const started: StartedPart[] = [];
  try {
    for (const name of order.parts) {
      const port = order.ports[portNameOf(name, order.parts)] ?? 0;
      started.push(await starters[name]({ ...context, order, port, started }));
    }
    return started;
  } catch (error) {
    for (const part of started.toReversed()) await part.close();
    throw error;
  }
}

interface Start extends StartContext {
  readonly order: StackOrder;
  readonly port: number;
  readonly started: readonly StartedPart[];
}

const starters: Readonly<Record<PartName, (start: Start) => Promise<StartedPart>>> = {
  ssm: startSsm,
  aws: startAws,
  kube: startKube,
  hub: startHub,
  exec: startExec,
  sessions: startSessions,
};

async function startSsm({ port, order, onRequest }: Start): Promise<StartedPart> {
  const { startSsmEmulator } = await import('@hawser/emulators/ssm');
  // Behind the door of AWS its own port is nobody's business.
  const emulator = await startSsmEmulator({ port: order.parts.includes('aws') ? 0 : port });
  const stop = tellNew(emulator.calls, ({ operation }) => onRequest('ssm', operation));
  return {
    name: 'ssm',
    url: emulator.endpoint,
    env: emulator.env,
    close: async () => {
      stop();
      await emulator.close();
    },
  };
}

async function startAws({ port, order, places, started, onRequest }: Start): Promise<StartedPart> {
  const { startAwsEmulator } = await import('@hawser/emulators/aws');
  const ssm = started.find(({ name }) => name === 'ssm');
  rmSync(places.aws, { recursive: true, force: true });
  const emulator = await startAwsEmulator({ folder: places.aws, port: ssm ? 0 : port });
  const stop = tellNew(emulator.calls, ({ operation }) => onRequest('aws', operation));
  const close = async (): Promise<void> => {
    stop();
    await emulator.close();
  };
  if (!order.parts.includes('ssm') || !ssm) return { name: 'aws', url: emulator.endpoint, env: emulator.env, close };
  const { openAwsDoor } = await import('./aws-door.js');
  try {
    const door = await openAwsDoor({ port, ssm: ssm.url, aws: emulator.endpoint });
    return {
      name: 'aws',
      url: door.url,
      env: { ...emulator.env, AWS_ENDPOINT_URL: door.url },
      close: async () => {
        await door.close();
        await close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function startKube({ port, order, places, mark, onRequest }: Start): Promise<StartedPart> {
  const { startKubeEmulator } = await import('@hawser/emulators/kube');
  const { parseImages } = await import('../emulate/kube-images.js');
  const named = Object.entries(parseImages(order.images)).map(([name, image]) => [name, { ...image, env: mark }]);
  const emulator = await startKubeEmulator({
    port,
    rbac: true,
    strict: true,
    run: { images: Object.fromEntries(named) as Record<string, { readonly env: Record<string, string> }> },
  });
  const stop = tellNew(emulator.requests, ({ method, path, status }) =>
    onRequest('kube', `${method} ${path} ${status}`),
  );
  writePrivate(places.kubeconfig, emulator.kubeconfig({ namespace: 'default' }));
  return {
    name: 'kube',
    url: emulator.url,
    env: { KUBECONFIG: places.kubeconfig },
    close: async () => {
      stop();
      await emulator.close();
    },
  };
}

async function startHub({ port, places, onRequest }: Start): Promise<StartedPart> {
  const { startHubEmulator } = await import('@hawser/emulators/hub');
  const emulator = await startHubEmulator({ port, folder: places.hub });
  const stop = tellNew(emulator.requests, ({ method, path, status }) =>
    onRequest('hub', `${method} ${path} ${status}`),
  );
  mkdirSync(places.hubHome, { recursive: true, mode: 0o700 });
  return {
    name: 'hub',
    url: emulator.endpoint,
    env: { ...emulator.env, HF_HOME: places.hubHome },
    close: async () => {
      stop();
      await emulator.close();
    },
  };
}

async function startExec({ port, places, root, version, onRequest }: Start): Promise<StartedPart> {
  const { openLocalBackend, serveBackend } = await import('@hawser/exec-backend/local');
  const { createExecClient } = await import('@hawser/exec-client');
  const backend = await openLocalBackend({
    folder: places.exec,
    supervisor: [process.execPath, join(root, 'dist/lib/exec-supervisor.js')],
    version,
  });
  const server = await serveBackend({
    backend: {
      ...backend,
      handle: async (asked) => {
        const answer = await backend.handle(asked);
        onRequest('exec', `${asked.method} ${new URL(asked.url).pathname} ${answer.status}`);
        return answer;
      },
    },
    port,
  });
  const { url } = server;
  return {
    name: 'exec',
    url,
    env: { HAWSER_EXEC_ENDPOINT: url, HAWSER_EXEC_API_KEY: backend.apiKey },
    endWork: async () => {
      const client = createExecClient({ endpoint: url, apiKey: backend.apiKey });
      for (const status of ['starting', 'running'] as const) {
        for await (const { execution_id: id } of client.list({ status })) {
          await client.cancel(id, { force: true, reason: 'hawser local down' });
          await client.wait(id);
        }
      }
    },
    close: async () => {
      await server.close();
      await backend.close();
    },
  };
}

async function startSessions({ port, places, root, version }: Start): Promise<StartedPart> {
  const { serveLocal } = await import('@hawser/k8s-sessions/local');
  const { createSessionsClient } = await import('@hawser/k8s-sessions/client');
  const { isOver, sessionStates } = await import('@hawser/k8s-sessions/protocol');
  const service = await serveLocal({
    folder: places.sessions,
    runnerProgram: [process.execPath, join(root, 'dist/lib/sessions-runner.js')],
    pageFolder: join(root, 'dist/page'),
    env: runnerEnvironment(process.env),
    home: homedir(),
    version,
    port,
    // One that waits would outlive a stack that is killed.
    warmRunners: 0,
  });
  const { url, apiKey } = service;
  return {
    name: 'sessions',
    url,
    env: { HAWSER_SESSIONS_URL: url, HAWSER_SESSIONS_API_KEY: apiKey },
    endWork: async () => {
      const client = createSessionsClient({ url, apiKey });
      const states = sessionStates.filter((state) => !isOver(state));
      for await (const { sessionId } of client.list({ states })) {
        await client.stop(sessionId, { graceSeconds: 0 });
        await client.wait(sessionId);
      }
    },
    close: () => service.close(),
  };
}

/** How often it is looked for what was asked of an emulator, in milliseconds. */
const LOOK_MS = 500;

/** Tells what a growing list gets from now on, until the answer is called. */
function tellNew<T>(list: readonly T[], tell: (entry: T) => void): () => void {
  let told = list.length;
  const look = (): void => {
    for (; told < list.length; told += 1) tell(list[told] as T);
  };
  const timer = setInterval(look, LOOK_MS);
  return () => {
    clearInterval(timer);
    look();
  };
}
