import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { TunnelStatus } from '@hawser/tunnels';
import { lives, NetProject, Site, TakenPort } from '../support/net.js';
import { expectSchema } from '../support/schema.js';

interface Tunnels {
  readonly supervisor: { readonly pid: number } | null;
  readonly tunnels: readonly TunnelStatus[];
}

const direct = (forward: string): string[] => ['--via', 'direct', '--forward', forward];
const get = async (port: number | undefined, path = '/x'): Promise<string> =>
  (await fetch(`http://127.0.0.1:${port}${path}`)).text();

describe('net up', () => {
  let empty: NetProject;
  beforeAll(() => {
    empty = new NetProject();
  });
  afterAll(() => empty[Symbol.asyncDispose]());

  test('comes back when a probe went through, and the tunnel carries what comes; net down closes it', async () => {
    await using project = new NetProject();
    await using site = await Site.start();
    const { exitCode, stdout, stderr } = await project.run(['net', 'up', ...direct(`web=127.0.0.1:${site.port}`)]);
    expect([exitCode, stderr]).toEqual([0, 'Opening web …\n']);
    const [, port] =
      /^✓ web {2}127\.0\.0\.1:(\d+) → 127\.0\.0\.1:\d+\n {2}HAWSER_NET_WEB=127\.0\.0\.1:\d+\n$/.exec(stdout) ?? [];
    expect(await get(Number(port))).toBe('hello /x');

    const { supervisor, tunnels } = await project.data<Tunnels>(['net', 'status']);
    expect(tunnels).toMatchObject([{ spec: { name: 'web' }, link: { state: 'ready' }, probe: { state: 'ok' } }]);
    const down = await project.run(['net', 'down', '--name', 'web']);
    expect([down.exitCode, down.stdout]).toEqual([0, 'Closed web.\n']);
    expect(await lives(supervisor!.pid)).toBe(false);
    await expect(get(Number(port))).rejects.toThrow('fetch failed');
  });

  test('opens a set of tunnels.yaml, and hands out its variables', async () => {
    await using project = new NetProject();
    await using site = await Site.start();
    project.write(
      'tunnels.yaml',
      `sets:
  staging:
    via: direct
    tunnels:
      prefect: {to: "127.0.0.1:${site.port}", probe: {http: /api/ready}, env: {PREFECT_API_URL: "http://{addr}/api"}}
      marquez: {to: "127.0.0.1:${site.port}", lazy: true}
`,
    );
    const data = await project.data<Tunnels>(['net', 'up', 'staging']);
    expectSchema('net-up', data);
    const [prefect, marquez] = data.tunnels;
    expect(prefect?.env).toEqual({ PREFECT_API_URL: `http://127.0.0.1:${prefect?.local.port}/api` });
    expect(prefect?.probe.state).toBe('ok');
    expect(await get(marquez?.local.port)).toBe('hello /x');
  });

  test('what is open already stays as it is: a second net up changes nothing', async () => {
    await using project = new NetProject();
    await using site = await Site.start();
    const words = ['net', 'up', ...direct(`web=127.0.0.1:${site.port}`)];
    const first = await project.data<Tunnels>(words);
    const second = await project.data<Tunnels>(words);
    expect(second.tunnels[0]?.createdAt).toBe(first.tunnels[0]?.createdAt);
    const { json } = await project.run([...words, '--label', 'other', '--json']);
    expect(json).toMatchObject({ ok: false, error: { code: 'HAWSER_NET_EXISTS', exitCode: 1 } });
  });

  test('--wait bound is done when the port is taken, though nothing answers behind it', async () => {
    await using project = new NetProject();
    const words = ['net', 'up', ...direct('web=127.0.0.1:1')];
    const { json, exitCode } = await project.run([...words, '--timeout', '300ms', '--json']);
    expect([exitCode, json]).toEqual([
      1,
      expect.objectContaining({ error: expect.objectContaining({ code: 'HAWSER_NET_NOT_READY' }) }),
    ]);
    expect(await project.data<Tunnels>(['net', 'status'])).toEqual({ supervisor: null, tunnels: [], lost: [] });
    expect((await project.run([...words, '--wait', 'bound'])).exitCode).toBe(0);
  });

  test('Ctrl-C while it waits closes what it opened, and ends with 130', async () => {
    await using project = new NetProject();
    const waiting = project.start(['net', 'up', ...direct('web=127.0.0.1:1')]);
    const logs = project.start(['net', 'logs', '--follow', '--json']);
    await logs.until(/"tunnel":"web","type":"probe"/);
    waiting.kill('SIGINT');
    expect((await waiting.ended).exitCode).toBe(130);
    expect(await project.data<Tunnels>(['net', 'status'])).toEqual({ supervisor: null, tunnels: [], lost: [] });
  });

  test('--dry-run prints the commands of each link, and opens nothing', async () => {
    await using project = new NetProject();
    const words = [
      'net',
      'up',
      '--via',
      'ssh-bastion',
      '--host',
      'bastion.example.com',
      '--ssh-option',
      'Compression=yes',
    ];
    const { stdout, exitCode } = await project.run([...words, '--dry-run']);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^# prefect, marquez: .+\nssh .*Compression=yes.* -- bastion\.example\.com\n$/);
    const { plan } = await project.data<{ plan: { via: string; tunnels: string[]; commands: string[][] }[] }>([
      ...words,
      '--dry-run',
    ]);
    expect(plan).toMatchObject([
      {
        via: 'ssh-bastion',
        tunnels: ['prefect', 'marquez'],
        commands: [expect.arrayContaining(['ssh', 'bastion.example.com'])],
      },
    ]);
    expect(existsSync(join(project.folder, '.hawser'))).toBe(false);
  });

  test('the flags of upstream open what upstream opened', async () => {
    await using project = new NetProject({ HAWSER_BASTION_HOST: 'bastion.example.com' });
    const { plan } = await project.data<{ plan: { tunnels: string[]; commands: string[][] }[] }>([
      'net',
      'up',
      '--dry-run',
    ]);
    expect(plan[0]?.tunnels).toEqual(['prefect', 'marquez']);
    expect(plan[0]?.commands[0]?.join(' ')).toMatch(/prefect\.staging\.internal:4200.*marquez\.staging\.internal:5000/);
    const refused = await project.run(['net', 'up', '--prefect-port', '5000', '--marquez-port', '5000', '--json']);
    expect(refused.json).toMatchObject({ error: { code: 'HAWSER_NET_BAD_INPUT', exitCode: 2 } });
    expect(refused.exitCode).toBe(2);
  });

  test.each([
    [['--on-port-conflict', 'fail'], 1],
    [['--no-auto-port'], 1],
    [[], 0],
  ])('a port that is taken, with %j, where nobody can be asked: exit code %d', async (flags, expected) => {
    await using project = new NetProject();
    await using taken = await TakenPort.take();
    const forward = `web=${taken.port}:127.0.0.1:9`;
    const { json, exitCode } = await project.run([
      'net',
      'up',
      ...direct(forward),
      '--wait',
      'bound',
      '--json',
      ...flags,
    ]);
    expect(exitCode).toBe(expected);
    if (expected === 1) expect(json).toMatchObject({ error: { code: 'HAWSER_NET_PORT_IN_USE' } });
    else expect((json as { data: Tunnels }).data.tunnels[0]?.local.port).not.toBe(taken.port);
  });

  test('a port that the network reaches needs --yes', async () => {
    await using project = new NetProject();
    const words = ['net', 'up', ...direct('web=127.0.0.1:9'), '--bind', '0.0.0.0', '--wait', 'bound', '--json'];
    const refused = await project.run(words);
    expect(refused.json).toMatchObject({ error: { code: 'HAWSER_CLI_NOT_INTERACTIVE', details: { flag: '--yes' } } });
    expect((await project.run([...words, '--yes'])).exitCode).toBe(0);
    expect((await project.data<Tunnels>(['net', 'status'])).tunnels[0]?.local.hosts).toEqual(['0.0.0.0']);
  });

  test.each([
    [['net', 'up'], 'HAWSER_NET_SET_NOT_FOUND', 2],
    [['net', 'up', 'nope'], 'HAWSER_NET_SET_NOT_FOUND', 2],
    [['net', 'up', 'staging', '--forward', 'a=b:1'], 'HAWSER_NET_TWO_FORMS', 2],
    [['net', 'up', 'staging', '--no-marquez'], 'HAWSER_NET_TWO_FORMS', 2],
    [['net', 'up', '--via', 'ssm'], 'HAWSER_NET_BAD_INPUT', 2],
    [['net', 'up', '--via', 'pigeon'], 'HAWSER_CLI_USAGE', 2],
    [['net', 'up', ...direct('a=b:1'), '--auto-port', '--on-port-conflict', 'fail'], 'HAWSER_CLI_USAGE', 2],
    [['net', 'down'], 'HAWSER_NET_WHICH', 2],
    [['net', 'down', '--all', '--name', 'a'], 'HAWSER_NET_WHICH', 2],
    [['net', 'restart'], 'HAWSER_NET_WHICH', 2],
    [['net', 'restart', '--all'], 'HAWSER_NET_NOT_RUNNING', 1],
    [['net', 'attach'], 'HAWSER_NET_NOT_RUNNING', 1],
    [['net', 'wait'], 'HAWSER_NET_NOT_RUNNING', 1],
    [['net', 'auth', 'prefect'], 'HAWSER_NET_NOT_RUNNING', 1],
    [['net', 'trust'], 'HAWSER_NET_BAD_INPUT', 2],
    [['net', 'doctor', 'nope'], 'HAWSER_NET_TUNNEL_NOT_FOUND', 2],
    [['net', 'install-service'], 'HAWSER_NET_SET_NOT_FOUND', 2],
  ])('%j is refused: %s', async (args, code, expected) => {
    const { json, exitCode } = await empty.run([...args, '--json']);
    expect(json).toMatchObject({ ok: false, error: { code, exitCode: expected } });
    expect(exitCode).toBe(expected);
  });
});

