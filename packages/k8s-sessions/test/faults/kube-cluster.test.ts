import { describe, expect, test } from '@jest/globals';
import { openCluster } from '@hawser/kube-client';
import { SessionsError } from '../../src/errors.js';
import { openKubeCluster } from '../../src/kube/index.js';
import { collectFacts, createKubeWorld, namespace, newJob, template } from '../support/kube-world.js';

/** Runs until it is ended. */
const lasting = 'setInterval(() => {}, 1000);';

describe('a start', () => {
  test('that was made and not heard of is found when it is asked for again', async () => {
    await using world = await createKubeWorld('');
    const job = newJob();
    world.kube.fail({ method: 'POST', path: /\/jobs$/, does: { kind: 'drop-after' } });
    await expect(world.runners.start(job)).rejects.toMatchObject({ code: 'HAWSER_SESSIONS_CLUSTER_UNAVAILABLE' });
    // The Job is there, and waits for its Secret; so does the pod.
    expect(world.kube.list('batch/v1', 'Job', namespace)).toHaveLength(1);
    world.kube.fail({ method: 'POST', path: /\/secrets$/, does: { kind: 'drop-after' } });
    await expect(world.runners.start(job)).rejects.toBeInstanceOf(SessionsError);
    await world.runners.start(job);
    await world.facts.until(({ phase }) => phase === 'succeeded');
    expect(world.kube.list('v1', 'Pod', namespace)).toHaveLength(1);
    expect(world.kube.list('v1', 'Secret', namespace)).toHaveLength(1);
  });

  test('that the cluster refuses says so in its words, without the secret', async () => {
    await using world = await createKubeWorld('');
    const job = newJob();
    const does = { kind: 'status', status: 403, reason: 'Forbidden', message: 'exceeded quota: runners' } as const;
    world.kube.fail({ method: 'POST', path: /\/jobs$/, does });
    const refused = await world.runners.start(job).catch((error: unknown) => error);
    expect(refused).toMatchObject({
      code: 'HAWSER_SESSIONS_CLUSTER_UNAVAILABLE',
      message: expect.stringContaining('Exceeded quota: runners'),
      details: { status: 403, kube: 'HAWSER_KUBE_FORBIDDEN' },
    });
    world.kube.fail({ method: 'POST', path: /\/secrets$/, does });
    const half = await world.runners.start(job).catch((error: unknown) => error);
    expect(JSON.stringify([refused, half, String((half as Error).stack)])).not.toContain(job.secret);
  });

  test('without a pod tells why: a quota, an account that is missing', async () => {
    const quota = {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'runners', namespace },
      spec: { hard: { pods: '0' } },
    };
    await using world = await createKubeWorld(lasting, { objects: [quota] });
    await world.runners.start(newJob());
    const { waiting, phase } = await world.facts.until((fact) => fact.waiting !== null);
    expect(phase).toBe('pending');
    expect(waiting).toMatch(
      /^FailedCreate: .*exceeded quota: runners, requested: pods=1, used: pods=0, limited: pods=0/,
    );
    world.kube.remove(quota);
    await world.facts.until((fact) => fact.phase === 'running');
  });

  test('whose image cannot be had, or that no node takes, tells why', async () => {
    await using world = await createKubeWorld(lasting, { template: { image: 'elsewhere.example/none:1' } });
    world.kube.pods.unschedulable('0/1 nodes are available: 1 Insufficient cpu.');
    await world.runners.start(newJob());
    expect((await world.facts.until((fact) => fact.waiting !== null)).waiting).toBe(
      'Unschedulable: 0/1 nodes are available: 1 Insufficient cpu.',
    );
    world.kube.pods.unschedulable(undefined);
    await world.facts.until((fact) => fact.waiting?.startsWith('ImagePullBackOff: Back-off pulling image') === true);
  });
});

