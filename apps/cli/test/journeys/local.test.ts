import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { CreateClusterCommand, ECSClient, ListClustersCommand } from '@aws-sdk/client-ecs';
import {
  DescribeInstanceInformationCommand,
  GetParameterCommand,
  PutParameterCommand,
  SSMClient,
} from '@aws-sdk/client-ssm';
import { createRepo, spaceInfo, uploadFile } from '@huggingface/hub';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { CoreV1Api, KubeConfig } from '@kubernetes/client-node';
import { parse } from 'yaml';
import { gone, patient } from '../../../../test/support/patience.js';
import { target } from '../support/emulator.js';
import { bin, useHawser } from '../support/hawser.js';
import { expectSchema } from '../support/schema.js';

// The SDK would print its plans for Node 20 among the results.
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';

afterAll(async () => {
  await hawser.run(['local', 'down', '--purge', '--yes']);
});
// Its folder is taken away after what is registered above.
const hawser = useHawser();
const names = ['ssm', 'aws', 'kube', 'hub', 'exec', 'sessions'];

interface Up {
  readonly pid: number;
  readonly parts: readonly { readonly name: string; readonly url: string }[];
  readonly env: Readonly<Record<string, string>>;
  readonly folder: string;
  readonly wasRunning: boolean;
  readonly recovered: boolean;
}