describe('net status and net list', () => {
  test('nothing open is no failure', async () => {
    await using project = new NetProject();
    expect(await project.run(['net', 'status'])).toMatchObject({
      exitCode: 0,
      stdout: 'No tunnels are open.\n',
      stderr: '',
    });
    const data = await project.data(['net', 'status']);
    expect(data).toEqual({ supervisor: null, tunnels: [], lost: [] });
    expectSchema('net-status', data);
    expect(await project.data(['net', 'list'])).toEqual({ tunnels: [] });
    expect(await project.data(['net', 'down', '--all'])).toEqual({ stopped: [], unknown: [] });
    expect((await project.run(['net', 'down', '--name', 'web'])).exitCode).toBe(1);
  });

  test('a killed supervisor is told by the next status, which clears away what it left', async () => {
    await using project = new NetProject();
    await using site = await Site.start();
    await project.run(['net', 'up', ...direct(`web=127.0.0.1:${site.port}`)]);
    const { supervisor, tunnels } = await project.data<Tunnels>(['net', 'status']);
    expectSchema('net-status', { supervisor, tunnels, lost: [] });
    process.kill(supervisor!.pid, 'SIGKILL');
    expect(await project.data<Tunnels>(['net', 'status'])).toEqual({ supervisor: null, tunnels: [], lost: ['web'] });
    const record = JSON.parse(readFileSync(join(project.folder, '.hawser/net.json'), 'utf8')) as {
      data: { tunnels: unknown[] };
    };
    expect(record.data.tunnels).toEqual([]);
  });

  test('a record that nobody can read is put aside, which is told once', async () => {
    await using project = new NetProject();
    mkdirSync(join(project.folder, '.hawser'));
    writeFileSync(join(project.folder, '.hawser/net.json'), '{"tunnels');
    const { json } = await project.run(['net', 'status', '--json']);
    const { data, warnings } = json as { data: { setAside: { path: string } }; warnings: string[] };
    expectSchema('net-status', data);
    expect(readFileSync(data.setAside.path, 'utf8')).toBe('{"tunnels');
    expect(warnings).toEqual([expect.stringContaining(`put aside as ${data.setAside.path}`)]);
    expect((await project.run(['net', 'status', '--json'])).json).toMatchObject({ warnings: [] });
  });

  test('a record that somebody removed is no end of its tunnels', async () => {
    await using project = new NetProject();
    await using site = await Site.start();
    await project.run(['net', 'up', ...direct(`web=127.0.0.1:${site.port}`)]);
    rmSync(join(project.folder, '.hawser/net.json'));
    expect((await project.data<Tunnels>(['net', 'status'])).tunnels).toMatchObject([{ spec: { name: 'web' } }]);
  });

  test('--sets lists what tunnels.yaml has, and says what needs trust', async () => {
    await using project = new NetProject();
    project.write(
      'tunnels.yaml',
      'sets: {a: {via: direct, tunnels: {web: {to: "w:80"}}}, b: {via: {kind: ssh, host: x, configFile: y}, tunnels: {db: {to: "d:5432", local: 15432}}}}',
    );
    const { stdout, exitCode } = await project.run(['net', 'list', '--sets']);
    expect(exitCode).toBe(0);
    expect(stdout.split('\n').map((line) => line.split(/\s{2,}/))).toEqual([
      ['SET', 'NAME', 'LOCAL', 'TO', 'VIA'],
      ['a', 'web', '127.0.0.1:0', 'w:80', 'direct'],
      ['b', 'db', '127.0.0.1:15432', 'd:5432', 'ssh-bastion'],
      ['! b asks for what needs your trust: hawser net trust'],
      [''],
    ]);
    expectSchema('net-list', await project.data(['net', 'ls', '--sets']));
  });

  test('--watch --json prints the whole state whenever it changes, and ends with 130', async () => {
    await using project = new NetProject();
    await using site = await Site.start();
    const watch = project.start(['net', 'status', '--watch', '--json']);
    await watch.until(/^\{"supervisor":null,"tunnels":\[\],"lost":\[\]\}\n/);
    await project.run(['net', 'up', ...direct(`web=127.0.0.1:${site.port}`)]);
    await watch.until(/"state":"ready".*"probe":\{"state":"ok".*\n/);
    await project.run(['net', 'down', '--all']);
    await watch.until(/\n\{"supervisor":null,"tunnels":\[\],"lost":\[\]\}\n$/);
    watch.kill('SIGINT');
    const { exitCode, stdout } = await watch.ended;
    for (const line of stdout.trimEnd().split('\n')) expectSchema('net-status', JSON.parse(line));
    expect(exitCode).toBe(130);
  });
});

describe('net logs, attach, wait and restart', () => {
  test('tell what happened, one object a line, of the tunnels that are meant', async () => {
    await using project = new NetProject();
    await using site = await Site.start();
    const to = `127.0.0.1:${site.port}`;
    await project.run(['net', 'up', ...direct(`web=${to}`), '--forward', `api=${to}`]);
    const logs = project.start(['net', 'logs', '--follow', '--json', '--name', 'web']);
    await logs.until(/"text":"ready"/);
    const attach = project.start(['net', 'attach', '--json']);
    await attach.until(/^/);
    const restart = await project.run(['net', 'restart', '--name', 'web']);
    expect(restart.stdout).toBe('Made the links of web anew.\n');
    await logs.until(/"text":"ready"[^]*"text":"ready"/);
    expect(await project.data(['net', 'restart', '--name', 'api'])).toEqual({ restarted: ['api'] });
    logs.kill('SIGINT');
    const { stdout, exitCode } = await logs.ended;
    const events = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { tunnel: string; type: string });
    expect([exitCode, new Set(events.map(({ tunnel }) => tunnel))]).toEqual([130, new Set(['web'])]);
    expect(events.map(({ type }) => type)).toEqual(expect.arrayContaining(['bound', 'link', 'probe']));
    const people = await project.run(['net', 'logs']);
    expect(people.stdout).toMatch(/^\S+Z {2}web +bound +listens on 127\.0\.0\.1/m);
    expect((await project.run(['net', 'wait', 'web', '--for', 'healthy'])).exitCode).toBe(0);
    expectSchema('net-wait', await project.data(['net', 'wait']));
    expect(await project.data(['net', 'auth', 'web'])).toEqual({ name: 'web', restarted: [] });
    const nobody = await project.run(['net', 'wait', 'nope', '--json']);
    expect(nobody.json).toMatchObject({ error: { code: 'HAWSER_NET_TUNNEL_NOT_FOUND', exitCode: 2 } });
  });

  test('going away from net attach leaves the tunnels; it ends with them', async () => {
    await using project = new NetProject();
    await using site = await Site.start();
    await project.run(['net', 'up', ...direct(`web=127.0.0.1:${site.port}`)]);
    const gone = project.start(['net', 'attach']);
    await gone.until(/Ctrl-C goes away/, 'stderr');
    gone.kill('SIGINT');
    expect((await gone.ended).exitCode).toBe(130);
    const staying = project.start(['net', 'attach']);
    await staying.until(/Ctrl-C goes away/, 'stderr');
    expect((await project.data<Tunnels>(['net', 'status'])).tunnels).toHaveLength(1);
    await project.run(['net', 'down', '--all']);
    expect((await staying.ended).exitCode).toBe(0);
  });
});

