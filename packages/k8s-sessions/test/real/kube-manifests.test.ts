import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { describeReal } from '../../../../test/support/counterparts.js';
import { scale } from '../../../../test/support/scale.js';
import { runToEnd } from '../../../../test/support/run-to-end.js';
import { startKubeEmulator } from '@hawser/emulators/kube';
import { buildRunnerJob, buildRunnerPolicies, type KubeManifest } from '../../src/kube/index.js';
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
