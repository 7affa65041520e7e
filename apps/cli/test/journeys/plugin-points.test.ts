import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { HawserEnd } from '@hawser/cli-kit/testing';
import { useHawser } from '../support/hawser.js';
import { startRegistry } from '../support/registry.js';

// What docs/how-to/extend-hawser.md says is what is done here.
const repository = join(import.meta.dirname, '../../../..');
const points = {
  doctor: 'doctor-check',
  rule: 'hf-rule',
  runner: 'exec-runner',
  source: 'session-source',
  template: 'hf-template',
  tunnel: 'tunnel-provider',
  verifier: 'receipt-verifier',
};
const names = Object.keys(points).map((each) => `hawser-plugin-${each}`);

// Before the folder that the supervisor works in is removed.
afterAll(async () => {
  await run('net', 'down', '--all');
  for (const socket of sockets) socket.destroy();
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
});

const hawser = useHawser();
let env: Readonly<Record<string, string>>;
let project: string;
const servers: Server[] = [];
/** A server forgets those that became tunnels. */
const sockets = new Set<Socket>();

/** Runs a command in the project. */
async function run(...args: readonly string[]): Promise<HawserEnd> {
  return await hawser.run(args, { env, cwd: project });
}

async function listening(server: Server): Promise<number> {
  servers.push(server);
  server.on('connection', (socket) => sockets.add(socket));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return (server.address() as AddressInfo).port;
}

/** Modules of the broken plugin that were imported since this was asked last. */
async function imported(): Promise<readonly string[]> {
  const path = join(hawser.home, 'imported');
  const said = existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n') : [];
  await rm(path, { force: true });
  return [...new Set(said)];
}

beforeAll(async () => {
  project = join(hawser.home, 'project');
  await mkdir(project);
  const temp = await mkdtemp(join(tmpdir(), 'hawser-points-'));
  try {
    await using registry = await startRegistry(
      names.map((name) => join(repository, 'examples', name)),
      temp,
    );
    env = {
      XDG_DATA_HOME: join(hawser.home, 'data'),
      HAWSER_NPM_REGISTRY: registry.url,
      npm_config_registry: registry.url,
      npm_config_cache: join(temp, 'npm'),
      npm_config_userconfig: join(temp, 'npmrc'),
      npm_config_update_notifier: 'false',
    };
    expect(await run('plugins', 'install', ...names)).toMatchObject({ exitCode: 0 });
  } finally {
    await rm(temp, { recursive: true, force: true });
  }
  // One more, whose every module says that it was imported, and is broken.
  const broken = join(hawser.home, 'hawser-plugin-broken');
  const extensions = Object.fromEntries(
    Object.values(points).map((point) => [point, { broken: './gone.mjs', torn: `./${point}.mjs` }]),
  );
  await mkdir(broken);
  const manifest = {
    name: 'hawser-plugin-broken',
    version: '1.0.0',
    type: 'module',
    oclif: {},
    hawser: { extensions },
  };
  await writeFile(join(broken, 'package.json'), JSON.stringify(manifest));
  for (const point of Object.values(points)) {
    const note = `import { appendFileSync } from 'node:fs';
appendFileSync(${JSON.stringify(join(hawser.home, 'imported'))}, '${point}\\n');
throw new Error('torn');
`;
    await writeFile(join(broken, `${point}.mjs`), note);
  }
  expect(await run('plugins', 'link', '--no-install', broken)).toMatchObject({ exitCode: 0 });
  expect(await imported()).toEqual([]);
}, 180_000);

