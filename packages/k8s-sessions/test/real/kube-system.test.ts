import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { attach } from '../../src/client/index.js';
import { nodeSockets } from '../../src/client/node.js';
import type { SessionView } from '../../src/protocol/index.js';
import { createKubeSystem, type KubeSystem } from '../support/kube-system.js';
import { namespace } from '../support/kube-world.js';

let system: KubeSystem;

beforeAll(async () => {
  system = await createKubeSystem();
});

afterAll(async () => {
  await system[Symbol.asyncDispose]();
});

const isOver = ({ state }: SessionView): boolean => state === 'exited' || state === 'archived';
const isRunning = ({ state }: SessionView): boolean => state === 'running';

test('a request becomes a Job, its command runs once, and its exit status is that of session, container and pod', async () => {
  const planted = 'planted-prompt-that-nobody-may-read';
  const { sessionId } = await system.create({
    command: 'echo "prompt: $HAWSER_PROMPT"; echo "id: $HAWSER_SESSION_ID"; exit 5',
    prompt: planted,
    env: { TOKEN: 'planted-variable' },
  });
  const view = await system.session(sessionId, isOver);
  expect(view.exit).toMatchObject({ reason: 'nonzero', code: 5, signal: null });
  const log = await (await system.ask('GET', `/api/sessions/${sessionId}/log?format=text`)).text();
  expect(log).toBe(`prompt: ${planted}\nid: ${sessionId}\n`);
  const pod = system.podOf(sessionId);
  await system.kube.until(() => phaseOf(pod.name) === 'Failed');
  expect(system.kube.list('v1', 'Pod', namespace).find(({ metadata }) => metadata.name === pod.name)).toMatchObject({
    status: { containerStatuses: [{ state: { terminated: { exitCode: 5 } } }] },
  });
  for (const kind of ['Pod', 'Event', 'Secret']) {
    const text = JSON.stringify(system.kube.list('v1', kind));
    expect(text).not.toContain(planted);
    expect(text).not.toContain('planted-variable');
  }
  expect(JSON.stringify(system.kube.list('batch/v1', 'Job'))).not.toContain('planted');
});

test('a viewer types into a pod through gateway and API server, and goes on after a refresh', async () => {
  const { sessionId, token } = await system.create({
    command: 'read a; echo "got $a"; read b; echo "then $b"; kill -TERM $$',
  });
  await system.session(sessionId, isRunning);
  const shown: string[] = [];
  const seen = createSeen(shown);
  const open = { url: system.gatewayUrl, session: sessionId, openSocket: nodeSockets(), whole: true } as const;
  const first = await attach({ ...open, ticket: token, onOutput: seen.take });
  first.type('one\r');
  await seen.until(/got one/);
  const { grant } = first;
  first.close();
  const again: string[] = [];
  const seenAgain = createSeen(again);
  const second = await attach({ ...open, grant, onOutput: seenAgain.take });
  await seenAgain.until(/got one/);
  second.type('two\r');
  await seenAgain.until(/then two/);
  await second.ended;
  expect((await system.session(sessionId, isOver)).exit).toMatchObject({ reason: 'signal', signal: 'SIGTERM' });
});

test('what happens to a pod is the reason of its session', async () => {
  const begin = async (): Promise<string> => {
    const { sessionId } = await system.create({ command: 'echo begun; exec sleep 1000' });
    await system.session(sessionId, isRunning);
    return sessionId;
  };
  const reasonOf = async (id: string): Promise<string | undefined> => (await system.session(id, isOver)).exit?.reason;
  const [starved, evicted, cancelled] = [await begin(), await begin(), await begin()];
  system.kube.pods.outOfMemory(system.podOf(starved));
  system.kube.pods.evict(system.podOf(evicted));
  expect((await system.ask('DELETE', `/api/sessions/${cancelled}`)).status).toBe(202);
  expect(await reasonOf(starved)).toBe('oom');
  expect(await reasonOf(evicted)).toBe('evicted');
  expect(await reasonOf(cancelled)).toBe('cancelled');
  const lost = await begin();
  system.kube.cut();
  system.kube.compact();
  system.kube.pods.loseNode();
  expect(await reasonOf(lost)).toBe('node_lost');
});

test('a session whose pod finds no place says why', async () => {
  system.kube.pods.unschedulable('0/3 nodes are available: 3 Insufficient memory.');
  const { sessionId } = await system.create({ command: 'true' });
  const waiting = await system.session(sessionId, ({ detail }) => detail?.includes('Insufficient memory') === true);
  expect(waiting.state).toBe('starting');
  system.kube.pods.unschedulable(undefined);
  expect((await system.session(sessionId, isOver)).exit).toMatchObject({ reason: 'ok', code: 0 });
});

function phaseOf(pod: string): unknown {
  const found = system.kube.list('v1', 'Pod', namespace).find(({ metadata }) => metadata.name === pod);
  return (found?.['status'] as { readonly phase?: string } | undefined)?.phase;
}

function createSeen(parts: string[]): {
  readonly take: (data: Uint8Array) => void;
  readonly until: (pattern: RegExp) => Promise<void>;
} {
  const waiting = new Set<() => void>();
  return {
    take: (data) => {
      parts.push(Buffer.from(data).toString());
      for (const check of waiting) check();
    },
    until: async (pattern) =>
      await new Promise((resolve) => {
        const check = (): void => {
          if (!pattern.test(parts.join(''))) return;
          waiting.delete(check);
          resolve();
        };
        waiting.add(check);
        check();
      }),
  };
}
