import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { Terminal } from '../../../../test/support/terminal.js';
import { CtxProject } from '../support/ctx.js';
import { bin, useHawser } from '../support/hawser.js';
import { NetProject, Site } from '../support/net.js';
import { ConnectProxy } from '../support/proxy.js';
import { expectSchema } from '../support/schema.js';

const hawser = useHawser();
const EKS = ['--eks-cluster', 'staging', '--region', 'eu-west-1'];

interface Envelope {
  readonly data: {
    readonly steps: readonly { readonly file: string; readonly diff: string }[];
    readonly applied: boolean;
    readonly checks: readonly { readonly check: string; readonly verdict: string }[];
  };
  readonly error: { readonly code: string; readonly message: string };
  readonly warnings: readonly string[];
}

const envelope = (json: unknown): Envelope => json as Envelope;

describe('hawser ctx', () => {
  test('points Prefect and kubectl, has nothing to do twice, is listed, shown and examined, and is gone without a trace', async () => {
    await using project = await CtxProject.open(hawser);
    const { prefectUrl } = project;
    const args = ['init', 'staging', '--prefect-url', prefectUrl, ...EKS, '--namespace', 'web'];
    const first = await project.run(args);
    expect([first.exitCode, first.stderr]).toEqual([0, expect.not.stringContaining('✗')]);
    expect(first.stdout).toContain(`+PREFECT_API_URL = "${prefectUrl}"\n`);
    expect(first.stdout).toContain('+          - --cluster-name\n+          - staging\n');
    expect(first.stdout).toContain(
      `  Prefect: profile hawser-staging, ${prefectUrl}\n  kubectl: context staging, staging/web\n`,
    );
    const config = project.read('.kube/config');
    expect(config).toContain(`command: ${process.execPath}\n`);
    expect(config).toContain(join(bin, '../../dist/eks-token.cjs'));
    expect((await project.run(args)).stdout).toBe('✓ staging: nothing to do\n');

    expect((await project.run(['list'])).stdout).toMatch(/\* +staging +http.* staging +web/);
    for (const verb of ['list', 'show', 'doctor']) {
      const { json, exitCode } = await project.run([verb, '--json']);
      expect([verb, exitCode]).toEqual([verb, 0]);
      expectSchema(`ctx-${verb}`, envelope(json).data);
    }
    expect((await project.run(['show'])).stdout).toContain('staging (current)\n');
    const used = await project.run(['use', 'staging', '--json']);
    expect([used.exitCode, envelope(used.json).data.steps]).toEqual([0, []]);
    const doctor = await project.run(['doctor', 'staging']);
    expect(doctor.stdout).toMatch(/^✓ token-program: [^]*\nstaging: right\n$/m);

    const removed = await project.run(['remove', 'staging', '--json']);
    expectSchema('ctx-remove', envelope(removed.json).data);
    expect([project.read('.prefect/profiles.toml'), project.read('.kube/config')]).toEqual([
      '',
      'apiVersion: v1\nkind: Config\n',
    ]);
    expect((await project.run(['list'])).stdout).toBe('No contexts. hawser ctx init makes one.\n');
  });

  test('--dry-run shows everything and touches nothing, also as JSON', async () => {
    await using project = await CtxProject.open(hawser);
    const { json, exitCode } = await project.run(['init', ...EKS, '--dry-run', '--json']);
    const { data } = envelope(json);
    expectSchema('ctx-init', data);
    expect([exitCode, data.applied, data.steps.map(({ file }) => file)]).toEqual([
      0,
      false,
      [
        join(project.home, '.prefect/profiles.toml'),
        join(project.home, '.kube/config'),
        join(project.folder, '.hawser/contexts.json'),
      ],
    ]);
    expect([existsSync(join(project.home, '.prefect')), existsSync(join(project.home, '.kube'))]).toEqual([
      false,
      false,
    ]);
  });

  test('asks EKS through the proxy that is set', async () => {
    await using project = await CtxProject.open(hawser);
    await using proxy = await ConnectProxy.start(project.prefectUrl);
    const far = { HTTP_PROXY: proxy.url, HAWSER_ENDPOINT_URL: 'http://eks.test' };
    const { exitCode, json } = await project.run(['init', ...EKS, '--no-prefect', '--dry-run', '--json'], far);
    expect([exitCode, proxy.connected]).toEqual([0, ['eks.test:80']]);
    expect(envelope(json).data.steps[0]?.diff).toContain('https://ABC.gr7.eu-west-1.eks.amazonaws.com');
  });

  test('asks on a terminal, and takes no for an answer', async () => {
    await using project = await CtxProject.open(hawser);
    // The shell waits, so that the terminal is there until the last word is read.
    const line = `'${process.execPath}' '${bin}' ctx init staging --debug; echo "ended with $?"; cat`;
    const ask = (): Terminal =>
      new Terminal('sh', ['-c', line], {
        cwd: project.folder,
        env: { PATH: process.env['PATH'], TERM: 'xterm', ...project.env },
        size: { columns: 160, rows: 60 },
      });
    {
      using terminal = ask();
      await terminal.shows(/Change this\?/);
      expect(terminal.screen).toContain('+PREFECT_API_URL');
      terminal.type('n\r');
      await terminal.shows(/Nothing was changed[^]*HAWSER_CTX_DECLINED[^]*ended with 1/);
    }
    expect(existsSync(join(project.home, '.prefect'))).toBe(false);
    using terminal = ask();
    await terminal.shows(/Change this\?/);
    terminal.type('y\r');
    await terminal.shows(/ended with 0/);
    expect(project.read('.prefect/profiles.toml')).toContain('active = "hawser-staging"\n');
  });

  test.each<readonly [readonly string[], string, number]>([
    [['init', '--prefect-url', 'http://127.0.0.1:4200'], 'HAWSER_CTX_BAD_INPUT', 2],
    [['init', '--no-prefect'], 'HAWSER_CTX_BAD_INPUT', 2],
    [['init', '--with-secrets'], 'HAWSER_CTX_NO_SECRET', 2],
    [['init', ...EKS, '--kube-tunnel', 'none'], 'HAWSER_CTX_NO_TUNNEL', 1],
    [['init', '--eks-cluster', 'nothing', '--region', 'eu-west-1'], 'HAWSER_AWS_CLUSTER_NOT_FOUND', 1],
    [['init', '--eks-cluster', 'staging'], 'HAWSER_AWS_REGION_MISSING', 2],
    [['init', '--kube-context', 'x'], 'HAWSER_CLI_USAGE', 2],
    [['use', 'nowhere'], 'HAWSER_CTX_NOT_FOUND', 2],
    [['show'], 'HAWSER_CTX_NOT_FOUND', 2],
    [['remove', 'nowhere'], 'HAWSER_CTX_NOT_FOUND', 2],
  ])('%j fails with %s', async (args, code, exitCode) => {
    await using project = await CtxProject.open(hawser);
    const ended = await project.run([...args, '--json']);
    expect([envelope(ended.json).error.code, ended.exitCode]).toEqual([code, exitCode]);
  });

  test('what others wrote is named, and replaced with --overwrite; a broken file is left', async () => {
    await using project = await CtxProject.open(hawser);
    project.write('.prefect/profiles.toml', '[profiles.hawser-staging]\nPREFECT_API_URL = "http://elsewhere/api"\n');
    const refused = await project.run(['init']);
    expect([refused.exitCode, refused.stderr]).toEqual([2, expect.stringContaining('--overwrite')]);
    expect((await project.run(['init', '--overwrite'])).exitCode).toBe(0);
    project.write('.prefect/profiles.toml', 'active = \n');
    const broken = await project.run(['init', 'other', '--prefect-profile', 'other', '--json']);
    expect(envelope(broken.json).error.code).toBe('HAWSER_CTX_FILE_INVALID');
    expect(project.read('.prefect/profiles.toml')).toBe('active = \n');
  });

  test('with --with-secrets the key goes into the profile, and nowhere else', async () => {
    await using project = await CtxProject.open(hawser);
    const key = 'planted-prefect-key-0123456789';
    const ended = await project.run(['init', '--with-secrets', '--debug'], { PREFECT_API_KEY: key });
    expect(project.read('.prefect/profiles.toml')).toContain(`PREFECT_API_KEY = "${key}"\n`);
    expect(`${ended.stdout}${ended.stderr}${project.read('project/.hawser/contexts.json')}`).not.toContain(key);
    const again = await project.run([
      'init',
      '--dry-run',
      '--overwrite',
      '--prefect-url',
      'http://other/api',
      '--json',
    ]);
    expect(again.stdout).not.toContain(key);
  });

  test('warns of what beats the profile', async () => {
    await using project = await CtxProject.open(hawser);
    project.write('project/.env', 'PREFECT_API_URL=http://elsewhere/api\n');
    const { json } = await project.run(['init', '--json']);
    expect(envelope(json).warnings).toEqual([
      'PREFECT_API_URL is http://elsewhere/api in .env, which beats every profile: take it out of .env.',
    ]);
  });

  test('takes the port of the live tunnel, and says when it has moved', async () => {
    await using site = await Site.start();
    await using project = new NetProject();
    project.write(
      'tunnels.yaml',
      `sets:\n  staging:\n    via: {kind: direct}\n    tunnels:\n      prefect: {local: 0, to: "127.0.0.1:${site.port}"}\n`,
    );
    const { tunnels } = await project.data<{ tunnels: readonly { local: { port: number } }[] }>([
      'net',
      'up',
      'staging',
    ]);
    const port = tunnels[0]?.local.port;
    const made = await project.data<{ record: { prefect: object } }>(['ctx', 'init', 'staging']);
    expect(made.record.prefect).toMatchObject({ apiUrl: `http://127.0.0.1:${port}/api`, tunnel: 'prefect' });
    const plain = await project.data<{ record: { prefect: object } }>([
      'ctx',
      'init',
      'plain',
      '--prefect-profile',
      'plain',
      '--no-use-net',
    ]);
    expect(plain.record.prefect).toMatchObject({ apiUrl: 'http://127.0.0.1:4200/api' });
    await project.run(['net', 'down', '--all']);
    const { json, exitCode } = await project.run(['ctx', 'doctor', 'staging', '--json']);
    expect(exitCode).toBe(1);
    expect(envelope(json).data.checks).toContainEqual(
      expect.objectContaining({ check: 'prefect-tunnel', verdict: 'fail' }),
    );
  });
});