describe('net run', () => {
  const words = (site: Site, ...more: string[]): string[] => [
    'net',
    'run',
    ...direct(`web=127.0.0.1:${site.port}`),
    ...more,
  ];

  test('runs the command with the variables, ends with its exit code, and leaves nothing', async () => {
    await using project = new NetProject();
    await using site = await Site.start();
    const script =
      'fetch(`http://${process.env.HAWSER_NET_WEB}/y`).then((r) => r.text()).then((t) => { console.log(t); process.exitCode = 7; })';
    const { stdout, exitCode } = await project.run(words(site, '--', process.execPath, '-e', script));
    expect([stdout, exitCode]).toEqual(['hello /y\n', 7]);
    expect(await project.data<Tunnels>(['net', 'status'])).toEqual({ supervisor: null, tunnels: [], lost: [] });
  });

  test('with --json stdout is kept for the result', async () => {
    await using project = new NetProject();
    await using site = await Site.start();
    const { stdout, stderr, json, exitCode } = await project.run(
      words(site, '--json', '--', 'sh', '-c', 'echo out; exit 3'),
    );
    expect([exitCode, stderr, stdout.split('\n')]).toEqual([3, 'out\n', [expect.any(String), '']]);
    expect(json).toMatchObject({
      ok: true,
      data: { exitCode: 3, env: { HAWSER_NET_WEB: expect.stringMatching(/^127/) } },
    });
    expectSchema('net-run', (json as { data: unknown }).data);
  });

  test('what was open before stays open', async () => {
    await using project = new NetProject();
    await using site = await Site.start();
    await project.run(['net', 'up', ...direct(`web=127.0.0.1:${site.port}`)]);
    const { exitCode } = await project.run(words(site, '--forward', `two=127.0.0.1:${site.port}`, '--', 'true'));
    expect(exitCode).toBe(0);
    const { tunnels } = await project.data<Tunnels>(['net', 'status']);
    expect(tunnels.map(({ spec }) => spec.name)).toEqual(['web']);
  });

  test('a command that takes too long ends with 124: HAWSER_NET_RUN_TIMED_OUT', async () => {
    await using project = new NetProject();
    await using site = await Site.start();
    const { json, exitCode } = await project.run(words(site, '--json', '--timeout', '200ms', '--', 'sleep', '600'));
    expect([exitCode, json]).toEqual([
      124,
      expect.objectContaining({ error: expect.objectContaining({ code: 'HAWSER_NET_RUN_TIMED_OUT' }) }),
    ]);
    expect(await project.data<Tunnels>(['net', 'status'])).toEqual({ supervisor: null, tunnels: [], lost: [] });
  });

  test.each([
    ['is not there: HAWSER_NET_COMMAND_NOT_STARTED', ['--', 'no-such-program'], 'HAWSER_NET_COMMAND_NOT_STARTED'],
    [
      'has tunnels that do not come up',
      ['--forward', 'dead=127.0.0.1:1', '--ready-timeout', '200ms', '--', 'true'],
      'HAWSER_NET_NOT_READY',
    ],
  ])('a command that %s never ran: 125', async (_what, more, code) => {
    await using project = new NetProject();
    await using site = await Site.start();
    const { json, exitCode } = await project.run(words(site, '--json', ...more));
    expect([exitCode, json]).toEqual([
      125,
      expect.objectContaining({ error: expect.objectContaining({ code, exitCode: 125 }) }),
    ]);
    expect(await project.data<Tunnels>(['net', 'status'])).toEqual({ supervisor: null, tunnels: [], lost: [] });
  });

  test.each(['SIGTERM', 'SIGINT'] as const)('%s reaches the command, and nothing is left', async (signal) => {
    await using project = new NetProject();
    await using site = await Site.start();
    const running = project.start(words(site, '--', 'sh', '-c', 'echo up; exec sleep 600'));
    await running.until(/up\n/);
    running.kill(signal);
    expect((await running.ended).exitCode).toBe(signal === 'SIGINT' ? 130 : 143);
    expect(await project.data<Tunnels>(['net', 'status'])).toEqual({ supervisor: null, tunnels: [], lost: [] });
  });
});

