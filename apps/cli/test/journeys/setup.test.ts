import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { delimiter, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { describeReal } from '../../../../test/support/counterparts.js';
import { useHawser } from '../support/hawser.js';

const hawser = useHawser();
let project: string;
let staging: Server;

beforeAll(async () => {
  staging = createServer((request, response) => {
    response.setHeader('date', new Date().toUTCString());
    if (request.method === 'POST') response.setHeader('content-type', 'text/xml').end(identity);
    else response.end(request.url === '/api/v1/namespaces' ? '{"namespaces":[]}' : '{}');
  });
  staging.listen(0, '127.0.0.1');
  await once(staging, 'listening');
  project = join(hawser.home, 'project');
  await mkdir(join(project, '.git'), { recursive: true });
});
afterAll(async () => {
  staging.closeAllConnections();
  staging.close();
  await once(staging, 'close');
});

const env: Record<string, string> = {};
const identity = `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>
<Arn>arn:aws:iam::123456789012:user/ada</Arn><UserId>AIDA</UserId><Account>123456789012</Account>
</GetCallerIdentityResult></GetCallerIdentityResponse>`;

interface Steps {
  readonly ok: boolean;
  readonly data: { readonly steps: readonly { readonly name: string; readonly state: string }[] };
}

describe('hawser setup', () => {
  // Before the project is gone.
  afterAll(() => hawser.run(['net', 'down', '--all'], { cwd: project, env }));

  const setUp = async (...flags: string[]): Promise<{ exitCode: number; json: unknown; states: string[] }> => {
    const ended = await hawser.run(['setup', ...flags, '--json'], { cwd: project, env });
    const states = (ended.json as Steps).ok
      ? (ended.json as Steps).data.steps.map(({ name, state }) => `${name} ${state}`)
      : [];
    return { ...ended, states };
  };

  test('shows the plan and runs nothing with --dry-run', async () => {
    const { exitCode, states } = await setUp('--preset', 'local', '--dry-run');
    expect([exitCode, states]).toEqual([0, ['ctx to do', 'env to do']]);
    await expect(readFile(join(project, '.env.local'))).rejects.toThrow('ENOENT');
  });

  test('chains the verbs of a preset, and does nothing twice', async () => {
    expect((await setUp('--preset', 'local', '--target', 'laptop')).states).toEqual(['ctx done', 'env done']);
    expect(await readFile(join(project, '.env.laptop'), 'utf8')).toContain(
      'PREFECT_API_URL=http://127.0.0.1:4200/api\n',
    );
    expect((await setUp()).states).toEqual(['ctx done before', 'env done before']);
  });

  test('remembers what was chosen, and explains it', async () => {
    const { stdout } = await hawser.run(['setup', '--explain'], { cwd: project, env });
    expect(stdout).toMatch(/target +laptop +from \.hawser\/setup\.json/);
    expect(stdout).toMatch(/prefect-profile +hawser-local +from the preset local/);
    const other = await hawser.run(['setup', '--explain', '--target', 'b'], { cwd: project, env });
    expect(other.stdout).toMatch(/target +b +from a flag/);
  });

  test('goes on where it failed', async () => {
    const { port } = staging.address() as AddressInfo;
    await writeFile(
      join(project, 'tunnels.yaml'),
      `sets:
  staging:
    via: { kind: direct }
    tunnels:
      prefect: { local: 0, to: '127.0.0.1:${port}', probe: prefect, env: { PREFECT_API_URL: '{url}/api' } }
      marquez: { local: 0, to: '127.0.0.1:${port}', probe: marquez, env: { OPENLINEAGE_URL: '{url}' } }
`,
    );
    env['HAWSER_REGION'] = 'eu-west-1';
    env['HAWSER_ENDPOINT_URL'] = `http://127.0.0.1:${port}`;
    const failed = await setUp('--preset', 'staging');
    expect(failed).toMatchObject({
      exitCode: 1,
      json: { error: { code: 'HAWSER_SETUP_STEP_FAILED', details: { step: 'aws' } } },
    });
    env['AWS_ACCESS_KEY_ID'] = 'AKIDEXAMPLE';
    env['AWS_SECRET_ACCESS_KEY'] = 'secret';
    expect((await setUp()).states).toEqual(['net done before', 'aws done', 'ctx done', 'env done']);
    const status = await hawser.run(['net', 'status', '--json'], { cwd: project, env });
    const tunnels = (status.json as { data: { tunnels: { spec: { name: string }; local: { port: number } }[] } }).data
      .tunnels;
    const prefect = tunnels.find(({ spec }) => spec.name === 'prefect');
    const written = await readFile(join(project, '.env.staging'), 'utf8');
    expect(written).toContain(`PREFECT_API_URL=http://127.0.0.1:${prefect?.local.port}/api\n`);
    expect((await setUp()).states).toEqual(['net done before', 'aws done', 'ctx done before', 'env done before']);
  });

  test('says that uv is not there', async () => {
    const PATH = join(project, 'empty');
    const argv = ['setup', '--preset', 'local', '--uv-extras', 'dev', '--json'];
    expect(await hawser.run(argv, { cwd: project, env: { ...env, PATH } })).toMatchObject({
      exitCode: 1,
      json: { error: { code: 'HAWSER_SETUP_STEP_FAILED', details: { step: 'deps', exitCode: 127 } } },
    });
  });

  describeReal('uv', (path) => {
    test('installs the Python project of the folder, once', async () => {
      const python = join(hawser.home, 'python');
      await mkdir(join(python, '.git'), { recursive: true });
      await mkdir(join(python, 'src/p'), { recursive: true });
      await writeFile(join(python, 'src/p/__init__.py'), '');
      const toml =
        '[project]\nname = "p"\nversion = "1"\nrequires-python = ">=3.9"\n[project.optional-dependencies]\ndev = []\n[build-system]\nrequires = ["uv_build"]\nbuild-backend = "uv_build"\n';
      await writeFile(join(python, 'pyproject.toml'), toml);
      const uv = {
        PATH: `${dirname(path('uv'))}${delimiter}${process.env['PATH']}`,
        UV_OFFLINE: '1',
        UV_PYTHON_DOWNLOADS: 'never',
      };
      const again = async (): Promise<unknown> =>
        (await hawser.run(['setup', '--preset', 'local', '--uv-extras', 'dev', '--json'], { cwd: python, env: uv }))
          .json;
      const states = (json: unknown): string[] => (json as Steps).data.steps.map(({ state }) => state);
      expect(states(await again())).toEqual(['done', 'done', 'done']);
      expect(states(await again())).toEqual(['done before', 'done before', 'done before']);
      expect(await readdir(python)).toContain('.venv');
    });
  });

  test('says what is missing, and which presets there are', async () => {
    expect(await setUp('--preset', 'staging-ssm')).toMatchObject({
      exitCode: 2,
      json: { error: { code: 'HAWSER_SETUP_INCOMPLETE', hint: expect.stringContaining('--host') } },
    });
    expect(await setUp('--preset', 'prod')).toMatchObject({
      exitCode: 2,
      json: { error: { code: 'HAWSER_SETUP_PRESET', hint: expect.stringContaining('staging-ssm') } },
    });
  });
});
