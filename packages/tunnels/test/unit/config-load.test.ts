import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { distrustTunnels, loadTunnels, pickSet, trustTunnels } from '../../src/config/load.js';
import type { TunnelsError } from '../../src/errors.js';

let folder = '';
let home = '';
let project = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hawser-config-'));
  home = join(folder, 'home');
  project = join(home, 'project');
  await mkdir(project, { recursive: true });
});
afterEach(async () => rm(folder, { recursive: true, force: true }));

const places = (): { from: string; env: Record<string, string>; home: string } => ({ from: project, env: {}, home });
const ownFile = (): string => join(home, '.config/hawser/tunnels.yaml');

async function write(text: string | Uint8Array, path = join(project, 'tunnels.yaml')): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}

async function failure(work: Promise<unknown> | (() => unknown)): Promise<TunnelsError> {
  try {
    await (typeof work === 'function' ? work() : work);
  } catch (error) {
    return error as TunnelsError;
  }
  throw new Error('It did not fail.');
}

const staging = `sets:
  staging:
    via: {kind: ssh-bastion, host: bastion.example.com}
    tunnels:
      prefect:
        local: 4200
        to: prefect.staging.internal:4200
        probe: {http: /api/ready}
        env: {PREFECT_API_URL: "http://{addr}/api"}
    lazy: true
    ttl: 12h
`;

