import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdir, readdir, readFile, readlink, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { defineDocument, openStore } from '@hawser/state-store';
import { currentProcess } from '@hawser/state-store/process';
import { useHawser } from '../support/hawser.js';
import { expectSchema } from '../support/schema.js';

const hawser = useHawser();
const callers = new Set<Socket>();
const silent = createServer((socket) => callers.add(socket.on('error', () => {})));
/** An address where somebody listens and nobody answers. */
let deaf: string;
beforeAll(async () => {
  silent.listen(0, '127.0.0.1');
  await once(silent, 'listening');
  deaf = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
});
afterAll(() => {
  for (const socket of callers) socket.destroy();
  silent.close();
});

interface Report {
  readonly id: string;
  readonly topic: string;
  readonly state: string;
  readonly found: string;
  readonly next?: string;
  readonly neededFor: string;
  readonly mended?: string;
  readonly plugin?: string;
}

interface Place {
  readonly env: Record<string, string>;
  readonly config: string;
  readonly data: string;
  readonly project: string;
}

/** Folders of a person of their own. */
async function person(name: string): Promise<Place> {
  const home = join(hawser.home, name);
  const [config, data, project, temp] = ['config', 'data', 'project', 'temp'].map((part) => join(home, part)) as [
    string,
    string,
    string,
    string,
  ];
  for (const folder of [config, data, join(project, '.hawser'), temp])
    await mkdir(folder, { recursive: true, mode: 0o700 });
  const env = {
    HOME: home,
    TMPDIR: temp,
    HAWSER_CONFIG_DIR: config,
    HAWSER_DATA_DIR: data,
    HAWSER_CACHE_DIR: join(home, 'cache'),
  };
  return { env, config, data, project };
}

async function examine(
  { env, project }: Place,
  args: readonly string[],
  more: Record<string, string> = {},
): Promise<{ reports: ReadonlyMap<string, Report>; exitCode: number; stdout: string }> {
  const { json, exitCode, stdout, stderr } = await hawser.run(['doctor', '--json', ...args], {
    env: { ...env, ...more },
    cwd: project,
  });
  expect(stderr).toBe('');
  expect(json).toMatchObject({ ok: true });
  const { data } = json as { data: { checks: Report[] } };
  expectSchema('doctor', data);
  return { reports: new Map(data.checks.map((report) => [report.id, report])), exitCode, stdout };
}

/** Every file below a folder: its mode and its bytes. */
async function everything(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const found = entries.map(async (entry) => {
    const path = join(entry.parentPath, entry.name);
    if (entry.isSymbolicLink()) return [path, await readlink(path)];
    const mode = ((await stat(path)).mode & 0o777).toString(8);
    const bytes = entry.isFile()
      ? createHash('sha256')
          .update(await readFile(path))
          .digest('hex')
      : '';
    return [path, `${mode} ${bytes}`];
  });
  return Object.fromEntries(await Promise.all(found)) as Record<string, string>;
}

test('looks at every topic; what is not in use is no failure, and what is amiss says what to do', async () => {
  const place = await person('newcomer');
  const before = await everything(hawser.home);
  const { reports, exitCode } = await examine(place, []);
  const all = [...reports.values()];
  const topics = [...new Set(all.map(({ topic }) => topic))];
  expect(topics).toEqual(['hawser', 'ssm', 'net', 'ctx', 'env', 'exec', 'sessions', 'hf', 'arc', 'plugins']);
  for (const { id, state, neededFor, next = '' } of all) {
    expect([id, neededFor]).toEqual([id, expect.stringMatching(/\S/)]);
    if (state === 'warn' || state === 'fail') expect([id, next]).toEqual([id, expect.stringMatching(/\S/)]);
  }
  const idle = [
    'aws-identity',
    'net-supervisor',
    'tunnels-file',
    'context',
    'sessions-service',
    'hf-hub',
    'github-token',
    'cluster',
    'plugins',
  ];
  expect(idle.map((id) => reports.get(id)?.state)).toEqual(idle.map(() => 'skip'));
  expect(reports.get('exec-backend')).toMatchObject({ state: 'ok' });
  expect(exitCode).toBe(0);
  // It has looked, and that is all.
  expect(await everything(hawser.home)).toEqual(before);
});

test('looks at one topic, and knows which are meant', async () => {
  const place = await person('narrow');
  const { reports } = await examine(place, ['net']);
  expect([...reports.keys()]).toEqual(['ssh', 'net-supervisor', 'tunnels-file']);
  const { stderr, exitCode } = await hawser.run(['doctor', 'sesions'], { env: place.env });
  expect(stderr).toBe("✗ There is no topic 'sesions'.\n  Did you mean hawser doctor sessions?\n");
  expect(exitCode).toBe(2);
});

