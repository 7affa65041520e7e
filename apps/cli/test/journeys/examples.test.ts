import { execFileSync, spawn } from 'node:child_process';
import { createPublicKey } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { basename, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startAwsEmulator } from '@hawser/emulators/aws';
import { startKubeEmulator } from '@hawser/emulators/kube';
import { gone, patient } from '../../../../test/support/patience.js';
import { target, useEmulator } from '../support/emulator.js';
import { Terminal } from '../../../../test/support/terminal.js';
import { CtxProject } from '../support/ctx.js';
import { ExecProject } from '../support/exec.js';
import { openArcWorld, whose } from '../support/arc.js';
import { openAwsWorld } from '../support/aws.js';
import { bin, useHawser } from '../support/hawser.js';
import { openWorkshop, type Workshop } from '../support/hub.js';
import { NetProject, Site } from '../support/net.js';
import { startOpenEnv } from '../support/open-env.js';

afterAll(() => shell('hawser local down --purge --yes'));
// Its folder is taken away after what is registered above.
const hawser = useHawser();
const aws = useEmulator({
  targets: [
    { id: 'i-0bbbbbbbbbbbbbbb1', name: 'bastion', tags: { Name: 'bastion' } },
    { id: target, name: 'web-1', tags: { Name: 'web-1' } },
  ],
});
const { commands } = JSON.parse(readFileSync(join(import.meta.dirname, '../../oclif.manifest.json'), 'utf8')) as {
  readonly commands: Readonly<Record<string, { readonly examples?: readonly string[] }>>;
};
const examples = Object.entries(commands).flatMap(([id, { examples: own = [] }]) =>
  own.map((example) =>
    example.replaceAll('<%= config.bin %>', 'hawser').replaceAll('<%= command.id %>', id.replaceAll(':', ' ')),
  ),
);
const sshd = createServer((socket) => socket.end('SSH-2.0-test\r\n'));

beforeAll(async () => {
  await writeFile(join(hawser.home, 'notes.txt'), 'notes\n');
  await writeFile(
    join(hawser.home, 'config'),
    `[profile staging]\nregion = us-east-1\naws_access_key_id = ${aws.env['AWS_ACCESS_KEY_ID']}\naws_secret_access_key = ${aws.env['AWS_SECRET_ACCESS_KEY']}\n`,
  );
  await writeFile(join(hawser.home, 'hawser'), `#!/bin/sh\nexec '${process.execPath}' '${bin}' "$@"\n`, {
    mode: 0o755,
  });
  // Whether pytest and OpenEnv are installed here is no matter of the examples.
  const python = execFileSync('sh', ['-c', 'command -v python3 || true'], { encoding: 'utf8' }).trim();
  if (python !== '')
    await writeFile(join(hawser.home, 'python3'), `#!/bin/sh\nexec '${python}' -I -S "$@"\n`, { mode: 0o755 });
  sshd.listen(0, '127.0.0.1');
  await once(sshd, 'listening');
});
afterAll(() => void sshd.close());

interface Ended {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

interface Surroundings {
  readonly stdin?: string;
  readonly until?: RegExp;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

const environment = (more: Readonly<Record<string, string>>): Record<string, string> => ({
  ...aws.env,
  HOME: hawser.home,
  TMPDIR: hawser.home,
  PATH: `${hawser.home}:${process.env['PATH'] ?? ''}`,
  AWS_CONFIG_FILE: join(hawser.home, 'config'),
  ...more,
});

/** Runs a line as a shell would, with `hawser` on PATH; when it has said what matches `until`, it is told to end. */
async function shell(
  line: string,
  { stdin = '', until, cwd = hawser.home, env = {} }: Surroundings = {},
): Promise<Ended> {
  const child = spawn('sh', ['-c', `exec ${line}`], { cwd, env: environment(env) });
  const said = { stdout: '', stderr: '' };
  let told = false;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said.stdout += text;
    // Once: a second one insists, and leaves the command no time to end by itself.
    if (!told && until?.test(said.stdout)) told = child.kill('SIGTERM');
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said.stderr += text));
  child.stdin.on('error', () => {});
  child.stdin.end(stdin);
  const [exitCode] = (await once(child, 'close')) as [number];
  return { ...said, exitCode };
}

