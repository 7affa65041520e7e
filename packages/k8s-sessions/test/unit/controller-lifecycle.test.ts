import { createHash, createPublicKey } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createSigner, createSigningKey, verifyReceipt } from '@hawser/receipts';
import type { Envelope } from '@hawser/receipts';
import { openLogWriter, packKeyframe, packSegment, verifyTranscript } from '../../src/log/index.js';
import type { Keyframe, Segment } from '../../src/log/index.js';
import { SessionsError } from '../../src/errors.js';
import { openWorld, scriptedCluster, scriptedRunner } from '../support/controller-world.js';
import type { World } from '../support/controller-world.js';

const minute = 60_000;
const signingKey = createSigningKey();

describe('a session in a cluster that does what clusters do', () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld({ ports: { signer: createSigner(signingKey) }, settings: { retentionMs: 60 * minute } });
    world.controller.start();
  });
  afterAll(async () => {
    await world[Symbol.asyncDispose]();
  });

  test('waits for a cluster that cannot start it, saying so, and is started when it can', async () => {
    const failure = new SessionsError('HAWSER_SESSIONS_CLUSTER_UNAVAILABLE', 'quota exceeded');
    world.cluster.failures.push(...Array.from({ length: 9 }, () => failure));
    const row = await world.create();
    expect(row).toMatchObject({ state: 'starting', detail: 'The cluster does not start a runner: quota exceeded' });
    expect(world.troubles[0]).toBe(failure);
    world.cluster.failures.length = 0;
    await world.settle();
    expect(await world.row(row.id)).toMatchObject({ state: 'starting', detail: null, jobName: `job-${row.id}-1` });
  });

  test('shows why its pod does not start, is given up after the time to start, and takes its Job away', async () => {
    const { id, jobName } = await world.create();
    await world.cluster.say({ session: id, phase: 'pending', waiting: 'ImagePullBackOff: no such image' });
    await world.settle();
    expect(await world.row(id)).toMatchObject({ detail: 'ImagePullBackOff: no such image', state: 'starting' });
    await world.clock.advance(5 * minute);
    await world.settle();
    expect(await world.row(id)).toMatchObject({
      reason: 'start_timeout',
      exit: { code: null, signal: null, message: expect.stringContaining('5 minutes: ImagePullBackOff') },
    });
    expect(world.cluster.removed).toContain(jobName);
    expect(await world.runner(id).call('POST', 'exit', {})).toMatchObject({ status: 401 });
  });

  test('is tried again in another pod where nothing was executed, and the first pod comes too late', async () => {
    const { id } = await world.create();
    const first = world.runner(id);
    await world.cluster.say({ session: id, phase: 'failed', terminated: terminated('Evicted') });
    await world.settle();
    expect(await world.row(id)).toMatchObject({ state: 'starting', attempt: 2, jobName: `job-${id}-2` });
    expect((await first.call('POST', 'claim', {})).status).toBe(409);
    expect(await first.assignment()).toBeUndefined();
    await world.runner(id).run();
    expect((await world.row(id)).state).toBe('running');
  });

  test('is given up when no attempt comes to its work', async () => {
    const { id } = await world.create();
    for (const attempt of [1, 2, 3]) {
      await world.cluster.say({ session: id, attempt, phase: 'failed', terminated: terminated('NodeLost') });
      await world.settle();
    }
    expect(await world.row(id)).toMatchObject({
      attempt: 3,
      reason: 'start_timeout',
      exit: { code: null, signal: null },
    });
  });

  test('waits a moment for the kubelet where a SIGKILL may be the memory’s, and for it alone', async () => {
    const { id } = await world.create();
    const runner = world.runner(id);
    await runner.run();
    expect((await runner.exit({ reason: 'signal', code: null, signal: 'SIGKILL' })).status).toBe(204);
    await world.settle();
    expect(await world.row(id)).toMatchObject({ state: 'draining', reason: null });
    expect(await (await world.ask('GET', `/api/sessions/${id}`)).json()).toMatchObject({ exit: null, exitedAt: null });
    await world.cluster.say({ session: id, phase: 'failed', terminated: terminated('OOMKilled') });
    await world.settle();
    expect(await world.row(id)).toMatchObject({
      reason: 'oom',
      exit: { reason: 'oom', code: null, signal: 'SIGKILL' },
    });

    const other = await world.create();
    const killed = world.runner(other.id);
    await killed.run();
    await killed.exit({ reason: 'nonzero', code: 137 });
    await world.clock.advance(5000);
    await world.settle();
    expect(await world.row(other.id)).toMatchObject({ reason: 'nonzero', exit: { code: 137 } });
  });

  test('is lost a minute after its pod, not before, and what its runner says later is written down only', async () => {
    const { id } = await world.create();
    const runner = world.runner(id);
    await runner.run();
    await world.cluster.say({ session: id, phase: 'gone' });
    await world.clock.advance(59_000);
    await world.settle();
    expect((await world.row(id)).state).toBe('running');
    await world.clock.advance(1000);
    await world.settle();
    expect(await world.row(id)).toMatchObject({ reason: 'lost', exit: { code: null, signal: null, digest: null } });
    expect((await runner.exit({ code: 0 })).status).toBe(409);
    const kinds = (await world.store.events(id, 0, 100)).map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === 'exited' || kind === 'late-exit')).toEqual(['exited', 'late-exit']);
  });

  test('that a full list of the cluster no longer names is lost too, however that came', async () => {
    const { id } = await world.create();
    await world.runner(id).run();
    await world.clock.advance(60_000);
    await world.settle();
    expect(await world.row(id)).toMatchObject({ reason: 'lost' });
  });

  test('that does not end at its limit is asked to, and then ended from outside', async () => {
    const { id, jobName } = await world.create({ command: 'sleep 1d', deadline_seconds: 600 });
    const runner = world.runner(id);
    await runner.run();
    await world.cluster.say({ session: id, phase: 'running' });
    await world.clock.advance(11 * minute);
    await world.settle();
    expect((await world.row(id)).stopRequested).toEqual({ reason: 'deadline', graceMs: 10_000 });
    expect(await runner.beat()).toMatchObject({ stop: { reason: 'deadline' } });
    await world.clock.advance(70_000);
    await world.settle();
    expect(world.cluster.removed).toContain(jobName);
    await world.cluster.say({ session: id, phase: 'gone' });
    await world.clock.advance(minute);
    await world.settle();
    expect(await world.row(id)).toMatchObject({ reason: 'deadline', exit: { code: null, signal: null } });
  });

  test('keeps its log and its receipt when its pod is gone, and both verify', async () => {
    const { id } = await world.create({ argv: ['sh', '-c', 'exit 7'] });
    const runner = world.runner(id);
    await runner.run();
    const log = await writeLog(runner.epoch, 'hello \u001b[31mred\u001b[0m\r\nDONE 42\r\n');
    for (const segment of log.segments) {
      const packed = packSegment(segment);
      expect((await runner.call('PUT', `segments/${segment.head.n}`, packed)).status).toBe(204);
      expect((await runner.call('PUT', `segments/${segment.head.n}`, packed)).status).toBe(204);
    }
    for (const keyframe of log.keyframes) {
      expect((await runner.call('PUT', 'keyframes', await packKeyframe(keyframe))).status).toBe(204);
    }
    const [first] = log.segments as [Segment];
    const forged = { ...first, head: { ...first.head, sha256: 'f'.repeat(64) } };
    expect((await runner.call('PUT', 'segments/0', packSegment(forged))).status).toBe(409);
    expect((await runner.call('PUT', 'segments/5', packSegment(forged))).status).toBe(400);
    expect((await runner.call('PUT', 'segments/0', Buffer.from('xx'))).status).toBe(400);
    expect((await runner.call('PUT', 'segments/0', Buffer.alloc(4_194_305))).status).toBe(413);
    const turn = { viewer: 'v', fromMs: 1, toMs: 2, bytes: 3, sha256: 'a'.repeat(64) };
    const { offset, digest, chain } = log.end;
    await runner.exit({ reason: 'nonzero', code: 7, offset, digest, chain, keyboard: [turn] });
    await world.settle();
    expect((await runner.call('PUT', 'segments/0', packSegment(first))).status).toBe(409);

    const path = `/api/sessions/${id}`;
    const raw = await world.ask('GET', `${path}/log`);
    expect(
      createHash('sha256')
        .update(await raw.text())
        .digest('hex'),
    ).toBe(digest);
    const part = await world.ask('GET', `${path}/log`, { headers: { range: 'bytes=0-4' } });
    expect([part.status, await part.text()]).toEqual([206, 'hello']);
    expect((await world.ask('GET', `${path}/log`, { headers: { range: 'bytes=900-' } })).status).toBe(416);
    expect(await (await world.ask('GET', `${path}/screen`)).json()).toMatchObject({
      rows: expect.arrayContaining(['hello red']),
    });
    expect(JSON.stringify(await (await world.ask('GET', `${path}/search?q=done`)).json())).toContain('DONE 42');
    expect(await (await world.ask('GET', `${path}/wait?pattern=DONE`)).json()).toMatchObject({ found: true });
    expect((await world.ask('GET', `${path}/history`)).status).toBe(200);

    const transcript = await world.ask('GET', `${path}/log?format=transcript`);
    const verdict = await verifyTranscript(transcript.body as unknown as AsyncIterable<Uint8Array>, {
      publicKeys: [signingKey.publicKey],
    });
    expect(verdict).toMatchObject({ ok: true, segments: log.segments.length, complete: true });

    const envelope = (await (await world.ask('GET', `${path}/receipt`)).json()) as Envelope;
    const { ok, claim } = verifyReceipt(envelope, { publicKeys: [signingKey.publicKey] });
    expect(ok).toBe(true);
    expect(createPublicKey(signingKey.publicKey).asymmetricKeyType).toBe('ed25519');
    expect(claim).toMatchObject({
      kind: 'hawser.session/1',
      subject: id,
      body: {
        exit: { reason: 'nonzero', code: 7, signal: null },
        log: { sha256: digest, chain, bytes: offset, complete: true },
        keyboard: [{ viewer: 'v', bytes: 3 }],
      },
    });
    expect(JSON.stringify(claim)).not.toContain('exit 7');
  });

  test('whose log did not come in whole says so in its receipt, after a minute of waiting for it', async () => {
    const { id } = await world.create();
    const runner = world.runner(id);
    await runner.run();
    await runner.exit({ offset: 100, digest: 'b'.repeat(64) });
    await world.settle();
    expect((await world.row(id)).state).toBe('exited');
    expect((await world.ask('GET', `/api/sessions/${id}/receipt`)).status).toBe(404);
    await world.clock.advance(minute);
    await world.settle();
    const { claim } = verifyReceipt(await (await world.ask('GET', `/api/sessions/${id}/receipt`)).json(), {
      publicKeys: [signingKey.publicKey],
    });
    expect(claim?.body).toMatchObject({ log: { bytes: 0, complete: false } });
  });

  test('is forgotten when its time is over: its log first, and then what led to it', async () => {
    const { id } = await world.create();
    const runner = world.runner(id);
    await runner.run();
    await runner.exit();
    await world.settle();
    expect((await world.row(id)).state).toBe('archived');
    await world.clock.advance(60 * minute);
    await world.settle();
    expect((await world.row(id)).state).toBe('expired');
    const answer = await world.ask('GET', `/api/sessions/${id}/log`);
    expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([410, 'log_expired']);
    expect((await world.ask('POST', `/api/sessions/${id}/tickets`, { body: {} })).status).toBe(410);
    expect(await world.controller.reap()).toBe(true);
  });

  test('has its secrets nowhere but with its runner', async () => {
    const planted = 'planted-7f3a';
    const { id } = await world.create({ command: 'true', prompt: planted, env: { TOKEN: planted } });
    const stored = await world.store.payload(id);
    expect(Buffer.from(stored ?? []).includes(planted)).toBe(false);
    const runner = world.runner(id);
    expect(await runner.assignment()).toMatchObject({ prompt: planted, env: { TOKEN: planted } });
    await runner.run();
    await runner.exit();
    await world.settle();
    const shown = [
      await world.row(id),
      await world.store.events(id, 0, 100),
      await (await world.ask('GET', `/api/sessions/${id}`)).json(),
      await (await world.ask('GET', `/api/sessions/${id}/receipt`)).json(),
      await (await world.ask('GET', '/metrics')).text(),
      [...world.cluster.jobs.values()],
    ];
    expect(JSON.stringify(shown)).not.toContain(planted);
    expect(await world.store.payload(id)).toBeUndefined();
  });

  test('tells a runner with another secret nothing, and one that did not win the claim no more', async () => {
    const { id } = await world.create();
    const runner = world.runner(id);
    const stranger = await runner.call('POST', 'assignment', self, { authorization: 'Bearer wrong' });
    expect(stranger.status).toBe(401);
    expect((await runner.call('POST', 'claim', self, { authorization: 'Bearer wrong' })).status).toBe(401);
    await runner.run();
    const rival = world.runner(id);
    expect(await rival.assignment()).toBeUndefined();
    for (const answer of [rival.phase('draining'), rival.exit(), rival.call('PUT', 'segments/0', Buffer.from('x'))]) {
      expect((await answer).status).toBe(409);
    }
    expect((await runner.phase('fetching')).status).toBe(204);
    expect((await world.row(id)).state).toBe('running');
    expect((await runner.phase('asleep')).status).toBe(400);
    expect((await runner.call('POST', 'nap')).status).toBe(404);
    expect((await world.controller.handleInternal(new Request('http://i/healthz'))).status).toBe(200);
  });

  test('is taken up by another replica where the first left it, and started once', async () => {
    const cluster = scriptedCluster();
    const seen: string[] = [];
    const start = cluster.start.bind(cluster);
    Object.assign(cluster, {
      start: (job: Parameters<typeof start>[0]) => {
        seen.push(job.secret);
        return start(job);
      },
    });
    await using first = await openWorld({ cluster });
    // As it stands when a replica dies between the start of the Job and its writing it down.
    const { id, version } = await first.create();
    await first.store.updateSession(id, { version }, { jobName: null });
    await first.settle();
    expect(seen).toHaveLength(2);
    expect(new Set(seen).size).toBe(1);
    expect(await first.runner(id).claim()).toBe(true);
  });
});