test('waits for nobody longer than --timeout', async () => {
  const place = await person('offline');
  await writeFile(join(place.config, 'sessions.json'), JSON.stringify({ url: deaf, api_key: 'sk-of-sessions' }), {
    mode: 0o600,
  });
  await writeFile(
    join(place.project, 'kubeconfig'),
    JSON.stringify({
      'current-context': 'c',
      contexts: [{ name: 'c', context: { cluster: 'k', user: 'u' } }],
      clusters: [{ name: 'k', cluster: { server: deaf.replace('http:', 'https:') } }],
      users: [{ name: 'u', user: {} }],
    }),
  );
  const { reports, exitCode } = await examine(place, ['--timeout', '400ms'], {
    HAWSER_EXEC_ENDPOINT: deaf,
    HAWSER_EXEC_API_KEY: 'key-of-executions',
    HF_ENDPOINT: deaf,
    HF_TOKEN: 'hf_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
    GITHUB_API_URL: deaf,
    GH_TOKEN: 'token-of-github',
    KUBECONFIG: join(place.project, 'kubeconfig'),
    AWS_ENDPOINT_URL: deaf,
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'the-secret-of-the-access-key',
  });
  const waited = ['aws-identity', 'exec-backend', 'sessions-service', 'hf-hub', 'github-token', 'cluster'];
  for (const id of waited) {
    expect(reports.get(id)).toMatchObject({ state: 'fail', found: 'no answer within 0.4 s' });
    expect(reports.get(id)?.next).toBeTruthy();
  }
  expect(exitCode).toBe(1);
});

describe('--fix', () => {
  test('mends what is ours, says what it did, and touches nothing else', async () => {
    const place = await person('untidy');
    const at = (name: string): string => join(place.project, name);
    const dead = { ...(await currentProcess()), start: '1' };
    await chmod(place.config, 0o755);
    await writeFile(join(place.config, 'config.yaml'), 'backends: {}\n');
    await chmod(join(place.config, 'config.yaml'), 0o644);
    await writeFile(at('.env.staging'), '# hawser:begin env target=staging format=portable\n# hawser:end env\n');
    await writeFile(at('.env.foreign'), 'A=1\n');
    for (const name of ['.env.staging', '.env.foreign']) await chmod(at(name), 0o644);
    const owner = { ...dead, nonce: 'a'.repeat(32), tool: 'hawser net', at: '2026-01-01T00:00:00.000Z' };
    await symlink(JSON.stringify({ ...owner, ...(await currentProcess()) }), at('.hawser/env.json.lock'));
    const supervisor = { instance: '0'.repeat(16), identity: dead, socket: at('s'), startedAt: owner.at };
    const tunnel = {
      name: 'prefect',
      set: 'staging',
      via: 'direct',
      to: 'p:1',
      env: {},
      createdAt: owner.at,
      local: { host: '127.0.0.1', port: 1 },
    };
    const net = defineDocument<object>({
      name: 'net',
      version: 2,
      migrations: { 1: (old) => old, 2: (old) => old },
      keep: 1,
      schema: { type: 'object' },
      default: () => ({}),
    });
    await openStore({ from: place.project, env: { HAWSER_STATE_DIR: at('.hawser') } })
      .document(net)
      .update(() => ({ supervisor, tunnels: [tunnel], ports: {} }));
    await symlink(JSON.stringify(owner), at('.hawser/net.json.lock'));
    const scratch = join(place.env['TMPDIR'] ?? '', 'hawser-d-abcdef');
    const [foreign, fresh] = [`${scratch}.bak`, join(place.env['TMPDIR'] ?? '', 'hawser-d-fresh1')];
    for (const folder of [scratch, foreign, fresh]) await mkdir(folder);
    for (const folder of [scratch, foreign]) await utimes(folder, 1, 1);

    const seen = await everything(hawser.home);
    const looked = await examine(place, []);
    const ill = ['config-folder', 'leftovers', 'net-supervisor', 'env-files'];
    for (const id of ill) expect([id, looked.reports.get(id)?.state]).toEqual([id, 'warn']);
    expect(await everything(hawser.home)).toEqual(seen);

    const { reports } = await examine(place, ['--fix']);
    for (const id of ill) expect([id, reports.get(id)?.mended]).toEqual([id, expect.stringMatching(/\S/)]);
    for (const id of ['config-folder', 'leftovers', 'env-files'])
      expect([id, reports.get(id)?.state]).toEqual([id, 'ok']);
    expect(reports.get('net-supervisor')).toMatchObject({ state: 'skip', mended: 'took prefect off the record' });
    const left = await everything(hawser.home);
    const changed = Object.keys(seen).filter((path) => seen[path] !== left[path]);
    expect(changed.toSorted()).toEqual(
      [
        place.config,
        join(place.config, 'config.yaml'),
        at('.env.staging'),
        at('.hawser/net.json'),
        at('.hawser/net.json.lock'),
        scratch,
      ].toSorted(),
    );
    expect(await readlink(at('.hawser/env.json.lock'))).toContain(owner.nonce);
    for (const folder of [foreign, fresh]) expect((await stat(folder)).isDirectory()).toBe(true);
  });

  test('does not make private what others could have changed', async () => {
    const place = await person('shared');
    const path = join(place.config, 'sessions.json');
    await writeFile(path, '{}');
    await chmod(path, 0o666);
    const { reports, exitCode } = await examine(place, ['hawser', '--fix']);
    expect(reports.get('config-folder')).toMatchObject({ state: 'fail', next: expect.stringContaining('Look at') });
    expect(reports.get('config-folder')?.mended).toBeUndefined();
    expect([exitCode, (await stat(path)).mode & 0o777]).toEqual([1, 0o666]);
  });
});

