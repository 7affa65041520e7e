import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { describeReal } from '../../../../test/support/counterparts.js';
import { useHawser } from '../support/hawser.js';

const hawser = useHawser();
const leftovers = (): string[] => readdirSync(hawser.temp).filter((name) => /^hawser-(?:emulate|pods)-/.test(name));

describe('emulate kube', () => {
  test('--json prints one line with a kubeconfig, which goes with it', async () => {
    const emulate = hawser.start(['emulate', 'kube', '--json', '--run', 'busybox', '--run', 'example/app=node app.js']);
    const [line] = await emulate.until(/^\{.*\}\n/);
    const ready = JSON.parse(line) as { server: string; kubeconfig: string; images: string[]; env: object };
    expect(ready).toMatchObject({ images: ['busybox', 'example/app'], env: { KUBECONFIG: ready.kubeconfig } });
    expect(readFileSync(ready.kubeconfig, 'utf8')).toContain(ready.server);
    emulate.kill('SIGTERM');
    expect(await emulate.ended).toMatchObject({ stdout: line, stderr: '', exitCode: 143 });
    expect(existsSync(ready.kubeconfig)).toBe(false);
    expect(leftovers()).toEqual([]);
  });

  test('people see what to try; Ctrl-C ends it with 130', async () => {
    const emulate = hawser.start(['emulate', 'kube']);
    await emulate.until(/Ctrl-C ends it\.\n/);
    emulate.kill('SIGINT');
    const { stdout, exitCode } = await emulate.ended;
    expect(stdout).toMatch(/export KUBECONFIG='.*kubeconfig'/);
    expect(stdout).toContain('No pod can run: --run names images.');
    expect(exitCode).toBe(130);
  });
});

describeReal('kubectl', (path) => {
  test('a command runs pods with kubectl, and its exit code is that of the whole', async () => {
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'app' },
      spec: { restartPolicy: 'Never', containers: [{ name: 'app', image: 'example/app:1.2', args: ['from', 'args'] }] },
    };
    writeFileSync(join(hawser.temp, 'pod.json'), JSON.stringify(pod));
    const script = [
      'kubectl apply --dry-run=server -f pod.json',
      'kubectl apply -f pod.json',
      'kubectl run hi --image=busybox --restart=Never --command -- echo hello',
      'kubectl wait --for=jsonpath={.status.phase}=Succeeded pod/hi pod/app',
      'kubectl logs hi',
      'kubectl logs app',
      'exit 7',
    ].join(' && ');
    const flags = ['--run', 'busybox', '--run', 'example/app=echo "entry point"'];
    const { stdout, stderr, exitCode } = await hawser.run(['emulate', 'kube', ...flags, '--', 'sh', '-c', script], {
      cwd: hawser.temp,
      env: {
        PATH: `${dirname(path('kubectl'))}:${process.env['PATH'] ?? ''}`,
        KUBECONFIG: '/mine',
        KUBERNETES_SERVICE_HOST: 'mine',
      },
    });
    expect([stderr, exitCode]).toEqual(['', 7]);
    expect(stdout.split('\n')).toEqual([
      'pod/app created (server dry run)',
      'pod/app created',
      'pod/hi created',
      'pod/hi condition met',
      'pod/app condition met',
      'hello',
      'entry point from args',
      '',
    ]);
    expect(leftovers()).toEqual([]);
  });
});
