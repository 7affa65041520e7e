import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { describeReal } from '../../../../test/support/counterparts.js';
import { scale } from '../../../../test/support/scale.js';
import { runToEnd } from '../../../../test/support/run-to-end.js';
import { startKubeEmulator } from '@hawser/emulators/kube';
import { openCluster } from '@hawser/kube-client';
import {
  buildRunnerJob,
  buildRunnerPolicies,
  evaluatePolicies,
  type KubeManifest,
  type NetworkEnd,
  openKubeCluster,
  type RunnerTemplate,
} from '../../src/kube/index.js';
import { controllerRole, newJob, template } from '../support/kube-world.js';

/** Everything that can stand in the objects that are made. */
function manifests(): readonly KubeManifest[] {
  const peers = (name: string) => ({ namespaceLabels: { name }, podLabels: { app: name } });
  const { job, ownedSecret } = buildRunnerJob(
    {
      ...template,
      imagePullPolicy: 'Always',
      imagePullSecrets: ['registry'],
      resources: { requests: { cpu: '250m' }, limits: { memory: '1Gi' } },
      nodeSelector: { pool: 'runners' },
      tolerations: [{ key: 'k', operator: 'Equal', value: 'v', effect: 'NoExecute', tolerationSeconds: 5 }],
      runtimeClassName: 'gvisor',
      hostUsers: false,
      priorityClassName: 'low',
      labels: { team: 'a' },
      annotations: { note: 'b' },
      nameservers: ['9.9.9.9'],
    },
    newJob(),
  );
  const policies = buildRunnerPolicies({
    name: 'sessions',
    template,
    gateway: peers('gateway'),
    controller: { ...peers('controller'), port: 8081 },
    dns: peers('kube-dns'),
    dnsAddresses: ['169.254.20.10', 'fd00::10'],
    clusterCidrs: ['34.118.224.0/20', '2600:1900::/28'],
    egressProxy: { ...peers('proxy'), port: 3128 },
  });
  return [job, ownedSecret('00000000-0000-0000-0000-000000000001'), ...policies];
}

describeReal('kubernetes-validate', (path) => {
  test('what is made is what the API of Kubernetes knows, field by field', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'hawser-manifests-'));
    try {
      const file = join(folder, 'all.yaml');
      await writeFile(
        file,
        manifests()
          .map((one) => JSON.stringify(one))
          .join('\n---\n'),
      );
      for (const release of ['1.34', '1.29', '1.36'].slice(0, scale(1, 3))) {
        const { code, stdout, stderr } = await runToEnd(
          path('kubernetes-validate'),
          ['-k', release, '--strict', file],
          {
            env: { PATH: process.env['PATH'], HOME: folder },
          },
        );
        expect({ code, said: code === 0 ? '' : stdout + stderr }).toEqual({ code: 0, said: '' });
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describeReal('kubectl', (path) => {
  test('kubectl applies it on trial, and the double finds nothing it does not know', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'hawser-manifests-'));
    await using kube = await startKubeEmulator({ strict: true, objects: controllerRole, run: { images: {} } });
    try {
      const [config, file] = [join(folder, 'config'), join(folder, 'all.yaml')];
      await writeFile(config, kube.kubeconfig());
      await writeFile(
        file,
        manifests()
          .map((one) => JSON.stringify(one))
          .join('\n---\n'),
      );
      const args = ['--kubeconfig', config, 'apply', '--dry-run=server', '-f', file];
      const { code, stdout, stderr } = await runToEnd(path('kubectl'), args, { env: { HOME: folder } });
      expect([code, stderr]).toEqual([0, '']);
      expect(stdout.trim().split('\n')).toHaveLength(5);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describeReal(['helm', 'kubectl'], (path) => {
  test('the chart is taken by the double, gives the controller the rights it needs, and walls its runners in', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'hawser-chart-'));
    const team = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'team' } };
    await using kube = await startKubeEmulator({ strict: true, rbac: true, objects: [team] });
    try {
      const chart = fileURLToPath(new URL('../../../../apps/sessions-server/chart', import.meta.url));
      const set = [
        'database.url=postgres://u:p@db/d',
        'keys.existingTicketSecret=keys',
        'network.clusterCidrs={34.118.224.0/20}',
      ];
      const rendered = await runToEnd(
        path('helm'),
        ['template', 'rel', chart, '-n', 'team', '--no-hooks', ...set.flatMap((one) => ['--set', one])],
        { env: { HOME: folder } },
      );
      expect(rendered.stderr).toBe('');
      const [admin, file] = [join(folder, 'admin'), join(folder, 'chart.yaml')];
      await writeFile(admin, kube.kubeconfig({ namespace: 'team' }));
      await writeFile(file, rendered.stdout);
      const applied = await runToEnd(path('kubectl'), ['--kubeconfig', admin, 'apply', '-f', file], {
        env: { HOME: folder },
      });
      expect([applied.code, applied.stderr]).toEqual([0, '']);

      const map = kube
        .list('v1', 'ConfigMap', 'team')
        .find(({ metadata }) => metadata.name.endsWith('runner-template'));
      const wanted = JSON.parse(
        (map?.['data'] as Record<string, string> | undefined)?.['template.json'] ?? '',
      ) as RunnerTemplate;
      const serviceAccount = { namespace: 'team', name: 'rel-hawser-sessions-controller' };
      await writeFile(join(folder, 'controller'), kube.kubeconfig({ serviceAccount }));
      await using cluster = await openCluster({ kubeconfig: join(folder, 'controller'), env: {} });
      expect(await openKubeCluster({ cluster, template: wanted }).check()).toEqual([]);

      const policies = kube.list('networking.k8s.io/v1', 'NetworkPolicy') as readonly KubeManifest[];
      const { job } = buildRunnerJob(wanted, newJob());
      const { labels } = (job['spec'] as { template: { metadata: { labels: Record<string, string> } } }).template
        .metadata;
      const pod = (within: string, own: Readonly<Record<string, string>>): NetworkEnd => ({
        address: '10.1.1.1',
        pod: { namespace: within, namespaceLabels: { 'kubernetes.io/metadata.name': within }, labels: own },
      });
      const runner = pod(wanted.namespace, labels);
      const part = (component: string): NetworkEnd =>
        pod('team', {
          'app.kubernetes.io/name': 'hawser-sessions',
          'app.kubernetes.io/instance': 'rel',
          'app.kubernetes.io/component': component,
        });
      const passes = (from: NetworkEnd, to: NetworkEnd, port: number): boolean =>
        evaluatePolicies(policies, { from, to, port }).allowed;
      expect(passes(part('gateway'), runner, 7681)).toBe(true);
      expect(passes(part('controller'), runner, 7681)).toBe(false);
      expect(passes(runner, part('controller'), 8081)).toBe(true);
      expect(passes(runner, part('controller'), 8080)).toBe(false);
      expect(passes(runner, runner, 7681)).toBe(false);
      expect(passes(runner, { address: '140.82.121.4' }, 443)).toBe(true);
      const forbidden = [
        '169.254.169.254',
        '10.0.0.1',
        '168.63.129.16',
        '34.118.225.1',
        'fd00:ec2::254',
        '64:ff9b::a9fe:a9fe',
      ];
      expect(forbidden.filter((address) => passes(runner, { address }, 80))).toEqual([]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
