import { existsSync, rmSync, utimesSync, watch } from 'node:fs';
import { dirname, join } from 'node:path';
import { openForeign } from '@hawser/state-store/foreign';
import { expect, test } from '@jest/globals';
import { describeReal } from '../../../../test/support/counterparts.js';
import { runToEnd, type Ended } from '../../../../test/support/run-to-end.js';
import { cluster, CtxPlace, token } from '../support/ctx-place.js';

const THEIRS = `apiVersion: v1
kind: Config
clusters:
- name: other
  cluster: {server: https://other}
contexts:
- name: other
  context: {cluster: other, user: other}
current-context: other
users:
- name: other
  user: {token: t}
`;

describeReal('kubectl', (path) => {
  const kubectl = (at: CtxPlace, kubeconfig: string, ...args: readonly string[]): Promise<Ended> =>
    runToEnd(path('kubectl'), args, { env: { HOME: at.home, KUBECONFIG: kubeconfig } });

  test('reads what was written, switches it, writes it anew, and it is still ours to remove', async () => {
    const at = new CtxPlace();
    at.write(at.kubeconfig, THEIRS);
    await at.init({ kubernetes: { cluster: cluster(), token, namespace: 'web', awsProfile: 'dev' } });
    const { stdout } = await kubectl(at, at.kubeconfig, 'config', 'view', '--minify', '-o', 'json');
    const view = JSON.parse(stdout) as Record<string, unknown>;
    expect(view).toMatchObject({
      'current-context': 'staging',
      contexts: [
        { name: 'staging', context: { cluster: cluster().arn, user: `${cluster().arn}/dev`, namespace: 'web' } },
      ],
      clusters: [{ name: cluster().arn, cluster: { server: cluster().endpoint } }],
      users: [
        {
          user: {
            exec: {
              apiVersion: 'client.authentication.k8s.io/v1',
              command: token.command,
              args: [...token.args, '--cluster-name', 'staging', '--region', 'eu-west-1'],
              env: [{ name: 'AWS_PROFILE', value: 'dev' }],
              interactiveMode: 'IfAvailable',
            },
          },
        },
      ],
    });
    expect((await kubectl(at, at.kubeconfig, 'config', 'get-contexts', '-o', 'name')).stdout).toBe('other\nstaging\n');
    expect((await kubectl(at, at.kubeconfig, 'config', 'use-context', 'other')).code).toBe(0);
    await at.use('staging');
    expect((await kubectl(at, at.kubeconfig, 'config', 'current-context')).stdout).toBe('staging\n');
    await at.remove();
    expect((await kubectl(at, at.kubeconfig, 'config', 'get-contexts', '-o', 'name')).stdout).toBe('other\n');
    expect((await kubectl(at, at.kubeconfig, 'config', 'current-context')).stdout).toBe('other\n');
  });

  test('with several files, the choice goes where kubectl looks for it', async () => {
    const at = new CtxPlace();
    const [one, two] = [join(at.home, 'one'), join(at.home, 'two')];
    at.write(one, 'apiVersion: v1\nkind: Config\n');
    at.write(two, THEIRS);
    const env = { KUBECONFIG: `${one}:${two}` };
    await at.init({ env, prefect: undefined });
    expect(at.read(one)).toContain('name: staging');
    expect((await kubectl(at, env.KUBECONFIG, 'config', 'current-context')).stdout).toBe('staging\n');
    await kubectl(at, env.KUBECONFIG, 'config', 'use-context', 'other');
    await at.use('staging', env);
    expect((await kubectl(at, env.KUBECONFIG, 'config', 'current-context')).stdout).toBe('staging\n');
    await at.remove('staging', { env });
    expect([at.read(one), (await kubectl(at, env.KUBECONFIG, 'config', 'current-context')).stdout]).toEqual([
      // kubectl's own choice, in the first file of the list, is what there was before ours.
      'apiVersion: v1\ncurrent-context: other\nkind: Config\n',
      'other\n',
    ]);
  });

  test('is kept out while a kubeconfig is written, and finds its lock gone afterwards', async () => {
    const at = new CtxPlace();
    await at.init();
    await openForeign({ path: at.kubeconfig, format: 'kubeconfig' }).update(async () => {
      const { code, stderr } = await kubectl(at, at.kubeconfig, 'config', 'use-context', 'staging');
      expect([code, stderr]).toEqual([1, expect.stringContaining('file exists')]);
    });
    expect((await kubectl(at, at.kubeconfig, 'config', 'use-context', 'staging')).code).toBe(0);
  });
});

/** The file kubectl would hold, made an hour ago. */
function lockAsKubectl(at: CtxPlace, kubeconfig: string): string {
  const lock = at.write(`${kubeconfig}.lock`, '', 0o000);
  const made = Date.now() / 1000 - 3_600;
  utimesSync(lock, made, made);
  return lock;
}

test("kubectl's lock is waited for, told with its age, and removed only when asked", async () => {
  const at = new CtxPlace();
  at.write(at.kubeconfig, THEIRS);
  const lock = lockAsKubectl(at, at.kubeconfig);
  const before = at.read(at.kubeconfig);
  await expect(at.init({}, { lockTimeoutMs: 60 })).rejects.toMatchObject({
    code: 'HAWSER_CTX_LOCKED',
    exitCode: 1,
    message: `${at.kubeconfig} is locked: ${lock} was made 1 hour ago.`,
    details: { lock },
  });
  expect([at.read(at.kubeconfig), existsSync(at.profiles), existsSync(lock)]).toEqual([before, false, true]);
  expect(await at.init({}, { breakLock: true })).toMatchObject({ brokenLocks: [lock] });
  expect([at.read(at.kubeconfig).includes('name: staging'), existsSync(lock)]).toEqual([true, false]);
});

test('a lock that goes while it is waited for lets the change through', async () => {
  const at = new CtxPlace();
  at.write(at.kubeconfig, THEIRS);
  const lock = lockAsKubectl(at, at.kubeconfig);
  const waits = new Promise<void>((resolve) => {
    const watcher = watch(dirname(lock), (_event, name) => {
      if (name?.endsWith('hawser-lock') !== true) return;
      watcher.close();
      resolve();
    });
  });
  const done = at.init({}, { lockTimeoutMs: 60_000 });
  await waits;
  rmSync(lock);
  expect((await done).changed).toContain(at.kubeconfig);
});

test('all files of the list are locked, and none with DISABLE_KUBECONFIG_LOCK', async () => {
  const at = new CtxPlace();
  const [one, two] = [join(at.home, 'one'), join(at.home, 'two')];
  at.write(one, THEIRS);
  at.write(two, THEIRS);
  const lock = lockAsKubectl(at, two);
  const env = { KUBECONFIG: `${one}:${two}` };
  await expect(at.init({ env }, { lockTimeoutMs: 60 })).rejects.toMatchObject({
    code: 'HAWSER_CTX_LOCKED',
    details: { lock },
  });
  await at.init({ env }, { env: { DISABLE_KUBECONFIG_LOCK: '1' } });
  expect([at.read(one).includes('name: staging'), existsSync(lock)]).toEqual([true, true]);
});