async function data<T>(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<T> {
  const { json, stderr, stdout } = await hawser.run([...args, '--json'], { env });
  const answer = json as { readonly ok: boolean; readonly data: T } | undefined;
  if (!answer || !('data' in answer)) throw new Error(`${args.join(' ')}: ${stdout}${stderr}`);
  return answer.data;
}

/** A script in which `hawser` is a command, pointed at the stack by the one line. */
function script(text: string): { readonly code: number | null; readonly stdout: string; readonly stderr: string } {
  const { status, stdout, stderr } = spawnSync('sh', ['-c', `eval "$(hawser local env)"\n${text}`], {
    cwd: hawser.home,
    encoding: 'utf8',
    env: {
      HOME: hawser.home,
      TMPDIR: hawser.temp,
      PATH: `${hawser.home}:${process.env['PATH']}`,
      AWS_PROFILE: 'elsewhere',
    },
  });
  return { code: status, stdout, stderr };
}

let up: Up;
beforeAll(async () => {
  writeFileSync(join(hawser.home, 'hawser'), `#!/bin/sh\nexec '${process.execPath}' '${bin}' "$@"\n`, { mode: 0o755 });
  up = await data<Up>(['local', 'up', '--run', 'busybox']);
});

describe('the stack', () => {
  test('is up when every part answers, for its owner only, and says so again', async () => {
    expectSchema('local-up', up);
    expect(up.parts.map(({ name }) => name)).toEqual(names);
    expect(up).toMatchObject({ wasRunning: false, recovered: false });
    const status = await data<{ state: string; parts: { state: string }[] }>(['local', 'status']);
    expectSchema('local-status', status);
    expect([status.state, status.parts.map(({ state }) => state)]).toEqual(['up', names.map(() => 'answers')]);
    expect(await data<Up>(['local', 'up'])).toEqual({ ...up, wasRunning: true });
    const open = readdirSync(up.folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /key|stack\.json|kubeconfig|secret|\.pem$/.test(entry.name))
      .filter((entry) => (statSync(join(entry.parentPath, entry.name)).mode & 0o077) !== 0);
    expect(open.map(({ name }) => name)).toEqual([]);
    expect(statSync(up.folder).mode & 0o077).toBe(0);
  });

  test('is what official clients meet by one line of environment', async () => {
    const { AWS_ENDPOINT_URL: endpoint = '', AWS_REGION: region = '' } = up.env;
    const credentials = {
      accessKeyId: up.env['AWS_ACCESS_KEY_ID'] ?? '',
      secretAccessKey: up.env['AWS_SECRET_ACCESS_KEY'] ?? '',
    };
    const ssm = new SSMClient({ endpoint, region, credentials });
    const { InstanceInformationList: nodes = [] } = await ssm.send(new DescribeInstanceInformationCommand({}));
    expect(nodes.map(({ InstanceId }) => InstanceId)).toContain(target);
    // Of one service, behind one address, in two emulators.
    await ssm.send(new PutParameterCommand({ Name: '/a', Value: 'b', Type: 'String' }));
    expect((await ssm.send(new GetParameterCommand({ Name: '/a' }))).Parameter?.Value).toBe('b');
    const ecs = new ECSClient({ endpoint, region, credentials });
    await ecs.send(new CreateClusterCommand({ clusterName: 'jobs' }));
    expect((await ecs.send(new ListClustersCommand({}))).clusterArns).toHaveLength(1);

    const config = new KubeConfig();
    config.loadFromFile(up.env['KUBECONFIG'] ?? '');
    const { items } = await config.makeApiClient(CoreV1Api).listNamespace();
    expect(items.map(({ metadata }) => metadata?.name)).toContain('default');

    const hub = { hubUrl: up.env['HF_ENDPOINT'] ?? '', accessToken: up.env['HF_TOKEN'] ?? '' };
    const repo = { type: 'space', name: 'hawser/echo' } as const;
    await createRepo({ ...hub, repo, sdk: 'docker' });
    await uploadFile({ ...hub, repo, file: { path: 'Dockerfile', content: new Blob(['FROM scratch\n']) } });
    expect(await spaceInfo({ ...hub, name: repo.name })).toMatchObject({ name: repo.name, sdk: 'docker' });
  });

  test('is what every topic meets by that line, evaluated in a shell', () => {
    const { code, stdout, stderr } = script(`
      hawser ssm run ${target} -- sh -c 'echo reached; exit 7'; echo "ssm $?"
      hawser exec --no-repo "echo ran; exit 3"; echo "exec $?"
      hawser sessions run -- sh -c 'echo streamed; exit 4'; echo "sessions $?"
      hawser hf status hawser/echo >/dev/null; echo "hf $?"
      hawser aws check >/dev/null; echo "aws $?"
    `);
    expect([stdout.replaceAll('\r', '').split('\n'), code, stderr]).toEqual([
      ['reached', 'ssm 7', 'ran', 'exec 3', 'streamed', 'sessions 4', 'hf 0', 'aws 0', ''],
      0,
      expect.any(String),
    ]);
  });

  test('signs receipts that verify knows the signer of, with nothing configured', () => {
    const { code, stdout } = script(`
      hawser exec --no-repo --receipt run.json "echo signed" >/dev/null 2>&1; echo "exec $?"
      hawser verify run.json
    `);
    expect([stdout, code]).toEqual([expect.stringMatching(/^exec 0\n[^]*that of the local stack/), 0]);
  });

  test('writes its variables for shells, env files and GitHub Actions alike', async () => {
    const written = async (format: string): Promise<string> =>
      (await hawser.run(['local', 'env', '--format', format])).stdout;
    expectSchema('local-env', await data(['local', 'env']));
    expect(parseEnv(await written('dotenv'))).toEqual(up.env);
    expect(
      Object.fromEntries(
        (await written('github'))
          .trim()
          .split('\n')
          .map((line) => line.split(/=(.*)/, 2)),
      ),
    ).toEqual(up.env);
    const printed = execFileSync('sh', ['-c', `${await written('shell')}\nprintf %s "$KUBECONFIG"; env -0`], {
      encoding: 'utf8',
      env: { PATH: process.env['PATH'], AWS_PROFILE: 'elsewhere' },
    });
    for (const [name, value] of Object.entries(up.env)) expect(printed).toContain(`${name}=${value}\0`);
    expect(printed).not.toContain('AWS_PROFILE');
    expect(await written('fish')).toContain(`set -gx HF_ENDPOINT '${up.env['HF_ENDPOINT']}'`);
    const proxied = await data<{ env: Record<string, string> }>(['local', 'env'], { HTTPS_PROXY: 'http://proxy:1' });
    expect(proxied.env['NO_PROXY']).toBe('127.0.0.1,localhost');
  });

  test('keeps Spaces, executions, sessions and ports when it is killed, and the next up takes over', async () => {
    const { sessionId } = await data<{ sessionId: string }>(['sessions', 'create', 'echo begun; sleep 600'], up.env);
    const { HAWSER_SESSIONS_URL: service, HAWSER_SESSIONS_API_KEY: key } = up.env;
    const begun = await fetch(`${service}/api/sessions/${sessionId}/wait?pattern=begun&timeout=50`, {
      headers: { authorization: `Bearer ${key}` },
    });
    expect(begun.status).toBe(200);
    process.kill(up.pid, 'SIGKILL');
    await patient(gone(up.pid), () => 'The stack does not die.');
    const { exitCode, json } = await hawser.run(['local', 'status', '--json']);
    expect([exitCode, json]).toEqual([
      1,
      expect.objectContaining({ data: expect.objectContaining({ state: 'died' }) }),
    ]);
    const env = await hawser.run(['local', 'env', '--json']);
    expect([env.exitCode, env.json]).toEqual([
      1,
      expect.objectContaining({ error: expect.objectContaining({ code: 'HAWSER_LOCAL_NOT_RUNNING' }) }),
    ]);

    const again = await data<Up>(['local', 'up', '--run', 'busybox']);
    expect(again).toMatchObject({ recovered: true, wasRunning: false, parts: up.parts, env: up.env });
    const space = await spaceInfo({
      hubUrl: up.env['HF_ENDPOINT'] ?? '',
      accessToken: up.env['HF_TOKEN'] ?? '',
      name: 'hawser/echo',
    });
    expect(space.sdk).toBe('docker');
    const { executions } = await data<{ executions: { command: string }[] }>(['exec', 'list'], up.env);
    expect(executions.map(({ command }) => command)).toEqual(['echo signed', 'echo ran; exit 3']);
    // It has gone on meanwhile.
    const { sessions } = await data<{ sessions: unknown }>(['sessions', 'list'], up.env);
    expect(sessions).toContainEqual(expect.objectContaining({ sessionId, state: 'running' }));
    up = again;
  });

  test('down ends it with what runs there; what it kept is there after the next up', async () => {
    const down = await data<{ pid: number }>(['local', 'down']);
    expectSchema('local-down', down);
    expect(down).toEqual({ pid: up.pid, purged: false });
    await patient(gone(up.pid), () => 'The stack is not gone.');
    if (process.platform === 'linux') expect(processesIn(up.folder)).toEqual([]);
    const { exitCode } = await hawser.run(['local', 'status']);
    expect(exitCode).toBe(1);
    expect(await data(['local', 'down'])).toEqual({ pid: null, purged: false });
    const again = await data<Up>(['local', 'up', '--without', 'ssm', '--without', 'kube']);
    expect(again.parts).toEqual(up.parts.filter(({ name }) => !['ssm', 'kube'].includes(name)));
    const sessions = await data<{ sessions: { state: string }[] }>(['sessions', 'list'], again.env);
    expect(sessions.sessions.map(({ state }) => state)).not.toContain('running');
  });

  test('one with other parts is not changed under those who use it: HAWSER_LOCAL_OTHER_PARTS', async () => {
    const { exitCode, json } = await hawser.run(['local', 'up', '--json']);
    expect([exitCode, json]).toMatchObject([
      2,
      {
        error: {
          code: 'HAWSER_LOCAL_OTHER_PARTS',
          message: 'The stack runs already, without ssm, kube.',
          hint: 'hawser local down ends it; then start it as you want it.',
        },
      },
    ]);
  });

  test('its log says what was asked of each part', async () => {
    const { stdout } = await hawser.run(['local', 'logs', '--part', 'hub', '--json']);
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { part: string; text: string });
    expectSchema('local-logs', lines[0]);
    expect(new Set(lines.map(({ part }) => part))).toEqual(new Set(['hub']));
    expect(lines.map(({ text }) => text)).toContain('POST /api/repos/create 200');
    const following = hawser.start(['local', 'logs', '--follow', '--part', 'exec']);
    await following.until(/listens at/);
    await data(['exec', 'list'], {
      HAWSER_EXEC_ENDPOINT: up.env['HAWSER_EXEC_ENDPOINT'] ?? '',
      HAWSER_EXEC_API_KEY: up.env['HAWSER_EXEC_API_KEY'] ?? '',
    });
    await following.until(/GET \/executions 200/);
    following.kill('SIGINT');
    expect(await following.ended).toMatchObject({ exitCode: 130 });
  });
});