describe('every example of every command', () => {
  test.each(examples)('%s', async (example) => {
    const line = example.replaceAll('/tmp/', `${hawser.home}/`).replace('--local-port 8080', '--local-port 0');
    if (line.startsWith('ssh ')) {
      // What ssh would start, with a server that greets.
      const [, proxy = '', host = ''] = /ProxyCommand='([^']+)' \S+@(\S+)$/.exec(line) ?? [];
      const port = String((sshd.address() as AddressInfo).port);
      const { stdout, stderr } = await shell(proxy.replace('%h', host).replace('%p', port));
      expect([stdout, stderr]).toEqual(['SSH-2.0-test\r\n', '']);
    } else if (/ (forward|emulate (?:aws|hub|ssm)(?!.* -- )) /.test(`${line} `)) {
      expect(await shell(line, { until: /→|Ctrl-C|^\{/ })).toMatchObject({ exitCode: 143 });
    } else if (/^hawser exec (?:init|configure|destroy) /.test(line)) {
      await runOfStack(line);
    } else if (line.includes('hawser local ')) {
      await runOfLocal(line);
    } else if (line === 'hawser tour') {
      // All of it is played in the tests of the tour.
      expect(await shell('hawser tour reach')).toMatchObject({ exitCode: 0 });
    } else if (/^hawser (?:exec|verify)/.test(line)) {
      await runOfExec(line);
    } else if (line.startsWith('hawser sessions ')) {
      await runOfSessions(line);
    } else if (line.startsWith('hawser hf ')) {
      await runOfHub(line);
    } else if (line.startsWith('hawser net ')) {
      await runOfNet(line);
    } else if (line.startsWith('hawser ctx ')) {
      await runOfCtx(line);
    } else if (line.includes(' --eks-cluster ') && line.startsWith('hawser aws ')) {
      await runOfAws(line);
    } else if (line.startsWith('hawser arc ')) {
      await runOfArc(line);
    } else {
      // What these go by.
      if (line.startsWith('hawser env check')) await shell(line.replace('check', 'write'));
      if (line.includes(' --archive ')) packCommandLine();
      const { exitCode, stderr } = await shell(line, { stdin: / (start|exec) /.test(line) ? 'exit\n' : '' });
      expect([exitCode, stderr.includes('✗')]).toEqual([line.includes('exit 7') ? 7 : 0, false]);
    }
  });
});

/** Whether the stack of one part is up. */
let isUp = false;

/** Runs an example of `hawser local` on a stack of one part, which stays for the next one. */
async function runOfLocal(line: string): Promise<void> {
  const makes = line.includes(' up');
  if (makes === isUp) await shell(makes ? 'hawser local down' : 'hawser local up --only hub');
  isUp = !/ (?:up|down)/.test(line);
  // A line that is evaluated is no program.
  const typed = line.startsWith('eval ') ? `sh -c '${line} && test -n "$HF_ENDPOINT"'` : line;
  const follows = line.includes('--follow');
  const { exitCode, stderr } = await shell(typed, follows ? { until: /listens at/ } : {});
  expect([exitCode, stderr.includes('✗')]).toEqual([follows ? 143 : 0, false]);
  if (makes) await shell('hawser local down');
}

/** What the examples of `hawser sessions` speak of: a session that has ended, on the service of this machine. */
let sessions: Promise<SessionsOfExamples> | undefined;
afterAll(async () => (await sessions)?.close());

interface Shared {
  readonly data: { readonly link: { readonly terminalUrl: string } };
}