test('what it says can be pasted: no secret of environment, files and addresses is in it', async () => {
  const place = await person('keeper');
  const secrets = {
    exec: 'planted-exec-key',
    sessions: 'planted-sess',
    login: 'planted-login-of-url',
    query: 'planted-signature',
    github: 'planted-github',
    hub: 'planted-hub-token',
    aws: 'planted/aws/secret',
    vault: 'planted-vault',
  };
  await writeFile(
    join(place.config, 'config.yaml'),
    `backends:\n  prod:\n    api_endpoint: https://${secrets.login}@127.0.0.1:1/x?api_key=${secrets.query}\n    api_key: ${secrets.exec}\n`,
    { mode: 0o600 },
  );
  await writeFile(
    join(place.config, 'sessions.json'),
    JSON.stringify({ url: `https://me:${secrets.login}@127.0.0.1:1`, api_key: secrets.sessions }),
    { mode: 0o600 },
  );
  await mkdir(join(place.env['HOME'] ?? '', '.cache/huggingface'), { recursive: true });
  await writeFile(join(place.env['HOME'] ?? '', '.cache/huggingface/token'), secrets.hub);
  const more = {
    GITHUB_API_URL: `http://${secrets.login}@127.0.0.1:1/?sig=${secrets.query}`,
    GH_TOKEN: secrets.github,
    HF_ENDPOINT: `http://x:${secrets.login}@127.0.0.1:1`,
    VAULT_TOKEN: secrets.vault,
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
    AWS_SECRET_ACCESS_KEY: secrets.aws,
    AWS_ENDPOINT_URL: `http://me:${secrets.login}@127.0.0.1:1`,
  };
  const { stdout, reports } = await examine(place, ['--timeout', '2s'], more);
  const { stdout: text, stderr } = await hawser.run(['doctor', '--debug', '--timeout', '2s'], {
    env: { ...place.env, ...more },
    cwd: place.project,
  });
  // Each of these has something to say of what holds secrets.
  for (const id of ['exec-backend', 'sessions-service', 'hf-hub', 'github-token']) {
    expect([id, reports.get(id)?.state]).toEqual([id, 'fail']);
  }
  for (const secret of Object.values(secrets)) {
    expect(stdout).not.toContain(secret);
    expect(text).not.toContain(secret);
    expect(stderr).not.toContain(secret);
  }
});

test('checks of plugins are asked; one that is broken is a warning that names its plugin', async () => {
  const place = await person('extended');
  const root = join(place.env['HOME'] ?? '', 'plugin');
  await mkdir(root);
  const check = (id: string, look: string): string =>
    `export const extension = { id: '${id}', title: '${id}', topic: 'net', neededFor: 'trying', look: async () => { ${look} } };\n`;
  await writeFile(
    join(root, 'good.js'),
    check('good', "return { state: 'fail', found: 'no cable', next: 'plug it in' }"),
  );
  await writeFile(join(root, 'bad.js'), check('bad', "throw new Error('boom')"));
  await writeFile(join(root, 'slow.js'), check('slow', 'await new Promise(() => setInterval(() => {}, 1000))'));
  await writeFile(join(root, 'syntax.js'), 'export const extension = {');
  await writeFile(
    join(root, 'package.json'),
    JSON.stringify({
      name: 'hawser-plugin-planted',
      version: '1.0.0',
      type: 'module',
      oclif: { commands: './commands' },
      hawser: {
        extensions: {
          'doctor-check': { good: './good.js', bad: './bad.js', slow: './slow.js', syntax: './syntax.js' },
        },
      },
    }),
  );
  await writeFile(
    join(place.data, 'package.json'),
    JSON.stringify({ oclif: { schema: 1, plugins: [{ name: 'hawser-plugin-planted', type: 'link', root }] } }),
  );
  const { json, exitCode } = await hawser.run(['doctor', 'net', '--json', '--timeout', '1s'], {
    env: place.env,
    cwd: place.project,
  });
  const { checks } = (json as { data: { checks: Report[] } }).data;
  const added = checks.filter(({ plugin }) => plugin === 'hawser-plugin-planted');
  expect(added.find(({ id }) => id === 'good')).toMatchObject({ state: 'fail', found: 'no cable', next: 'plug it in' });
  expect(exitCode).toBe(1);
  for (const id of ['bad', 'slow', 'syntax']) {
    const report = added.find((each) => each.id === id);
    expect(report).toMatchObject({ state: 'warn', found: expect.stringContaining('hawser-plugin-planted') });
  }
  expect(checks.find(({ id }) => id === 'ssh')).toBeDefined();
});