describe('net up --foreground', () => {
  test('keeps the tunnels in this process, tells what happens, and Ctrl-C closes them', async () => {
    await using project = new NetProject();
    await using site = await Site.start();
    const running = project.start(['net', 'up', ...direct(`web=127.0.0.1:${site.port}`), '--foreground', '--json']);
    const [line] = await running.until(/^\{.*\}\n/);
    const { tunnels } = JSON.parse(line) as Tunnels;
    expect(await get(tunnels[0]?.local.port)).toBe('hello /x');
    const { supervisor } = await project.data<Tunnels>(['net', 'status']);
    expect(supervisor?.pid).toBe(running.pid);
    await running.until(/"type":"connection"/);
    running.kill('SIGINT');
    expect((await running.ended).exitCode).toBe(130);
    await expect(get(tunnels[0]?.local.port)).rejects.toThrow('fetch failed');
    expect(await project.data<Tunnels>(['net', 'status'])).toEqual({ supervisor: null, tunnels: [], lost: [] });
  });

  test('ends with 0 when somebody closes the tunnels', async () => {
    await using project = new NetProject();
    await using site = await Site.start();
    const running = project.start(['net', 'up', ...direct(`web=127.0.0.1:${site.port}`), '--foreground']);
    await running.until(/✓ web/);
    await project.run(['net', 'down', '--all']);
    expect((await running.ended).exitCode).toBe(0);
  });
});