describe('a file', () => {
  test('becomes specifications with everything decided', async () => {
    await write(staging);
    const { files, sets } = await loadTunnels(places());
    expect(files).toEqual([join(project, 'tunnels.yaml')]);
    expect(sets).toEqual([
      {
        name: 'staging',
        untrusted: [],
        tunnels: [
          {
            name: 'prefect',
            set: 'staging',
            via: { kind: 'ssh-bastion', host: 'bastion.example.com' },
            to: { host: 'prefect.staging.internal', port: 4200 },
            local: { port: 4200 },
            probe: { kind: 'http', path: '/api/ready' },
            env: { PREFECT_API_URL: 'http://{addr}/api' },
            lazy: true,
            ttlMs: 12 * 3_600_000,
          },
        ],
      },
    ]);
  });

  test.each([
    ['via: {kind: ssh, host: b}', { via: { kind: 'ssh-bastion', host: 'b' } }],
    ['via: direct', { via: { kind: 'direct' } }],
    ['via: {kind: ssm, target: {tag: {role: bastion}}}', { via: { kind: 'ssm', target: 'tag:role=bastion' } }],
    ['via: {kind: ssm, target: {name: web-1}}', { via: { kind: 'ssm', target: 'tag:Name=web-1' } }],
    ['via: {kind: ssm, target: {id: i-0123456789abcdef0}}', { via: { kind: 'ssm', target: 'i-0123456789abcdef0' } }],
    ['via: {kind: ssm, target: web-1, lanes: 4}', { via: { kind: 'ssm', target: 'web-1', lanes: 4 } }],
    [
      'via: {kind: ssh, host: b, jump: [a, u@c:22], options: {Compression: true, ConnectTimeout: 5}}',
      { via: { kind: 'ssh-bastion', host: 'b', jump: 'a,u@c:22', options: ['Compression=yes', 'ConnectTimeout=5'] } },
    ],
    [
      'via: [{kind: ssm, target: web-1}, {kind: ssh, host: b}]',
      {
        via: {
          kind: 'chain',
          hops: [
            { kind: 'ssm', target: 'web-1' },
            { kind: 'ssh-bastion', host: 'b' },
          ],
        },
      },
    ],
    ['via: {kind: chain, hops: [direct: 1]}', undefined],
    [
      'via: {kind: kube, context: staging, namespace: apps}',
      { via: { kind: 'kube', context: 'staging', namespace: 'apps' } },
    ],
    ['to: "[2001:db8::1]:5432"', { to: { host: '2001:db8::1', port: 5432 } }],
    ['to: svc/prefect:4200', { to: { host: 'svc/prefect', port: 4200 } }],
    ['to: app=web,tier=api:80', { to: { host: 'app=web,tier=api', port: 80 } }],
    ['to: unix:/run/app.sock', { to: { path: '/run/app.sock' } }],
    ['to: {host: db, port: 5432}', { to: { host: 'db', port: 5432 } }],
    ['to: {path: /run/app.sock}', { to: { path: '/run/app.sock' } }],
    ['to: "::1:80"', undefined],
    ['to: db:0', undefined],
    ['to: db:65536', undefined],
    ['to: db', undefined],
    ['local: 0', { local: { port: 0 } }],
    ['local: {host: 127.0.0.2, port: 4200}', { local: { host: '127.0.0.2', port: 4200 } }],
    ['local: {host: localhost, port: 4200}', { local: { port: 4200 } }],
    ['local: 65536', undefined],
    ['local: "4200abc"', undefined],
    ['local: {host: 127.0.0.1}', undefined],
    ['local: {port: 1, path: x}', undefined],
    ['probe: postgres', { probe: { kind: 'postgres' } }],
    [
      'probe: {http: /x, status: [200, 401], body: ok}',
      { probe: { kind: 'http', path: '/x', status: [200, 401], body: 'ok' } },
    ],
    ['probe: {http: x}', undefined],
    ['probe: "{http: /x}"', undefined],
    ['hold: 500ms', { holdMs: 500 }],
    ['idle: 1h30m', { idleMs: 5_400_000 }],
    ['ttl: 600h', undefined],
    ['ttl: 0s', undefined],
    ['ttl: 90', undefined],
    ['onPortConflict: reuse', { onPortConflict: 'reuse' }],
  ])('%s', async (line, expected) => {
    const fields = ['via: direct', 'to: x:1', line];
    const last = new Map(fields.map((field) => [field.split(':')[0], field]));
    await write(
      `sets:\n  s:\n    tunnels:\n      t:\n${[...last.values()].map((field) => `        ${field}\n`).join('')}`,
    );
    const loading = loadTunnels(places());
    if (expected) expect((await loading).sets[0]?.tunnels[0]).toMatchObject(expected);
    else expect(await failure(loading)).toMatchObject({ code: 'HAWSER_NET_CONFIG_INVALID', exitCode: 2 });
  });

  test('is found upwards as far as the git root, and not in the home folder', async () => {
    await write(staging);
    const deep = join(project, 'a/b');
    await mkdir(deep, { recursive: true });
    expect((await loadTunnels({ ...places(), from: deep })).sets).toHaveLength(1);
    await mkdir(join(project, 'a/.git'));
    expect((await loadTunnels({ ...places(), from: deep })).sets).toHaveLength(0);
    await write(staging, join(home, 'tunnels.yaml'));
    expect((await loadTunnels({ ...places(), from: home })).sets).toHaveLength(0);
  });

  test('paths in it are relative to it, and ~ is the home folder', async () => {
    await write(
      'sets: {s: {via: {kind: ssh, host: b, identityFile: ~/.ssh/id}, tunnels: {t: {to: "x:1", local: {path: run/s}}}}}',
    );
    const [set] = (await loadTunnels(places())).sets;
    expect(set?.tunnels[0]).toMatchObject({
      via: { identityFile: join(home, '.ssh/id') },
      local: { path: join(project, 'run/s') },
    });
  });
});

