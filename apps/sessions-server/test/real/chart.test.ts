import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { neededRights } from '@hawser/k8s-sessions/kube';
import { parse, parseAllDocuments } from 'yaml';
import { describeReal } from '../../../../test/support/counterparts.js';
import { chart, one, openChart } from '../support/chart.js';

const database = ['--set', 'database.url=postgres://u:p@db.example/d'];
const profiles: readonly (readonly [string, readonly string[]])[] = [
  ['dev', []],
  ['staging', []],
  ['production', ['--set', 'ingress.hostname=sessions.example.com']],
];
const profileArgs = (name: string, more: readonly string[]): readonly string[] => [
  '-f',
  join(chart, `profiles/${name}.yaml`),
  ...more,
];

interface Path {
  readonly path: string;
  readonly backend: { readonly service: { readonly name: string } };
}

describeReal(['helm', 'kubernetes-validate'], (path) => {
  const helm = openChart(path('helm'));

  test.each(profiles)('the profile %s lints, renders, and every object is one Kubernetes 1.34 takes', (name, more) => {
    const args = profileArgs(name, more);
    expect(helm.lint(...args)).toMatchObject({ status: 0 });
    const folder = mkdtempSync(join(tmpdir(), 'chart-'));
    try {
      const file = join(folder, 'all.yaml');
      // What other makers define is not in Kubernetes' schemas.
      const text = parseAllDocuments(helm.text(...args))
        .filter((document) =>
          /^(v1|apps|batch|policy|autoscaling|rbac|networking\.k8s)/.test(
            (document.toJS() as { apiVersion?: string } | null)?.apiVersion ?? '',
          ),
        )
        .map(String)
        .join('');
      writeFileSync(file, text);
      execFileSync(path('kubernetes-validate'), ['-k', '1.34', '--strict', file], { stdio: 'pipe' });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('a misspelt value, no database, and a name without TLS where that is not allowed are refused in words', () => {
    expect(helm.refused(...database, '--set', 'sesions.ratePerMinute=1')).toContain("'sesions' not allowed");
    expect(helm.refused()).toContain('No database: name a Secret with the key DATABASE_URL');
    expect(helm.refused(...database, '--set', 'ingress.hostname=a.example', '--set', 'allowInsecure=false')).toContain(
      'Plain HTTP under a public name would send API keys in the clear',
    );
  });

  test('migrations run before anything else, from a Secret that is there by then, and stop what fails', () => {
    const given = helm.render(...database, '--set', 'database.existingSecret=mine');
    const hook = one(given, 'Job');
    expect(hook.metadata.annotations).toMatchObject({
      'helm.sh/hook': 'pre-install,pre-upgrade',
      'helm.sh/hook-weight': '-5',
    });
    expect(JSON.stringify(hook)).toContain('"secretKeyRef":{"name":"mine"');
    expect(hook['spec'].template.metadata.labels['app.kubernetes.io/component']).toBe('migration');

    const inline = helm.render(...database);
    const before = one(inline, 'Secret', 'hawser-sessions-migration');
    expect(before.metadata.annotations).toMatchObject({
      'helm.sh/hook': 'pre-install,pre-upgrade',
      'helm.sh/hook-weight': '-10',
    });
    expect(JSON.stringify(one(inline, 'Job'))).toContain('"name":"hawser-sessions-migration","key":"DATABASE_URL"');

    // A database of the chart's own is not there before the chart is: an ordinary Job waits for it.
    const bundled = helm.render('--set', 'database.bundled.enabled=true');
    const job = bundled.find(({ kind }) => kind === 'Job');
    expect(job?.metadata.annotations).toBeUndefined();
    expect(job?.['spec'].template.spec.containers[0].args).toEqual(['migrate', 'latest', '--wait']);
    const address = one(bundled, 'Secret', 'hawser-sessions-database-url')['stringData'].DATABASE_URL as string;
    const { username, password, host } = new URL(address);
    expect([username, host]).toEqual(['sessions', 'hawser-sessions-postgres.ns.svc:5432']);
    expect(one(bundled, 'Secret', 'hawser-sessions-postgres')['stringData'].POSTGRES_PASSWORD).toBe(password);
  });

  test('the controller may do exactly what it needs, where runners are; gateways and runners may do nothing', () => {
    const objects = helm.render(...database);
    const role = one(objects, 'Role');
    expect(role.metadata.namespace).toBe('ns-runners');
    const rules = role['rules'] as readonly { apiGroups: string[]; resources: string[]; verbs: string[] }[];
    expect(
      rules.flatMap(({ apiGroups, resources, verbs }) =>
        resources.map((resource) => ({ group: apiGroups[0], resource, verbs })),
      ),
    ).toEqual(neededRights);
    expect(one(objects, 'RoleBinding')['subjects']).toEqual([
      { kind: 'ServiceAccount', name: 'hawser-sessions-controller', namespace: 'ns' },
    ]);
    expect(objects.filter(({ kind }) => kind.startsWith('Cluster'))).toEqual([]);
    for (const name of ['hawser-sessions-gateway', 'hawser-sessions-runner'])
      expect(one(objects, 'ServiceAccount', name)['automountServiceAccountToken']).toBe(false);
    expect(
      one(objects, 'Deployment', 'hawser-sessions-gateway')['spec'].template.spec.automountServiceAccountToken,
    ).toBe(false);
  });

  test('keys are made once, are of the right kinds, and none is in an environment', () => {
    const objects = helm.render('--make-keys', ...database);
    const read = (name: string, key: string): string =>
      Buffer.from(one(objects, 'Secret', name)['data'][key] as string, 'base64').toString('latin1');
    expect(read('hawser-sessions-api-key', 'API_KEY')).toMatch(/^sk_live_[0-9a-f]{64}$/);
    expect(read('hawser-sessions-ticket-keys', 'ticket.pem')).toContain('BEGIN RSA PRIVATE KEY');
    expect(read('hawser-sessions-keys', 'receipt.pem')).toContain('BEGIN PRIVATE KEY');
    expect(Buffer.from(read('hawser-sessions-keys', 'sealing.key'), 'base64')).toHaveLength(32);
    expect(helm.text(...database, '--set', 'apiKey.existingSecret=mine')).not.toContain('API_KEY: c2tf');
    for (const { kind, spec } of objects)
      if (kind === 'Deployment')
        expect(JSON.stringify(spec.template.spec.containers[0].env)).not.toMatch(/sk_live|PRIVATE/);
  });

  test('one address leads everywhere, and long requests are not cut', () => {
    const objects = helm.render(
      ...profileArgs('staging', ['--set', 'httpRoute.enabled=true', '--set', 'httpRoute.parentRefs[0].name=front']),
    );
    const [rule] = one(objects, 'Ingress')['spec'].rules;
    expect(rule.host).toBeUndefined();
    expect(rule.http.paths.map((entry: Path) => [entry.path, entry.backend.service.name])).toEqual([
      ['/api', 'hawser-sessions-controller'],
      ['/.well-known', 'hawser-sessions-controller'],
      ['/openapi.json', 'hawser-sessions-controller'],
      ['/ws', 'hawser-sessions-gateway'],
    ]);
    expect(one(objects, 'BackendConfig', 'hawser-sessions-gateway')['spec'].timeoutSec).toBe(3600);
    expect(one(objects, 'GCPBackendPolicy', 'hawser-sessions-gateway')['spec'].default.timeoutSec).toBe(3600);
    expect(one(objects, 'HTTPRoute')['spec'].rules[0].timeouts).toEqual({ request: '0s', backendRequest: '0s' });
    // Runners report to a service that no route leads to.
    expect(helm.text(...profileArgs('staging', []))).not.toMatch(
      /service: \{ name: hawser-sessions-controller-internal/,
    );
  });

  test('gateways scale on open sockets, and a last one always stands', () => {
    const objects = helm.render(...profileArgs('production', ['--set', 'ingress.hostname=a.example']));
    expect(one(objects, 'HorizontalPodAutoscaler', 'hawser-sessions-gateway')['spec'].metrics).toEqual([
      {
        type: 'Pods',
        pods: {
          metric: { name: 'hawser_sessions_open_sockets' },
          target: { type: 'AverageValue', averageValue: '1000' },
        },
      },
    ]);
    expect(one(objects, 'PodDisruptionBudget', 'hawser-sessions-gateway')['spec'].minAvailable).toBe(2);
    expect(one(objects, 'ResourceQuota')['spec'].hard).toMatchObject({ pods: '50' });
  });

  test('the template of runners is what the values say', () => {
    const objects = helm.render(
      ...database,
      '--set',
      'runner.hostUsers=false',
      '--set',
      'runner.runtimeClassName=gvisor',
      '--set',
      'image.repository=r.example/h',
      '--set',
      'image.tag=7',
    );
    expect(JSON.parse(one(objects, 'ConfigMap')['data']['template.json'] as string)).toMatchObject({
      namespace: 'ns-runners',
      instance: 'hawser-sessions',
      image: 'r.example/h-runner:7',
      controllerUrl: 'http://hawser-sessions-controller-internal.ns.svc:8081',
      hostUsers: false,
      runtimeClassName: 'gvisor',
    });
  });

  test('the notes lead to a first session by names that are there, and are loud about plain HTTP', () => {
    const render = (...args: readonly string[]): string =>
      execFileSync(
        path('helm'),
        [
          'install',
          'hawser-sessions',
          chart,
          '-n',
          'ns',
          '--dry-run=client',
          '--set',
          'keys.existingTicketSecret=keys',
          ...args,
        ],
        { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] },
      ).split('\nNOTES:\n')[1] ?? '';
    const notes = render(...profileArgs('staging', []));
    expect(notes).toContain('kubectl get ingress hawser-sessions -n ns -o jsonpath');
    expect(notes).toContain(
      "kubectl get secret hawser-sessions-api-key -n ns -o jsonpath='{.data.API_KEY}' | base64 -d",
    );
    expect(notes).toContain('!! PLAIN HTTP.');
    const objects = helm.render(...profileArgs('staging', []));
    one(objects, 'Ingress', 'hawser-sessions');
    one(objects, 'Secret', 'hawser-sessions-api-key');
    expect(render(...profileArgs('production', ['--set', 'ingress.hostname=a.example']))).not.toContain('PLAIN HTTP');
    expect(render(...database, '--set', 'network.policies=false')).toContain('!! NO NETWORK POLICIES.');
  });
});

describe('skaffold', () => {
  const folder = join(chart, '..');
  interface Skaffold {
    readonly build: {
      readonly artifacts: readonly { image: string; context: string; docker: { dockerfile: string; target: string } }[];
    };
    readonly profiles: readonly {
      name: string;
      deploy: {
        helm: {
          releases: readonly {
            wait: boolean;
            chartPath: string;
            valuesFiles: readonly string[];
            setValueTemplates: Record<string, string>;
          }[];
        };
      };
    }[];
  }
  const skaffold = parse(readFileSync(join(folder, 'skaffold.yaml'), 'utf8'), { merge: true }) as Skaffold;
  const images = ['controller', 'gateway', 'runner'];

  test('builds what the chart runs, from files and stages that are there', () => {
    expect(skaffold.build.artifacts.map(({ image }) => image)).toEqual(images.map((name) => `hawser-sessions-${name}`));
    for (const { context, docker } of skaffold.build.artifacts) {
      const dockerfile = readFileSync(join(folder, context, docker.dockerfile), 'utf8');
      expect(dockerfile).toMatch(new RegExp(`^FROM \\S+ AS ${docker.target}$`, 'm'));
    }
  });

  test('has the profiles dev, staging and production, each with values that are there, and waits for migrations', () => {
    expect(skaffold.profiles.map(({ name }) => name)).toEqual(['dev', 'staging', 'production']);
    for (const { deploy } of skaffold.profiles)
      for (const release of deploy.helm.releases) {
        expect(release.wait).toBe(true);
        for (const file of [release.chartPath, ...release.valuesFiles])
          expect(existsSync(join(folder, file))).toBe(true);
        expect(Object.keys(release.setValueTemplates)).toEqual(images.map((name) => `image.${name}`));
      }
  });
});

describeReal('hadolint', (path) => {
  test('the Dockerfile is clean, and starts what the program has', () => {
    const dockerfile = join(chart, '../docker/Dockerfile');
    execFileSync(path('hadolint'), [dockerfile], { stdio: 'pipe' });
    const commands = [...readFileSync(dockerfile, 'utf8').matchAll(/^CMD \["(\w+)"\]$/gm)].map(([, name]) => name);
    expect(commands).toEqual(['controller', 'gateway', 'runner']);
  });
});