describe('what plugins add beside commands, from their packed tarballs, next to one that is broken', () => {
  test('a template and a rule for hf', async () => {
    expect(await run('hf', 'init', 'my_env', '--template', 'counter', '--json')).toMatchObject({
      exitCode: 0,
      json: { data: { template: 'counter' } },
    });
    expect(await imported()).toEqual([]);
    const judged = await run('hf', 'validate', 'my_env', '--json');
    const rule = 'hawser-plugin-rule/licence';
    const { data, warnings } = judged.json as {
      readonly data: { readonly findings: readonly object[]; readonly skipped: readonly object[] };
      readonly warnings: readonly string[];
    };
    expect(judged.exitCode).toBe(1);
    expect(data.findings[0]).toMatchObject({ rule, severity: 'error', message: 'There is no licence.' });
    expect(data.skipped).toContainEqual({ rule: 'hawser-plugin-broken/torn', reason: 'its plugin is broken' });
    expect(warnings).toContainEqual(
      "The plugin hawser-plugin-broken could not be loaded from ./hf-rule.mjs: torn (its hf-rule 'torn').",
    );
    expect(await imported()).toEqual(['hf-rule']);
    await writeFile(join(project, 'my_env/LICENSE'), 'MIT\n');
    expect(await run('hf', 'validate', 'my_env')).toMatchObject({ exitCode: 0 });
    await imported();
    expect(await run('hf', 'init', 'other', '--template', 'countr')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('Did you mean counter?') as unknown,
    });
    expect(await run('hf', 'init', 'other', '--template', 'torn', '--json')).toMatchObject({
      exitCode: 1,
      json: { error: { code: 'HAWSER_CLI_EXTENSION_BROKEN', details: { plugin: 'hawser-plugin-broken' } } },
    });
    expect(await imported()).toEqual(['hf-template']);
  }, 60_000);

  test('a runner for exec, and what is said where there is none', async () => {
    const nice = await run('exec', '--local', '--no-repo', '--runner', 'nice', 'nice; exit 3');
    expect([nice.stdout, nice.exitCode]).toEqual(['19\n', 3]);
    expect(nice.stderr).toContain('Isolation: nice: A process of yours with the lowest priority');
    expect(await imported()).toEqual([]);
    const torn = await run('exec', '--local', '--no-repo', '--runner', 'torn', 'true');
    expect([torn.stderr, torn.exitCode]).toEqual([
      expect.stringContaining('The plugin hawser-plugin-broken could not be loaded from ./exec-runner.mjs: torn'),
      125,
    ]);
    expect(await imported()).toEqual(['exec-runner']);
    const mistyped = await run('exec', '--local', '--no-repo', '--runner', 'nicer', 'true');
    expect(mistyped.stderr).toContain("There is no runner 'nicer'. Did you mean nice?");
  }, 60_000);

  test('a check of the doctor, and a verifier', async () => {
    const doctor = await run('doctor', '--json');
    const text = JSON.stringify(doctor.json);
    expect(text).toContain('GiB');
    expect(text).toContain('hawser plugins uninstall hawser-plugin-broken');
    expect(await imported()).toEqual(['doctor-check']);

    await writeFile(join(project, 'file'), 'file\n');
    const digest = createHash('sha256').update('file\n').digest('hex');
    await writeFile(join(project, 'SUMS'), `${digest}  file\n`);
    const verified = await run('verify', 'SUMS', '--json');
    expect(verified.json).toMatchObject({ data: { kind: 'checksums', checked: [{ name: 'file', verdict: 'ok' }] } });
    await writeFile(join(project, 'file'), 'changed\n');
    expect(await run('verify', 'SUMS')).toMatchObject({
      exitCode: 1,
      stdout: expect.stringContaining('file has changed since it was listed.') as unknown,
    });
    expect(await imported()).toEqual(['receipt-verifier']);
  }, 60_000);

  test('a tunnel provider, in the supervisor', async () => {
    const far = await listening(createServer((_request, response) => response.end('far')));
    const proxy = await listening(
      createServer().on('connect', ({ url = '' }, socket) => {
        const [host = '', port = ''] = url.split(':');
        const out = connect({ host, port: Number(port) }, () => {
          socket.write('HTTP/1.1 200 OK\r\n\r\n');
          out.pipe(socket).pipe(out);
        });
        out.on('error', () => socket.destroy());
        socket.on('error', () => out.destroy());
      }),
    );
    const to = `127.0.0.1:${far}`;
    const sets = {
      office: {
        via: { kind: 'http-proxy', proxy: `127.0.0.1:${proxy}` },
        tunnels: { web: { to, probe: { http: '/' } } },
      },
      wrong: { via: { kind: 'http-proxy', prox: 1 }, tunnels: { b: { to } } },
      torn: { via: { kind: 'torn' }, tunnels: { c: { to } } },
    };
    await writeFile(join(project, 'tunnels.yaml'), JSON.stringify({ sets }));
    // Whoever can write the project's file does not decide what a plugin is told.
    expect(await run('net', 'up', 'office', '--json')).toMatchObject({
      json: { error: { code: 'HAWSER_NET_CONFIG_UNTRUSTED' } },
    });
    expect(await run('net', 'trust', '--yes')).toMatchObject({ exitCode: 0 });
    expect(await run('net', 'up', 'wrong', '--json')).toMatchObject({
      json: {
        error: {
          code: 'HAWSER_NET_CONFIG_INVALID',
          message: expect.stringContaining("via must have required property 'proxy'") as unknown,
        },
      },
    });
    expect(await run('net', 'up', 'office', '--dry-run')).toMatchObject({
      stdout: `# web: Connects through the proxy at 127.0.0.1:${proxy}.\n`,
    });
    expect(await imported()).toEqual([]);
    const up = await run('net', 'up', 'office', '--json');
    const { tunnels } = (up.json as { data: { tunnels: readonly { readonly local: { readonly port: number } }[] } })
      .data;
    const answer = await fetch(`http://127.0.0.1:${tunnels[0]?.local.port}/`);
    expect(await answer.text()).toBe('far');
    expect(await run('net', 'up', 'torn', '--json')).toMatchObject({
      json: { error: { code: 'HAWSER_CLI_EXTENSION_BROKEN' } },
    });
    expect(await imported()).toEqual(['tunnel-provider']);
    expect(await run('net', 'down', '--all')).toMatchObject({ exitCode: 0 });
  }, 60_000);

  test('a source for sessions, in the process of the session', async () => {
    const archive = execFileSync('tar', ['-czf', '-', '-C', project, 'my_env']);
    const port = await listening(
      createServer(({ url }, response) =>
        url === '/bucket/code.tar.gz' ? response.end(archive) : response.writeHead(404).end(),
      ),
    );
    const serving = hawser.start(['sessions', 'serve', '--port', '0', '--json'], { env, cwd: project });
    await serving.until(/"url"/);
    const ran = await run(
      'sessions',
      'run',
      '--source',
      `s3+http://127.0.0.1:${port}/bucket/code.tar.gz`,
      '--',
      'cat',
      'LICENSE',
    );
    expect([ran.stdout, ran.exitCode]).toEqual([expect.stringContaining('MIT'), 0]);
    const gone = await run(
      'sessions',
      'run',
      '--source',
      `s3+http://127.0.0.1:${port}/bucket/gone.tar.gz`,
      '--',
      'true',
    );
    expect([gone.stderr, gone.exitCode]).toEqual([
      expect.stringContaining(`hawser-plugin-source could not fetch the source: 127.0.0.1:${port} answered 404`),
      125,
    ]);
    expect(await imported()).toEqual([]);
    serving.kill('SIGTERM');
    await serving.ended;
  }, 60_000);

  test('a plugin of which nothing can be read breaks nothing', async () => {
    await writeFile(join(hawser.home, 'hawser-plugin-broken/package.json'), '{"name":');
    expect(await run('net', 'list', '--json')).toMatchObject({ exitCode: 0, stderr: '' });
    const help = await run('hf', 'validate', '--help');
    expect([help.exitCode, help.stderr]).toEqual([0, '']);
    expect(await run('exec', '--local', '--no-repo', '--runner', 'nice', 'true')).toMatchObject({ exitCode: 0 });
    expect(await run('plugins')).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('hawser-plugin-tunnel') as unknown,
    });
  }, 60_000);

  test('hooks of a plugin are called in their order, and what they throw in passing breaks nothing', async () => {
    const folder = join(hawser.home, 'hawser-plugin-hooks');
    await mkdir(folder);
    const hooks = ['init', 'prerun', 'postrun', 'finally', 'command_not_found'];
    const heard = join(hawser.home, 'heard');
    for (const hook of hooks) {
      const note = `require('node:fs').appendFileSync(${JSON.stringify(heard)}, '${hook}\\n');`;
      await writeFile(
        join(folder, `${hook}.cjs`),
        `module.exports = async () => { ${note} throw new Error('no'); };\n`,
      );
    }
    const named = Object.fromEntries(hooks.map((hook) => [hook, `./${hook}.cjs`]));
    const manifest = { name: 'hawser-plugin-hooks', version: '1.0.0', oclif: { hooks: named } };
    await writeFile(join(folder, 'package.json'), JSON.stringify(manifest));
    await run('plugins', 'link', '--no-install', folder);
    await rm(heard, { force: true });
    expect(await run('net', 'list', '--json')).toMatchObject({ exitCode: 0, json: { ok: true } });
    expect(readFileSync(heard, 'utf8').trim().split('\n')).toEqual(['init', 'prerun', 'postrun', 'finally']);
    expect(await run('plugins', 'unlink', 'hawser-plugin-hooks')).toMatchObject({ exitCode: 0 });
  }, 60_000);
});