describe("a person's own file", () => {
  test('wins set by set and tunnel by tunnel, and adds variables', async () => {
    await write(staging);
    await write(
      `sets:
  staging:
    ttl: 1h
    tunnels:
      prefect: {local: 14200, env: {EXTRA: "{port}"}}
      db: {to: "db:5432"}
  mine: {via: direct, tunnels: {x: {to: "x:1"}}}
`,
      ownFile(),
    );
    const { files, sets } = await loadTunnels(places());
    expect(files).toEqual([join(project, 'tunnels.yaml'), ownFile()]);
    expect(sets.map(({ name }) => name)).toEqual(['staging', 'mine']);
    expect(sets[0]?.tunnels).toMatchObject([
      {
        name: 'prefect',
        local: { port: 14_200 },
        to: { host: 'prefect.staging.internal' },
        ttlMs: 3_600_000,
        env: { PREFECT_API_URL: 'http://{addr}/api', EXTRA: '{port}' },
      },
      { name: 'db', via: { host: 'bastion.example.com' } },
    ]);
  });

  test.each(['XDG_CONFIG_HOME', 'HAWSER_CONFIG_DIR'])('is looked for where %s says', async (variable) => {
    const elsewhere = join(folder, 'elsewhere');
    const path =
      variable === 'XDG_CONFIG_HOME' ? join(elsewhere, 'hawser/tunnels.yaml') : join(elsewhere, 'tunnels.yaml');
    await write(staging, path);
    expect((await loadTunnels({ ...places(), env: { [variable]: elsewhere } })).files).toEqual([path]);
  });

  test('may say what a project may not', async () => {
    await write(
      'sets: {s: {via: {kind: ssh, host: b, options: [ProxyCommand=x]}, tunnels: {t: {to: "x:1"}}}}',
      ownFile(),
    );
    expect(pickSet(await loadTunnels(places()), 's')).toMatchObject([{ via: { options: ['ProxyCommand=x'] } }]);
  });
});