describe('net trust', () => {
  const text = 'sets: {default: {via: direct, tunnels: {web: {to: "127.0.0.1:9", env: {LD_PRELOAD: "{addr}"}}}}}';

  test('what a project may not decide is refused until its file is trusted, and again when it changes', async () => {
    await using project = new NetProject();
    project.write('tunnels.yaml', text);
    const up = ['net', 'up', '--wait', 'bound'];
    const refused = await project.run([...up, '--json']);
    expect(refused.json).toMatchObject({ error: { code: 'HAWSER_NET_CONFIG_UNTRUSTED', exitCode: 2 } });
    const unasked = await project.run(['net', 'trust', '--json']);
    expect(unasked.json).toMatchObject({ error: { code: 'HAWSER_CLI_NOT_INTERACTIVE' } });
    const trusted = await project.data<{ allows: unknown[]; path: string }>(['net', 'trust', '--yes']);
    expectSchema('net-trust', trusted);
    expect(trusted).toMatchObject({ path: join(project.folder, 'tunnels.yaml'), trusted: true, allows: [{ line: 1 }] });
    expect((await project.run(up)).exitCode).toBe(0);
    project.write('tunnels.yaml', `${text}\n`);
    expect((await project.run(up)).exitCode).toBe(2);
    project.write('tunnels.yaml', text);
    expect((await project.run(['net', 'trust', '--remove'])).exitCode).toBe(0);
    expect((await project.run(up)).exitCode).toBe(2);
  });

  test('a file that cannot be understood is told with line and column: HAWSER_NET_CONFIG_INVALID', async () => {
    await using project = new NetProject();
    project.write('tunnels.yaml', 'sets:\n  default:\n    vai: direct\n');
    const { stderr, exitCode } = await project.run(['net', 'up']);
    expect(stderr).toContain('tunnels.yaml:3:5: sets.default.vai is not known; did you mean via?');
    expect(exitCode).toBe(2);
  });
});

describe('net doctor', () => {
  test('goes the way step by step, and ends with 1 at the one that fails', async () => {
    await using project = new NetProject();
    await using site = await Site.start();
    const good = await project.data<{ tunnels: { ok: boolean }[] }>([
      'net',
      'doctor',
      ...direct(`web=127.0.0.1:${site.port}`),
    ]);
    expectSchema('net-doctor', good);
    expect(good.tunnels).toMatchObject([{ name: 'web', ok: true }]);
    const { stdout, exitCode } = await project.run(['net', 'doctor', ...direct('web=127.0.0.1:1')]);
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/✗ target /);
  });
});