describe('a watch', () => {
  test('misses nothing over cut connections, forgotten versions, refusals and silence', async () => {
    await using world = await createKubeWorld(lasting, { silenceMs: 300, resyncMs: 2_000 });
    const ages: number[] = [];
    const ending = new AbortController();
    const other = collectFacts(world.runners.watch({ signal: ending.signal, onAge: (age) => ages.push(age) }));
    const trials = [
      () => world.kube.cut(),
      () => {
        world.kube.cut();
        world.kube.compact();
      },
      () => world.kube.stallWatches(),
      () => {
        world.kube.fail({ path: /watch=true/, times: 2, does: { kind: 'status', status: 500 } });
        world.kube.cut();
      },
      () => {
        world.kube.fail({ path: /\/pods\?/, times: 1, does: { kind: 'drop' } });
        world.kube.cut();
        world.kube.compact();
      },
    ];
    for (const trouble of trials) {
      const job = newJob();
      await world.runners.start(job);
      await world.facts.until(({ session, phase }) => session === job.session && phase === 'running');
      trouble();
      await world.runners.remove(`session-${job.session}-1`, { graceSeconds: 5 });
      const gone = await world.facts.until(({ session, phase }) => session === job.session && phase === 'gone');
      await other.facts.until(({ session, phase }) => session === job.session && phase === 'gone');
      expect(gone.attempt).toBe(1);
    }
    ending.abort();
    await other.ended;
    expect(world.kube.list('v1', 'Pod', namespace)).toEqual([]);
  });

  test('ends with its signal, and with the reason when it is not allowed', async () => {
    await using world = await createKubeWorld(lasting);
    const runners = openKubeCluster({ cluster: await world.as('stranger'), template });
    const failing = (async () => {
      for await (const fact of runners.watch({ signal: new AbortController().signal })) void fact;
    })();
    await expect(failing).rejects.toMatchObject({ code: 'HAWSER_KUBE_FORBIDDEN' });
  });
});

test('what is removed ends in its time, and what is not there is no error', async () => {
  await using world = await createKubeWorld(lasting);
  const { jobName } = await world.runners.start(newJob());
  await world.facts.until(({ phase }) => phase === 'running');
  await world.runners.remove(jobName, { graceSeconds: 20 });
  const gone = await world.facts.until(({ phase }) => phase === 'gone');
  expect(gone.terminated).toMatchObject({ exitCode: 143, signal: 'SIGTERM', reason: 'Error' });
  await world.runners.remove(jobName, { graceSeconds: 20 });
  const second = await world.runners.start(newJob());
  await world.facts.until(({ phase, jobName: name }) => phase === 'running' && name === second.jobName);
  await world.runners.remove(second.jobName, { graceSeconds: 0 });
  await world.facts.until(({ phase, jobName: name }) => phase === 'gone' && name === second.jobName);
});

describe('a check', () => {
  test('finds nothing where all is well, with the rights of the chart and no more', async () => {
    await using world = await createKubeWorld(lasting);
    expect(await world.runners.check()).toEqual([]);
    const beyond = await world.cluster
      .get('/api/v1/namespaces/sessions-runners/secrets')
      .catch((error: unknown) => error);
    expect(beyond).toMatchObject({ code: 'HAWSER_KUBE_FORBIDDEN' });
  });

  test('names rights that are missing, a namespace that is not there, a quota that is used up, and a cluster out of reach', async () => {
    await using world = await createKubeWorld(lasting, {
      kube: { authorize: ({ verb, resource }) => !(verb === 'create' && resource === 'secrets') },
    });
    expect(await world.runners.check()).toEqual([
      'The service may not create secrets in the namespace sessions-runners.',
    ]);
    await using all = await createKubeWorld(lasting, { kube: { rbac: false } });
    const elsewhere = openKubeCluster({ cluster: all.cluster, template: { ...template, namespace: 'nowhere' } });
    expect(await elsewhere.check()).toEqual(['A Job would not be taken: Namespaces "nowhere" not found.']);
    const spec = { hard: { pods: '2' } };
    all.kube.put({
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'runners', namespace },
      spec,
      status: { ...spec, used: { pods: '2' } },
    });
    expect(await all.runners.check()).toEqual(['The quota runners is used up: 2 of 2 pods.']);
    await all.kube.close();
    expect((await all.runners.check())[0]).toContain('cannot be reached');
  });
});

test('a runner without a kubeconfig of its own has no way into the API', async () => {
  await using world = await createKubeWorld(`console.log(JSON.stringify(process.env))`);
  await world.runners.start(newJob());
  const { podName } = await world.facts.until(({ phase }) => phase === 'succeeded');
  const env = JSON.parse(world.kube.logs({ namespace, name: podName ?? '' })) as Record<string, string>;
  expect(Object.keys(env).filter((name) => name.startsWith('KUBERNETES'))).toEqual([]);
  await expect(openCluster({ env: { ...env, HOME: '/nonexistent' } })).rejects.toMatchObject({
    code: 'HAWSER_KUBE_CONFIG_INVALID',
  });
});