describe('complaints', () => {
  test('name file, line and column, what may stand there, and the word that was meant', async () => {
    await write(`sets:
  staging:
    via: {kind: ssh, host: b}
    tunels: {}
  other:
    via: {kind: ssm, target: web, lanes: 17}
    tunnels:
      a: {to: x:1, local: 70000, ttl: 5}
`);
    const error = await failure(loadTunnels(places()));
    expect(error.message.split('\n')).toEqual([
      'tunnels.yaml:4:5: sets.staging.tunels is not known; did you mean tunnels?',
      'tunnels.yaml:6:42: sets.other.via.lanes may be a number from 1 to 16.',
      'tunnels.yaml:8:27: sets.other.tunnels.a.local may be a port from 0 to 65535, {host, port} or {path}.',
      'tunnels.yaml:8:39: sets.other.tunnels.a.ttl may be a duration such as 90s, 15m or 12h.',
    ]);
    expect(error.details?.['complaints']).toHaveLength(4);
  });

  test('name a kind that is neither ours nor that of a plugin which is installed', async () => {
    const text = 'sets: {s: {via: [{kind: ssh, host: b}, {kind: relay, at: [x]}], tunnels: {t: {to: "x:1"}}}}';
    await write(text);
    const error = await failure(loadTunnels(places()));
    expect(error.message).toBe(
      'tunnels.yaml:1:47: sets.s.via.1.kind may be ssh-bastion, ssh, ssm, kube, direct, or what a plugin adds.',
    );
    // With the plugin there it can be read; what the rest of it does is for the person to decide.
    const loaded = await loadTunnels({ ...places(), providers: ['relay'] });
    const relay = { kind: 'plugin', provider: 'relay', settings: { at: ['x'] } };
    expect(loaded.sets[0]?.tunnels[0]?.via).toEqual({
      kind: 'chain',
      hops: [{ kind: 'ssh-bastion', host: 'b' }, relay],
    });
    expect(loaded.sets[0]?.untrusted).toMatchObject([
      { message: expect.stringContaining('is of a plugin') as unknown },
    ]);
  });

  test.each([
    ['sets: {a: 1, a: 2}', '1:14: Map keys must be unique.'],
    ['sets: *x', '1:1: Unresolved alias'],
    ['sets: !!js/function x', '1:7: Unresolved tag'],
    ['- 1', '1:1: may be a map with sets.'],
    ['', '1:1: may be a map with sets.'],
    ['sets: {s: {via: direct, tunnels: {"-t": {to: "x:1"}}}}', '1:35: sets.s.tunnels.-t is no name'],
    ['sets: {s: {via: direct, tunnels: {"__proto__": {to: "x:1"}}}}', '1:35: sets.s.tunnels.__proto__ is no name'],
    ['sets: {s: {via: direct, tunnels: {t: {}}}}', '1:35: sets.s.tunnels.t has no via or no to'],
    ['sets: {s: {tunnels: {t: {to: "x:1"}}}}', '1:22: sets.s.tunnels.t has no via or no to'],
    ['sets: {s: {via: {kind: ssh}}}', '1:12: sets.s.via has no host.'],
    ['sets: {s: {via: {kind: ssh, host: -oProxyCommand=x}}}', '1:35: sets.s.via.host may be a host'],
    ['sets: {s: {via: {kind: ssh, host: "a;b"}}}', '1:35: sets.s.via.host may be a host'],
    ['sets: {s: {via: {kind: ssh, host: a, user: -l}}}', '1:44: sets.s.via.user may be a user name'],
    ['sets: {s: {via: {kind: ssh, host: a, jump: "-J"}}}', '1:44: sets.s.via.jump may be'],
    ['sets: {s: {via: {kind: ssh, host: a, options: ["-F x"]}}}', '1:48: sets.s.via.options.0 may be NAME=VALUE.'],
    [
      'sets: {s: {via: {kind: ssh, host: a, options: ["Port=1\\nProxyCommand=x"]}}}',
      '1:48: sets.s.via.options.0 may be',
    ],
  ])('%j', async (text, expected) => {
    await write(text);
    const error = await failure(loadTunnels(places()));
    expect(error.code).toBe('HAWSER_NET_CONFIG_INVALID');
    expect(error.message).toContain(`tunnels.yaml:${expected}`);
  });

  test('aliases that multiply are refused', async () => {
    const levels = Array.from(
      { length: 9 },
      (_, i) => `x-${i + 1}: &a${i + 1} [${Array(9).fill(`*a${i}`).join(', ')}]`,
    );
    await write(`x-0: &a0 [1]\n${levels.join('\n')}\nsets: {}\n`);
    expect(await failure(loadTunnels(places()))).toMatchObject({ code: 'HAWSER_NET_CONFIG_INVALID' });
  });

  test.each([
    ['is larger than any project needs', `sets: {}\n#${'x'.repeat(256 * 1024)}`, 'larger than 256 KiB'],
    ['is nested without end', '['.repeat(5000), 'nested more than 32 levels'],
    ['is not UTF-8', new Uint8Array([0x73, 0xff, 0xfe]), 'not UTF-8'],
  ])('a file that %s', async (_what, text, expected) => {
    await write(text);
    const error = await failure(loadTunnels(places()));
    expect([error.code, error.message]).toEqual(['HAWSER_NET_CONFIG_INVALID', expect.stringContaining(expected)]);
  });

  test('what is no file is not waited for', async () => {
    execFileSync('mkfifo', [join(project, 'tunnels.yaml')]);
    expect((await failure(loadTunnels(places()))).message).toContain('is no file');
    await rm(join(project, 'tunnels.yaml'));
    await symlink('/dev/zero', join(project, 'tunnels.yaml'));
    expect((await failure(loadTunnels(places()))).message).toContain('is no file');
  });

  test('a set that is not there: HAWSER_NET_SET_NOT_FOUND', async () => {
    const none = await failure(async () => pickSet(await loadTunnels(places()), 'default'));
    expect(none).toMatchObject({ code: 'HAWSER_NET_SET_NOT_FOUND', exitCode: 2 });
    await write(staging);
    const near = await failure(async () => pickSet(await loadTunnels(places()), 'stagin'));
    expect(near.hint).toBe('Did you mean staging?');
    const far = await failure(async () => pickSet(await loadTunnels(places()), 'default'));
    expect(far.hint).toBe('There are: staging.');
  });
});