describe('hawser plugins create', () => {
  test('makes plugins that pass their own tests at once, for a command and for every point', async () => {
    const folder = join(hawser.home, 'made');
    const make = async (name: string, ...more: readonly string[]): Promise<HawserEnd> =>
      await run('plugins', 'create', name, '--output', folder, ...more);
    expect(await make('@me/hawser-plugin-deploy', '--json')).toMatchObject({
      json: { data: { name: '@me/hawser-plugin-deploy', point: null, folder: join(folder, 'hawser-plugin-deploy') } },
    });
    await Promise.all(Object.values(points).map((point) => make(`hawser-plugin-${point}`, '--point', point)));
    // What npm install would put there.
    const modules = join(folder, 'node_modules');
    await mkdir(join(modules, '@hawser'), { recursive: true });
    await mkdir(join(modules, '@oclif'));
    await symlink(join(repository, 'packages/cli-kit'), join(modules, '@hawser/cli-kit'));
    await symlink(join(repository, 'apps/cli'), join(modules, '@hawser/cli'));
    await symlink(join(repository, 'packages/cli-kit/node_modules/@oclif/core'), join(modules, '@oclif/core'));
    const made = (await readdir(folder)).filter((name) => name.startsWith('hawser-plugin-'));
    const tests = (
      await Promise.all(
        made.map(async (name) => (await readdir(join(folder, name, 'test'))).map((file) => join(name, 'test', file))),
      )
    ).flat();
    const { stdout } = await promisify(execFile)(process.execPath, ['--test', ...tests], { cwd: folder });
    expect(stdout).toMatch(/# pass 8\n# fail 0\n/);
    expect(await make('hawser-plugin-deploy')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('is there already') as unknown,
    });
    expect(await make('Bad Name')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('cannot be the name') as unknown,
    });
  }, 120_000);

  test('the example plugins keep to the types of their points, and pass their own tests', async () => {
    const folders = names.map((name) => join(repository, 'examples', name));
    const sources = (
      await Promise.all(
        folders.map(async (folder) =>
          (await readdir(folder)).filter((file) => file.endsWith('.js')).map((file) => join(folder, file)),
        ),
      )
    ).flat();
    const tests = (
      await Promise.all(
        folders.map(async (folder) => (await readdir(join(folder, 'test'))).map((file) => join(folder, 'test', file))),
      )
    ).flat();
    const options =
      '--ignoreConfig --noEmit --allowJs --checkJs --strict --target es2022 --module nodenext --types node --skipLibCheck';
    const tsc = join(repository, 'node_modules/typescript/bin/tsc');
    const execute = promisify(execFile);
    expect(
      await execute(process.execPath, [tsc, ...options.split(' '), ...sources], { cwd: repository }),
    ).toMatchObject({
      stdout: '',
    });
    const { stdout } = await execute(process.execPath, ['--test', ...tests]);
    expect(stdout).toMatch(/# pass 8\n# fail 0\n/);
  }, 120_000);
});

describe('what is public', () => {
  test('has a report for each export path of each library, and a page that says what may change when', () => {
    const packages = join(repository, 'packages');
    const missing = readdirSync(packages).flatMap((name) => {
      const { exports } = JSON.parse(readFileSync(join(packages, name, 'package.json'), 'utf8')) as {
        readonly exports: Readonly<Record<string, unknown>>;
      };
      return Object.entries(exports)
        .filter(([, target]) => typeof target === 'object')
        .map(([path]) =>
          join(packages, name, 'api', `${path === '.' ? 'index' : path.slice(2).replaceAll('/', '-')}.api.md`),
        )
        .filter((report) => !existsSync(report));
    });
    expect(missing).toEqual([]);
    const page = readFileSync(join(repository, 'docs/reference/semver.md'), 'utf8');
    for (const thing of [
      'Commands',
      'Exit codes',
      '`--json`',
      'Extension points',
      'api/*.api.md',
      'command-snapshot.json',
    ])
      expect(page).toContain(thing);
  });
});