describe('a stack of its own', () => {
  const own = (name: string): { readonly HAWSER_LOCAL_DIR: string } => ({ HAWSER_LOCAL_DIR: join(hawser.home, name) });

  test('does not start where a port is taken, says which, and leaves nothing: HAWSER_LOCAL_FAILED', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    const env = own('taken');
    try {
      const { exitCode, json } = await hawser.run(
        ['local', 'up', '--only', 'exec', '--only', 'hub', '--port', `hub=${port}`, '--json'],
        { env },
      );
      expect([exitCode, json]).toMatchObject([
        1,
        {
          error: {
            code: 'HAWSER_LOCAL_FAILED',
            message: expect.stringContaining(String(port)),
            hint: expect.any(String),
          },
        },
      ]);
    } finally {
      taken.close();
    }
    expect(await data(['local', 'status'], env)).toMatchObject({ state: 'down', parts: [] });
    // Two at once are one.
    const [one, other] = await Promise.all(
      [0, 1].map(() => data<Up>(['local', 'up', '--only', 'hub', '--port', `hub=${port}`], env)),
    );
    expect(new Set([one?.pid, other?.pid]).size).toBe(1);
    expect(new Set([one?.wasRunning, other?.wasRunning])).toEqual(new Set([false, true]));
    expect(one?.parts).toEqual([{ name: 'hub', url: `http://127.0.0.1:${port}` }]);
    const kept = await hawser.run(['local', 'down', '--purge', '--json'], { env });
    expect([kept.exitCode, kept.json]).toMatchObject([2, { error: { code: 'HAWSER_CLI_NOT_INTERACTIVE' } }]);
    expect(await data(['local', 'down', '--purge', '--yes'], env)).toEqual({ pid: one?.pid, purged: true });
    expect(readdirSync(hawser.home)).not.toContain('taken');
  });

  test('whose folder cannot be made, or whose flags make no sense, is refused in words', async () => {
    writeFileSync(join(hawser.home, 'file'), '');
    const broken = await hawser.run(['local', 'up', '--json'], { env: own('file/below') });
    expect([broken.exitCode, broken.json]).toMatchObject([
      1,
      { error: { code: 'HAWSER_LOCAL_FAILED', hint: expect.stringContaining('HAWSER_LOCAL_DIR') } },
    ]);
    for (const words of [
      ['--port', 'hub'],
      ['--port', 'kube=70000'],
      ['--only', 'hub', '--without', 'hub'],
    ]) {
      const { exitCode, json } = await hawser.run(['local', 'up', ...words, '--json'], { env: own('refused') });
      expect([exitCode, json]).toMatchObject([2, { error: { code: 'HAWSER_CLI_USAGE' } }]);
    }
    mkdirSync(join(hawser.home, 'empty'));
    const logs = await hawser.run(['local', 'logs', '--json'], { env: own('empty') });
    expect([logs.exitCode, logs.json]).toMatchObject([1, { error: { code: 'HAWSER_LOCAL_NOT_RUNNING' } }]);
  });
});