describe('what a project may not decide', () => {
  const ssh = (more: string): string => `sets: {s: {via: {kind: ssh, host: b, ${more}}, tunnels: {t: {to: "x:1"}}}}`;
  const tunnel = (more: string): string => `sets: {s: {via: direct, tunnels: {t: {to: "x:1", ${more}}}}}`;
  const refused = [
    ...['ProxyCommand', 'proxycommand', 'LocalCommand', 'PermitLocalCommand', 'PKCS11Provider', 'SecurityKeyProvider']
      .concat([
        'Include',
        'Match',
        'IdentityAgent',
        'IdentityFile',
        'CertificateFile',
        'SendEnv',
        'SetEnv',
        'ControlPath',
      ])
      .concat([
        'ControlMaster',
        'ForwardAgent',
        'ForwardX11',
        'XAuthLocation',
        'KnownHostsCommand',
        'UserKnownHostsFile',
      ])
      .concat(['GlobalKnownHostsFile', 'StrictHostKeyChecking', 'VerifyHostKeyDNS', 'UpdateHostKeys', 'HostKeyAlias'])
      .concat(['Hostname', 'ProxyJump', 'ProxyUseFdpass', 'RemoteCommand', 'RemoteForward', 'LocalForward'])
      .concat(['DynamicForward', 'GatewayPorts', 'Tunnel', 'BindAddress', 'NoHostAuthenticationForLocalhost'])
      .map((option) => ssh(`options: [${option}=x]`)),
    ssh('options: ["ProxyCommand x"]'),
    ssh('options: {ProxyCommand: x}'),
    ssh('options: ["User=-oProxyCommand=x"]'),
    ssh('options: ["User=a;b"]'),
    ssh('options: ["Port=`x`"]'),
    ssh('configFile: ./ssh_config'),
    ssh('acceptNewHostKey: true'),
    ssh('identityFile: ./key'),
    ssh('identityFile: /etc/key'),
    ssh('identityFile: ~/.ssh/../key'),
    ssh('identityFile: ~/.aws/credentials'),
    'sets: {s: {via: {kind: ssm, target: w, endpointUrl: "http://evil"}, tunnels: {t: {to: "x:1"}}}}',
    'sets: {s: {via: {kind: kube, kubeconfig: ./kubeconfig}, tunnels: {t: {to: "x:1"}}}}',
    'sets: {s: {via: [{kind: ssm, target: w}, {kind: ssh, host: b, options: [ProxyCommand=x]}], tunnels: {t: {to: "x:1"}}}}',
    'sets: {s: {via: {kind: chain, hops: [{kind: direct}, {kind: ssh, host: b, configFile: x}]}, tunnels: {t: {to: "x:1"}}}}',
    'sets: {s: {tunnels: {t: {to: "x:1", via: {kind: ssh, host: b, options: [ProxyCommand=x]}}}}}',
    tunnel('local: {host: 0.0.0.0, port: 1}'),
    tunnel('local: {host: "::", port: 1}'),
    tunnel('local: {host: 192.168.1.7, port: 1}'),
    tunnel('local: {path: /tmp/x}'),
    tunnel('local: {path: ../x}'),
    tunnel('local: {path: ~/x}'),
    'sets: {s: {via: direct, tunnels: {t: {to: "unix:/var/run/docker.sock"}}}}',
    'sets: {s: {via: {kind: direct}, tunnels: {t: {to: {path: /var/run/docker.sock}}}}}',
    ...[
      'LD_PRELOAD',
      'PATH',
      'NODE_OPTIONS',
      'PYTHONPATH',
      'BASH_ENV',
      'GIT_SSH_COMMAND',
      'HTTPS_PROXY',
      'ENV',
      'EDITOR',
    ]
      .concat([
        'DYLD_INSERT_LIBRARIES',
        'JAVA_TOOL_OPTIONS',
        'AWS_ENDPOINT_URL',
        'HAWSER_STATE_DIR',
        'KUBECONFIG',
        'PYTHONSTARTUP',
        'INPUTRC',
        'PIP_INDEX_URL',
        'HOME',
      ])
      .map((name) => tunnel(`env: {${name}: "{addr}"}`)),
    tunnel('env: {APP_URL: "http://evil.example"}'),
    tunnel('env: {APP_URL: "http://{addr}@evil.example/"}'),
    tunnel('env: {APP_URL: "x {addr}"}'),
    tunnel('env: {APP_URL: "{addr}/evil.so"}'),
  ];

  test.each(refused)('%s', async (text) => {
    await write(text);
    const loaded = await loadTunnels(places());
    const error = await failure(() => pickSet(loaded, 's'));
    expect(error).toMatchObject({ code: 'HAWSER_NET_CONFIG_UNTRUSTED', exitCode: 2 });
    expect(error.message).toMatch(/^tunnels\.yaml:1:\d+: sets\.s\./);
    await trustTunnels(places());
    expect(pickSet(await loadTunnels(places()), 's')).toHaveLength(1);
  });

  test.each([
    ssh('options: [Compression=yes, "ServerAliveInterval 5", ConnectTimeout=3, User=me, Port=2222]'),
    ssh('options: {HostKeyAlgorithms: "+ssh-rsa,ssh-ed25519"}'),
    ssh('identityFile: ~/.ssh/work/id_ed25519'),
    ssh('user: me, port: 22, jump: "a@b:22,[::1]:22"'),
    tunnel('local: {host: 127.0.0.9, port: 1}'),
    tunnel('local: {host: "::1", port: 1}'),
    tunnel('local: {path: .run/x}'),
    tunnel(
      'env: {PREFECT_API_URL: "http://{addr}/api", DB_HOST: "{host}", DB_PORT: "{port}", DSN: "postgres://{host}:{port}/x?y=1"}',
    ),
  ])('but this it may: %s', async (text) => {
    await write(text);
    expect(pickSet(await loadTunnels(places()), 's')).toHaveLength(1);
  });

  test('a trusted file that changes is not trusted any more, nor the same text in another place', async () => {
    const text = ssh('options: [ProxyCommand=x]');
    await write(text);
    const { allows, path } = await trustTunnels(places());
    expect(allows).toHaveLength(1);
    expect(path).toBe(join(project, 'tunnels.yaml'));
    await write(`${text} `);
    expect((await loadTunnels(places())).sets[0]?.untrusted).toHaveLength(1);
    await write(text);
    expect((await loadTunnels(places())).sets[0]?.untrusted).toHaveLength(0);
    await write(text, join(home, 'other/tunnels.yaml'));
    expect((await loadTunnels({ ...places(), from: join(home, 'other') })).sets[0]?.untrusted).toHaveLength(1);
    expect(await distrustTunnels(places())).toEqual({ path, was: true });
    expect((await loadTunnels(places())).sets[0]?.untrusted).toHaveLength(1);
    expect(await distrustTunnels(places())).toEqual({ path, was: false });
  });

  test('one set that asks for it does not stop another', async () => {
    await write(
      'sets: {a: {via: {kind: ssh, host: b, configFile: x}, tunnels: {t: {to: "x:1"}}}, b: {via: direct, tunnels: {t: {to: "x:1"}}}}',
    );
    expect(pickSet(await loadTunnels(places()), 'b')).toHaveLength(1);
  });

  test('where there is no file there is nothing to trust: HAWSER_NET_BAD_INPUT', async () => {
    expect(await failure(trustTunnels(places()))).toMatchObject({ code: 'HAWSER_NET_BAD_INPUT', exitCode: 2 });
  });
});