interface SessionsOfExamples {
  readonly env: Readonly<Record<string, string>>;
  readonly url: string;
  readonly ended: string;
  readonly create: (command: string) => Promise<string>;
  readonly close: () => Promise<void>;
}

async function openSessions(): Promise<SessionsOfExamples> {
  const data = join(hawser.home, 'sessions');
  const env = { XDG_DATA_HOME: data, XDG_CONFIG_HOME: join(hawser.home, 'sessions-config') };
  const run = async (line: string): Promise<string> => {
    const { exitCode, stdout, stderr } = await shell(`hawser sessions ${line}`, { env });
    if (exitCode !== 0) throw new Error(stderr);
    return stdout;
  };
  const create = async (command: string): Promise<string> => {
    const { data: created } = JSON.parse(await run(`create --json "${command}"`)) as { data: { sessionId: string } };
    return created.sessionId;
  };
  await run('run "echo hello"');
  const door = join(data, 'hawser/sessions/door/service.json');
  const { url, pid } = JSON.parse(readFileSync(door, 'utf8')) as { readonly url: string; readonly pid: number };
  const key = readFileSync(join(data, 'hawser/sessions/api-key'), 'utf8').trim();
  await writeFile(join(hawser.home, 'key.txt'), `${key}\n`);
  const ended = await create('echo hello');
  await run(`logs ${ended} --follow`);
  await run(`logs ${ended} --format transcript --output session.transcript`);
  await writeFile(join(hawser.home, 'jwks.json'), await (await fetch(`${url}/.well-known/jwks.json`)).text());
  const labels = { 'app.kubernetes.io/name': 'hawser-sessions' };
  const cluster = await startKubeEmulator({
    objects: [
      {
        apiVersion: 'networking.k8s.io/v1',
        kind: 'Ingress',
        metadata: { name: 'hawser-sessions', namespace: 'ws-cli', labels },
        spec: { rules: [{ host: new URL(url).host }] },
      },
      {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 'hawser-sessions-api-key', namespace: 'ws-cli' },
        data: { API_KEY: Buffer.from(key).toString('base64') },
      },
    ],
  });
  const kubeconfig = join(hawser.home, 'sessions.kubeconfig');
  // Its context goes by the name that the example has.
  await writeFile(kubeconfig, cluster.kubeconfig().replaceAll(/: emulated$/gm, ': staging'));
  return {
    env: { ...env, KUBECONFIG: kubeconfig },
    url,
    ended,
    create,
    async close() {
      process.kill(pid, 'SIGTERM');
      await patient(gone(pid), () => `The service ${pid} does not end.`);
      await cluster.close();
    },
  };
}