/** A job of GitHub Actions, as far as its steps run commands. */
interface Workflow {
  readonly jobs: Readonly<
    Record<string, { readonly steps: readonly { readonly if?: string; readonly run?: string }[] }>
  >;
}

test('the example of a workflow does what it says, step by step', () => {
  const example = join(import.meta.dirname, '../../../../examples/ci-local-stack');
  const workflow = parse(readFileSync(join(example, 'workflow.yml'), 'utf8')) as Workflow;
  const steps = (workflow.jobs['test']?.steps ?? []).filter(
    // It is installed already; and what is for failures only is skipped, as it would be.
    (step) => step.run !== undefined && !step.run.startsWith('npm install') && step.if !== 'failure()',
  );
  expect(steps).toHaveLength(3);
  const variables = join(hawser.home, 'github-env');
  writeFileSync(variables, '');
  const said = steps.map(({ run }) => {
    const { status, stdout, stderr } = spawnSync('bash', ['-e', '-c', run ?? ''], {
      cwd: example,
      encoding: 'utf8',
      env: {
        HOME: hawser.home,
        TMPDIR: hawser.temp,
        PATH: `${hawser.home}:${process.env['PATH']}`,
        CI: 'true',
        GITHUB_ENV: variables,
        HAWSER_LOCAL_DIR: join(hawser.home, 'ci'),
        ...parseEnv(readFileSync(variables, 'utf8')),
      },
    });
    if (status !== 0) throw new Error(`${run} ended with ${status}: ${stdout}${stderr}`);
    return stdout;
  });
  expect(said[1]).toMatch(/all parts were met\n$/);
  expect(said[2]).toMatch(/^The stack has ended/);
  const guide = readFileSync(join(import.meta.dirname, '../../../../docs/how-to/run-the-local-stack.md'), 'utf8');
  expect(guide).toContain(readFileSync(join(example, 'workflow.yml'), 'utf8'));
});

/** Processes that name the folder in their words or their environment. */
function processesIn(folder: string): readonly string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      return ['cmdline', 'environ'].some((file) => readFileSync(`/proc/${pid}/${file}`, 'latin1').includes(folder));
    } catch {
      return false;
    }
  });
}