describe('a cluster in which nothing may be started', () => {
  test('gets no session until it is known to shut runners in, and says why', async () => {
    let problems = ['the network enforces no policies'];
    await using world = await openWorld({ ports: { enforcement: async () => problems } });
    const refused = async (): Promise<unknown> => {
      const answer = await world.ask('POST', '/api/sessions', { body: { command: 'true' } });
      return [answer.status, ((await answer.json()) as { detail: string }).detail];
    };
    expect(await refused()).toEqual([503, expect.stringContaining('is not known yet')]);
    world.controller.start();
    await world.clock.advance(minute);
    expect(await refused()).toEqual([503, 'No session is taken: the network enforces no policies.']);
    expect(await (await world.ask('GET', '/readyz')).json()).toMatchObject({
      ok: true,
      warnings: ['No session is taken: the network enforces no policies.'],
    });
    problems = [];
    await world.clock.advance(minute);
    expect((await world.create()).state).toBe('starting');
  });
});

describe('runners that no session stands behind', () => {
  test('are removed: those of sessions that are over, of older attempts, and of nobody', async () => {
    await using world = await openWorld();
    world.controller.start();
    const nobody = '00000000-0000-4000-8000-000000000000';
    await world.cluster.say({ session: nobody });
    const { id } = await world.create();
    const runner = world.runner(id);
    await runner.run();
    await runner.exit();
    await world.cluster.say({ session: id });
    await world.settle();
    await world.controller.reap();
    expect([...new Set(world.cluster.removed)]).toEqual([`job-${nobody}-1`]);
    await world.clock.advance(minute);
    await world.controller.reap();
    expect(world.cluster.removed).toContain(`job-${id}-1`);
  });

  test('are kept where they wait for one: its id becomes the session’s, and its work comes at once', async () => {
    await using world = await openWorld({ settings: { warmRunners: 2, sweepMs: 2000 } });
    world.controller.start();
    await world.clock.advance(2000);
    await world.settle();
    const waiting = [...world.cluster.jobs.values()];
    expect(waiting).toHaveLength(2);
    for (const { session } of waiting) await world.cluster.say({ session });
    await world.controller.reap();
    expect(world.cluster.removed).toEqual([]);
    const [warm] = waiting;
    const runner = scriptedRunner(world.controller, world.cluster, warm?.session ?? '');
    const work = runner.assignment();
    const created = await world.ask('POST', '/api/sessions', { body: { command: 'date', env: { A: 'warm' } } });
    expect(await created.json()).toMatchObject({ sessionId: warm?.session, state: 'starting' });
    expect(await work).toMatchObject({ command: 'date', env: { A: 'warm' } });
    await runner.run();
    await world.clock.advance(2000);
    await world.settle();
    expect(world.cluster.jobs.size).toBe(3);
    const wrong = await runner.call('POST', 'assignment', self, { authorization: 'Bearer wrong' });
    expect(wrong.status).toBe(401);
    await world.controller.close();
    expect(world.cluster.removed).toHaveLength(2);
    expect(world.cluster.removed).not.toContain(`job-${warm?.session}-1`);
  });
});

const self = { epoch: 'ab'.repeat(16), address: '10.0.0.7', port: 7681 };

function terminated(reason: string): { exitCode: number; signal: null; reason: string; message: null } {
  return { exitCode: 137, signal: null, reason, message: null };
}

async function writeLog(
  epoch: string,
  text: string,
): Promise<{
  readonly segments: readonly Segment[];
  readonly keyframes: readonly Keyframe[];
  readonly end: { readonly offset: number; readonly digest: string | null; readonly chain: string | null };
}> {
  const folder = await mkdtemp(join(tmpdir(), 'hawser-ctl-log-'));
  const segments: Segment[] = [];
  const keyframes: Keyframe[] = [];
  const log = await openLogWriter({
    folder,
    epoch,
    size: { cols: 80, rows: 24 },
    capBytes: 1_000_000,
    guaranteedLines: 1000,
    nowMs: () => 0,
    onSegment: (segment) => void segments.push(segment),
    onKeyframe: (keyframe) => void keyframes.push(keyframe),
  });
  log.write(Buffer.from(text));
  const end = await log.close();
  await rm(folder, { recursive: true });
  return { segments, keyframes, end };
}