/** Runs an example of `hawser sessions` on the service of this machine; `serve` gets a folder of its own. */
async function runOfSessions(line: string): Promise<void> {
  const { env, url, ended, create } = await (sessions ??= openSessions());
  if (line.includes(' serve ')) {
    const own = { XDG_DATA_HOME: join(hawser.home, 'served'), XDG_CONFIG_HOME: join(hawser.home, 'served-config') };
    const typed = line.replace('7680', '0');
    expect(await shell(typed, { until: /^\{.*\}$/m, env: own })).toMatchObject({ exitCode: 143 });
    return;
  }
  const id = line.includes(' stop ') ? await create('sleep 600') : ended;
  const link = line.includes('…#t=')
    ? (JSON.parse((await shell(`hawser sessions share ${id} --json`, { env })).stdout) as Shared).data.link.terminalUrl
    : '';
  const typed = line
    .replace(/https:\/\/sessions\.example\.com\/ws\/[^"]+/, link)
    .replace('https://sessions.example.com', url)
    .replace('3f2a', id);
  const { exitCode, stderr } = await shell(typed, { env });
  expect([typed, exitCode, stderr]).toEqual([typed, 0, expect.not.stringContaining('✗')]);
}

/** An archive of what manuals are made of, as `npm pack` would lay it out. */
function packCommandLine(): void {
  const app = join(import.meta.dirname, '../..');
  const files = ['package.json', 'oclif.manifest.json'].map((name) => `${basename(app)}/${name}`);
  execFileSync('tar', ['-czf', join(hawser.home, 'hawser-cli-0.1.0.tgz'), '-C', dirname(app), ...files]);
}

/** A workshop for the examples of `hawser hf` that read, with `my_env` made and a Space of two revisions that runs. */
let workshop: Promise<Workshop> | undefined;

async function prepareWorkshop(): Promise<Workshop> {
  const shop = await openWorkshop(hawser, { lasts: true });
  await shop.run(['hf', 'init', 'my_env']);
  await shop.run(['hf', 'push', 'echo_env']);
  shop.write({ 'src/core/server.py': 'VALUE = 2\n' });
  // A log is there when the Space runs.
  await shop.run(['hf', 'push', 'echo_env', '--wait']);
  return shop;
}

/** Runs an example of `hawser hf` in a folder and against a Hub that have what its examples speak of. */
async function runOfHub(line: string): Promise<void> {
  await using app = await startOpenEnv();
  const isAlone = / hf (?:init|push|login|logout) /.test(`${line} `);
  const { folder, env, hub, run, write } = await (isAlone
    ? openWorkshop(hawser, { device: { intervalSeconds: 0.05 } })
    : (workshop ??= prepareWorkshop()));
  const around = { cwd: folder, env };
  write({ 'token.txt': `${env['HF_TOKEN']}\n` });
  if (line.startsWith('hawser hf login') && !line.includes('<')) {
    // It wants a person.
    using terminal = new Terminal('sh', ['-c', line], {
      cwd: folder,
      env: { ...environment(env), TERM: 'xterm', HF_TOKEN: '' },
      size: { columns: 160, rows: 24 },
    });
    const [, code = ''] = await terminal.shows(/and type (\S+?)[\r\n]/);
    hub.approve(code);
    expect(await terminal.exited).toMatchObject({ exitCode: 0 });
    return;
  }
  if (line.includes(' apply ')) {
    write({ 'src/core/server.py': `NAME = ${JSON.stringify(line)}\n` });
    await run(['hf', 'plan', 'echo_env', '--output', 'plan.json']);
  }
  if (line.includes('--follow')) {
    const { exitCode } = await shell(line, { ...around, until: /started/ });
    expect(exitCode).toBe(143);
    return;
  }
  const { exitCode, stderr } = await shell(line.replace('http://127.0.0.1:8000', app.url), around);
  expect([exitCode, stderr.includes('✗')]).toEqual([0, false]);
}

/** A clone for the examples of `hawser exec`, with an execution that has ended. */
let clone: { readonly project: ExecProject; readonly id: string; live?: string } | undefined;
afterAll(() => clone?.project[Symbol.asyncDispose]());

async function openClone(): Promise<NonNullable<typeof clone>> {
  const project = new ExecProject();
  project.write('token.txt', 'token\n');
  const { stderr } = await project.run(['--receipt', 'receipt.json', 'echo hi']);
  await project.run(['secrets', 'set', 'DEPLOY_TOKEN'], { stdin: 'token' });
  project.write('run.log', (await project.run(['logs', idIn(stderr)])).stdout);
  const key = createPublicKey(readFileSync(join(project.home, 'data/hawser/receipt-key.pem')));
  project.write('acme.pem', key.export({ type: 'spki', format: 'pem' }).toString());
  return { project, id: idIn(stderr) };
}

/** Runs an example of `hawser exec` in a clone that has the execution, lock, secret and key that it speaks of. */
async function runOfExec(line: string): Promise<void> {
  const opened = (clone ??= await openClone());
  const { project, id } = opened;
  const needsLive = / (?:cancel|attach|locks release) /.test(line);
  if (needsLive) opened.live ??= idIn((await project.run(['--detach', '--lock', 'deploy', 'sleep 600'])).stderr);
  const named = (needsLive && opened.live) || id;
  const { key_id = '' } = / keys r/.test(line) ? await project.data<{ key_id: string }>(['keys', 'create', 'ci']) : {};
  const typed = line.replace('exec_20261121', named).replace('0123456789abcdef', key_id);
  const around = { cwd: project.folder, env: project.env, ...(line.includes(' serve ') ? { until: /^\{/ } : {}) };
  const { exitCode, stderr } = await shell(typed, around);
  // One that is attached to runs on, for the next example.
  if (/ (?:cancel|locks release) /.test(line)) {
    await project.run(['cancel', named, '--force', '--wait']);
    delete opened.live;
  }
  // On this machine there is nothing to attach to.
  const expected = line.includes('exit 7') ? 7 : line.includes(' attach ') ? 125 : line.includes(' serve ') ? 143 : 0;
  expect([exitCode, stderr.includes('✗')]).toEqual([expected, expected === 7 || expected === 125]);
}

interface Service {
  readonly account: Awaited<ReturnType<typeof startAwsEmulator>>;
  readonly env: Readonly<Record<string, string>>;
  readonly made: { readonly api_endpoint: string; readonly api_key: string };
}

/** An account with the service `staging`. */
let service: Promise<Service> | undefined;
afterAll(async () => (await service)?.account.close());

async function openAccount(project: ExecProject): Promise<Service> {
  const account = await startAwsEmulator({ minuteMs: 0 });
  const env = { ...project.env, ...account.env, XDG_CONFIG_HOME: join(project.home, 'operator') };
  return { account, env, made: await project.data(['init', '--yes', '--stack-name', 'staging'], { env }) };
}

/**
 * Runs an example of `hawser exec` that makes, finds or removes a service, in an account that has `staging`, and `hawser`
 * where it is removed. Where a person would be asked, that is what it says.
 */
async function runOfStack(line: string): Promise<void> {
  const { project } = (clone ??= await openClone());
  const { env, made } = await (service ??= openAccount(project));
  project.write('token.txt', `ghp_${'a'.repeat(36)}\n`);
  project.write('key.txt', `${made.api_key}\n`);
  if (/ destroy .*--(?:yes|force)/.test(line)) await project.data(['init', '--yes'], { env });
  const typed = line.replace('eu-central-1 ', 'us-east-1 ').replace(/https:\/\/\S+/, made.api_endpoint);
  const { exitCode, stderr } = await shell(typed, { cwd: project.folder, env });
  const isAsked = !/--(?:yes|force|plan|dry-run|api-key-stdin)/.test(line);
  expect([exitCode, stderr.includes('Nobody is here to answer')]).toEqual(isAsked ? [2, true] : [0, false]);
}

function idIn(said: string): string {
  return /exec_\d{14}_\w+/.exec(said)?.[0] ?? '';
}

/** A project with the context `staging`, for the examples of `hawser ctx` that read it. */
let contexts: Promise<CtxProject> | undefined;
afterAll(async () => (await contexts)?.[Symbol.asyncDispose]());

/** Opens a project with a cluster and a Prefect server, and with the context `staging` unless it is to be made. */
async function openContexts(isEmpty = false): Promise<CtxProject> {
  const project = await CtxProject.open(hawser);
  if (!isEmpty) await project.run(['init', 'staging', '--prefect-url', project.prefectUrl]);
  return project;
}

/** Runs an example of `hawser ctx`; one that makes or removes `staging` does in a project of its own. */
async function runOfCtx(line: string): Promise<void> {
  const changes = / (?:init|remove) /.test(line);
  const project = await (changes ? openContexts(line.includes(' init ')) : (contexts ??= openContexts()));
  try {
    const { exitCode, stderr } = await shell(line, { cwd: project.folder, env: project.env });
    expect([exitCode, stderr.includes('✗')]).toEqual([0, false]);
  } finally {
    if (changes) await project[Symbol.asyncDispose]();
  }
}

/** Runs an example of `hawser aws` that speaks of a cluster, in an account that has it. */
async function runOfAws(line: string): Promise<void> {
  await using world = await openAwsWorld({ secret: aws.env['AWS_SECRET_ACCESS_KEY'] ?? '' });
  await writeFile(
    join(hawser.home, 'credentials'),
    `[staging]\naws_access_key_id = AKIDPERSON\naws_secret_access_key = ${world.env['AWS_SECRET_ACCESS_KEY']}\n`,
  );
  const env = { ...world.env, AWS_SHARED_CREDENTIALS_FILE: join(hawser.home, 'credentials') };
  const { exitCode, stdout, stderr } = await shell(line, { env });
  expect([exitCode, `${stdout}${stderr}`.includes('✗')]).toEqual([0, false]);
}

let arc: ReturnType<typeof openArcWorld> | undefined;
afterAll(async () => (await arc)?.[Symbol.asyncDispose]());

/** Runs an example of `hawser arc` by a cluster and a GitHub with an idle set `linux`, of which there is a recording. */
async function runOfArc(line: string): Promise<void> {
  const world = await (arc ??= openArcWorld(hawser));
  if (line.includes('--snapshot')) await world.run(['arc', 'record', ...whose, '--looks', '1']);
  const around = { cwd: world.folder, env: world.env };
  const watches = line.includes(' watch ');
  const { exitCode, stderr } = await shell(line, { ...around, ...(watches ? { until: /healthy/ } : {}) });
  expect([exitCode, stderr.includes('✗')]).toEqual([watches ? 143 : 0, false]);
}

/** What the examples of `hawser net` speak of: a project whose set is open, and one where nothing is. */
interface Net {
  readonly site: Site;
  readonly open: NetProject;
  readonly closed: NetProject;
}

let net: Promise<Net> | undefined;
afterAll(async () => {
  if (net === undefined) return;
  const { site, open, closed } = await net;
  await open[Symbol.asyncDispose]();
  await closed[Symbol.asyncDispose]();
  await site[Symbol.asyncDispose]();
});

async function openNet(): Promise<Net> {
  const made = { site: await Site.start(), open: new NetProject(), closed: new NetProject() };
  const to = `{to: "127.0.0.1:${made.site.port}"}`;
  for (const project of [made.open, made.closed]) {
    project.write('tunnels.yaml', `sets: {staging: {via: direct, tunnels: {prefect: ${to}, marquez: ${to}}}}`);
  }
  await writeFile(join(hawser.home, 'prefect'), '#!/bin/sh\necho 3.8.8\n', { mode: 0o755 });
  await made.open.run(['net', 'up', 'staging']);
  return made;
}

/** Runs an example of `hawser net` in a project that has the set its examples speak of, and has it open where they need it. */
async function runOfNet(line: string): Promise<void> {
  const { open, closed } = await (net ??= openNet());
  const project = / net (?:up|run|trust|install-service) | --sets/.test(`${line} `) ? closed : open;
  const around = { cwd: project.folder, env: project.env };
  const ended = shell(line, { ...around, ...(/ net attach/.test(line) ? { until: /./ } : {}) });
  if (/ net attach/.test(line)) {
    let over = false;
    void ended.then(() => (over = true));
    // Something must happen for it to tell.
    while (!over) await project.run(['net', 'restart', '--all']);
  }
  const { exitCode, stderr } = await ended;
  const expected = line.includes('exit 7') ? 7 : / net attach/.test(line) ? 143 : 0;
  expect([exitCode, stderr.includes('✗')]).toEqual([expected, false]);
  // As it was, for the next one.
  if (line.includes(' net up ') && !line.includes('--dry-run')) await closed.run(['net', 'down', '--all']);
  if (line.includes(' net down ')) await open.run(['net', 'up', 'staging']);
}
