import { expect, test } from '@jest/globals';
import { createKubeWorld, namespace, newJob } from '../support/kube-world.js';

/** Tells what it was given, on its log, and ends as its session says. */
const teller = `
  const { readFileSync, writeFileSync } = require('node:fs');
  const { env } = process;
  writeFileSync(env.HAWSER_SESSIONS_WORK_FOLDER + '/file', 'written');
  console.log(JSON.stringify({ ...env, argv: process.argv.slice(1), secret: readFileSync(env.HAWSER_SESSIONS_SECRET_FILE, 'utf8') }));
`;

test('a start is one Job, whose pod has what a runner needs, and which is gone in its time with all it owns', async () => {
  await using world = await createKubeWorld(teller);
  const job = newJob({ ttlSeconds: 1 });
  const [first, second] = await Promise.all([world.runners.start(job), world.runners.start(job)]);
  expect(first).toEqual({ jobName: `session-${job.session}-1` });
  expect(second).toEqual(first);
  const end = await world.facts.until(({ phase }) => phase === 'succeeded');
  expect(end).toMatchObject({
    session: job.session,
    attempt: 1,
    jobName: first.jobName,
    address: expect.stringMatching(/^127\./),
    ready: false,
    image: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
    waiting: null,
    terminated: { exitCode: 0, signal: null, reason: 'Completed', message: null },
  });
  expect(world.facts.all.some(({ phase, ready }) => phase === 'running' && ready)).toBe(true);
  const pods = world.kube.list('v1', 'Pod', namespace);
  expect(pods).toHaveLength(1);
  const log = world.kube.logs({ namespace, name: end.podName ?? '' });
  expect(JSON.parse(log)).toMatchObject({
    argv: ['runner'],
    secret: job.secret,
    HAWSER_SESSIONS_CONTROLLER_URL: 'http://controller.sessions.svc:8081',
    HAWSER_SESSIONS_SESSION: job.session,
    HAWSER_SESSIONS_ATTEMPT: '1',
    HAWSER_SESSIONS_POD_NAME: end.podName,
    HAWSER_SESSIONS_POD_UID: end.podUid,
    HAWSER_SESSIONS_POD_IP: end.address,
  });
  expect(JSON.stringify([...pods, ...world.kube.list('batch/v1', 'Job')])).not.toContain(job.secret);
  await world.facts.until(({ phase }) => phase === 'gone');
  await world.kube.until(() => world.kube.list('v1', 'Secret', namespace).length === 0);
  expect(world.kube.list('batch/v1', 'Job')).toEqual([]);
  expect(world.kube.list('v1', 'Pod', namespace)).toEqual([]);
});
