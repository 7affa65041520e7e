import { chmodSync, existsSync, lstatSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { contextsDocument } from '@hawser/contexts';
import { describe, expect, test } from '@jest/globals';
import { runToEnd } from '../../../../test/support/run-to-end.js';
import { ACCOUNT, cluster, CtxPlace, token } from '../support/ctx-place.js';

const PROFILES = `# mine
active = "cloud" # by hand

[profiles.cloud]
PREFECT_API_KEY = "planted-key"   # never shown
UNKNOWN = "kept"
`;

const KUBECONFIG = `# mine
apiVersion: v1
kind: Config
preferences: {colors: true}
x-anchor: &ca LS0=
clusters:
  - name: other # first
    cluster: {server: https://other, certificate-authority-data: *ca}
contexts:
  - context: {cluster: other, user: other}
    name: other
current-context: other
users:
  - name: other
    user:
      token: planted-token
      # last
`;

function placeWithBoth(): CtxPlace {
  const at = new CtxPlace();
  at.write(at.profiles, PROFILES);
  at.write(at.kubeconfig, KUBECONFIG);
  return at;
}

describe('ctx init', () => {
  test('writes contexts.json as the committed one', async () => {
    const at = new CtxPlace();
    await at.init({
      kubernetes: { cluster: cluster(), token, namespace: 'web', roleArn: `arn:aws:iam::${ACCOUNT}:role/ops/Admin` },
    });
    const text = at.read(join(at.project, '.hawser/contexts.json')).replaceAll(at.folder, '/F');
    const stored = { ...(JSON.parse(text) as Record<string, unknown>), writtenAt: 'T' };
    const golden: unknown = JSON.parse(readFileSync(join(import.meta.dirname, '../fixtures/contexts.json'), 'utf8'));
    expect(stored).toEqual(golden);
    expect(statSync(join(at.project, '.hawser/contexts.json')).mode & 0o777).toBe(0o600);
  });

  test('makes missing files for their owner alone', async () => {
    const at = new CtxPlace();
    const { changed } = await at.init();
    expect(changed).toEqual([at.profiles, at.kubeconfig, join(at.project, '.hawser/contexts.json')]);
    expect(at.read(at.profiles)).toBe(
      'active = "hawser-staging"\n\n[profiles.hawser-staging]\nPREFECT_API_URL = "http://127.0.0.1:4200/api"\n',
    );
    for (const [path, mode] of [
      [at.profiles, 0o600],
      [join(at.home, '.prefect'), 0o700],
      [at.kubeconfig, 0o600],
    ] as const) {
      expect([path, statSync(path).mode & 0o777]).toEqual([path, mode]);
    }
  });

  test('adds to files and keeps every other byte; its diff shows no secret', async () => {
    const at = placeWithBoth();
    const plan = await at.plan();
    await at.apply(plan);
    for (const [path, before] of [
      [at.profiles, PROFILES],
      [at.kubeconfig, KUBECONFIG],
    ] as const) {
      const after = at.read(path).split('\n');
      const kept = before.split('\n').filter((line) => !/^(?:active|current-context)/.test(line));
      expect(kept.filter((line) => !after.includes(line))).toEqual([]);
    }
    expect(at.read(at.profiles)).toContain('active = "hawser-staging" # by hand\n');
    expect(plan.steps.map(({ file, isNew }) => [file, isNew])).toEqual([
      [at.profiles, false],
      [at.kubeconfig, false],
      [join(at.project, '.hawser/contexts.json'), true],
    ]);
    expect(JSON.stringify(plan.steps)).not.toContain('planted');
    expect(JSON.stringify((await at.store.document(contextsDocument).read()).data)).not.toContain('planted');
  });

  test('a second run has nothing to do, and touches no file', async () => {
    const at = placeWithBoth();
    const { changed } = await at.init();
    const before = changed.map((path) => at.mtime(path));
    const plan = await at.plan();
    expect([plan.steps, plan.unchanged]).toEqual([[], [at.profiles, at.kubeconfig]]);
    expect(await at.apply(plan)).toMatchObject({ changed: [] });
    expect(changed.map((path) => at.mtime(path))).toEqual(before);
  });

  test('a plan that is only looked at leaves no trace', async () => {
    const at = new CtxPlace();
    await at.plan();
    expect([existsSync(join(at.home, '.prefect')), existsSync(join(at.project, '.hawser'))]).toEqual([false, false]);
  });

  test('what others made and differs is only replaced with overwrite', async () => {
    const at = new CtxPlace();
    at.write(at.profiles, '[profiles.hawser-staging]\nPREFECT_API_URL = "http://elsewhere/api"\n');
    await expect(at.plan()).rejects.toMatchObject({
      code: 'HAWSER_CTX_EXISTS',
      exitCode: 2,
      message: `The PREFECT_API_URL of the profile hawser-staging is in ${at.profiles} already and differs.`,
    });
    await at.init({ overwrite: true });
    expect(at.read(at.profiles)).toContain('PREFECT_API_URL = "http://127.0.0.1:4200/api"\n');
    await at.remove();
    expect(at.read(at.profiles)).toBe('[profiles.hawser-staging]\nPREFECT_API_URL = "http://elsewhere/api"\n');
  });

  test('a kubeconfig entry that differs is named with what differs, not with its values', async () => {
    const at = new CtxPlace();
    const { arn } = cluster();
    at.write(
      at.kubeconfig,
      `clusters:\n- name: ${arn}\n  cluster: {server: https://old, certificate-authority-data: b2xk}\n`,
    );
    await expect(at.plan()).rejects.toMatchObject({
      code: 'HAWSER_CTX_EXISTS',
      message: `The cluster ${arn} is in ${at.kubeconfig} already and differs in cluster.server, cluster.certificate-authority-data, cluster.extensions.`,
    });
    await at.init({ overwrite: true });
    expect(at.read(at.kubeconfig)).not.toContain('https://old');
  });

  test('an entry that others made and that does as well is left, and stays when the context goes', async () => {
    const at = new CtxPlace();
    const { arn, endpoint, certificateAuthority } = cluster();
    const theirs = `clusters:\n- name: ${arn}\n  cluster:\n    server: ${endpoint}\n    certificate-authority-data: ${certificateAuthority}\n    proxy-url: socks5://localhost:1\n`;
    at.write(at.kubeconfig, theirs);
    await at.init();
    expect(at.read(at.kubeconfig).startsWith(theirs)).toBe(true);
    await at.remove();
    expect(at.read(at.kubeconfig)).toBe(theirs);
  });

  test('what it wrote itself follows new wishes, with the old ones in the history', async () => {
    const at = placeWithBoth();
    await at.init();
    const { record } = await at.init({
      prefect: { profile: 'other name', apiUrl: 'http://127.0.0.1:14200/api', tunnel: 'prefect' },
      kubernetes: { cluster: cluster(), token, namespace: 'jobs' },
    });
    expect(at.read(at.profiles)).toContain('[profiles."other name"]\nPREFECT_API_URL = "http://127.0.0.1:14200/api"\n');
    expect(at.read(at.profiles)).not.toContain('hawser-staging');
    expect(record?.kubernetes?.namespace).toBe('jobs');
    expect(record?.history).toMatchObject([
      { prefect: { profile: 'hawser-staging' }, kubernetes: { namespace: 'web' } },
    ]);
    await at.remove();
    expect([at.read(at.profiles), at.read(at.kubeconfig)]).toEqual([PROFILES, KUBECONFIG]);
  });

  test('without switching, profile and context are made but not chosen', async () => {
    const at = placeWithBoth();
    await at.init({ switches: false });
    expect(at.read(at.profiles)).toContain('active = "cloud" # by hand');
    expect(at.read(at.kubeconfig)).toContain('current-context: other\n');
    const { changed } = await at.use('staging');
    expect(changed).toHaveLength(3);
    expect(at.read(at.profiles)).toContain('active = "hawser-staging" # by hand');
    expect(at.read(at.kubeconfig)).toContain('current-context: staging\n');
    expect((await at.use('staging')).changed).toEqual([]);
    await at.remove();
    expect([at.read(at.profiles), at.read(at.kubeconfig)]).toEqual([PROFILES, KUBECONFIG]);
  });

  test('several roles of one cluster live side by side, and go one by one', async () => {
    const at = placeWithBoth();
    const role = (name: string): string => `arn:aws:iam::${ACCOUNT}:role/${name}`;
    const kubernetes = { cluster: cluster(), token };
    await at.init({ name: 'admin', prefect: undefined, kubernetes: { ...kubernetes, roleArn: role('Admin') } });
    await at.init({ name: 'reader', prefect: undefined, kubernetes: { ...kubernetes, roleArn: role('Reader') } });
    await at.init({
      name: 'away',
      prefect: undefined,
      kubernetes: { ...kubernetes, roleArn: 'arn:aws:iam::999999999999:role/Reader' },
    });
    const users = at.read(at.kubeconfig).match(/(?<=user: arn:\S+\/staging\/)\S+/g);
    expect(users).toEqual(['Admin', 'Reader', '999999999999/Reader']);
    expect(at.read(at.kubeconfig).match(/- name: arn:\S+cluster\/staging\n/g)).toHaveLength(1);
    const { notes } = await at.remove('admin');
    expect(notes).toEqual([expect.stringContaining('another context of ours needs it')]);
    await at.remove('reader');
    await at.remove('away');
    expect(at.read(at.kubeconfig)).toBe(KUBECONFIG);
  });

  test('through a tunnel the server is its port, and the certificate is checked for the real host', async () => {
    const at = new CtxPlace();
    const tunnel = { name: 'kube', host: '127.0.0.1', port: 16443 };
    await at.init({ prefect: undefined, kubernetes: { cluster: cluster(), token, awsProfile: 'dev', tunnel } });
    const text = at.read(at.kubeconfig);
    expect(text).toContain('server: https://127.0.0.1:16443\n');
    expect(text).toContain('tls-server-name: STAGING.gr7.eu-west-1.eks.amazonaws.com\n'.toLowerCase());
    expect(text).toContain('- name: AWS_PROFILE\n            value: dev\n');
  });

  test('an API server without a public endpoint is told of, unless a tunnel leads there', async () => {
    const at = new CtxPlace();
    const hidden = { ...cluster(), endpointPublicAccess: false };
    const { notes } = await at.plan({ kubernetes: { cluster: hidden, token } });
    expect(notes).toEqual([expect.stringContaining('--kube-tunnel')]);
  });

  test('links stay links, modes stay, and carriage returns are kept to', async () => {
    const at = new CtxPlace();
    const real = at.write(join(at.folder, 'dotfiles/kube.yaml'), KUBECONFIG.replaceAll('\n', '\r\n'));
    chmodSync(real, 0o640);
    at.write(join(at.home, '.kube/.keep'), '');
    symlinkSync(real, at.kubeconfig);
    await at.init({ prefect: undefined });
    expect(lstatSync(at.kubeconfig).isSymbolicLink()).toBe(true);
    expect(statSync(real).mode & 0o777).toBe(0o640);
    expect(at.read(real).replaceAll('\r\n', '')).not.toContain('\n');
    await at.remove();
    expect(at.read(real)).toBe(KUBECONFIG.replaceAll('\n', '\r\n'));
  });

  test('two names of one file in KUBECONFIG are one file', async () => {
    const at = new CtxPlace();
    const [one, two] = [join(at.home, 'one'), join(at.home, 'two')];
    at.write(one, KUBECONFIG);
    symlinkSync(one, two);
    const env = { KUBECONFIG: `${two}:${one}` };
    await at.init({ env, prefect: undefined });
    expect(at.read(one).match(/- name: staging/g)).toHaveLength(1);
    await at.remove('staging', { env });
    expect(at.read(one)).toBe(KUBECONFIG);
  });

  test('a kubeconfig that is given keeps its choice to itself', async () => {
    const at = placeWithBoth();
    const given = join(at.home, 'given');
    const kubernetes = { cluster: cluster(), token, kubeconfig: given };
    await at.init({ prefect: undefined, kubernetes, switches: false });
    await at.use('staging');
    expect([at.read(given).includes('current-context: staging'), at.read(at.kubeconfig)]).toEqual([true, KUBECONFIG]);
  });

  test('an environment or .env that beats the profile is told of', async () => {
    const at = new CtxPlace();
    at.write(join(at.project, '.env'), 'PREFECT_API_URL=http://elsewhere/api\n');
    expect((await at.plan()).notes).toEqual([
      'PREFECT_API_URL is http://elsewhere/api in .env, which beats every profile: take it out of .env.',
    ]);
  });

  test('a secret is only written when it is given, and only into the profile', async () => {
    const at = new CtxPlace();
    const prefect = { profile: 'p', apiUrl: 'http://here/api', apiKey: 'planted-key' };
    const plan = await at.plan({ prefect });
    await at.apply(plan);
    expect(at.read(at.profiles)).toContain('PREFECT_API_KEY = "planted-key"\n');
    expect(JSON.stringify(plan)).not.toContain('planted-key');
    expect(at.read(join(at.project, '.hawser/contexts.json'))).not.toContain('planted-key');
    await at.remove();
    expect(at.read(at.profiles)).not.toContain('planted-key');
  });

  test('a secret stays when the same address is asked for again without it, and goes with the address', async () => {
    const at = new CtxPlace();
    const prefect = { profile: 'p', apiUrl: 'http://here/api' };
    await at.init({ prefect: { ...prefect, apiKey: 'planted-key' } });
    expect((await at.plan({ prefect })).steps).toEqual([]);
    await at.init({ prefect: { profile: 'p', apiUrl: 'http://elsewhere/api' } });
    expect(at.read(at.profiles)).not.toContain('planted-key');
  });

  test.each([
    [{ name: ' ' }, "' ' cannot be the name of a context."],
    [{ prefect: { profile: 'a\nb', apiUrl: 'http://h/api' } }, "'a\nb' cannot be the name of a profile."],
    [{ prefect: undefined, kubernetes: undefined }, 'The context staging would point nothing anywhere.'],
    [
      { kubernetes: { cluster: cluster('c', { status: 'CREATING' }), token } },
      'The cluster c is CREATING: it cannot be used.',
    ],
    [{ kubernetes: { cluster: cluster(), token, roleArn: 'Admin' } }, "'Admin' is no ARN of a role."],
    [{ kubernetes: { cluster: cluster('c', { arn: 'c' }), token } }, "'c' is no ARN of an EKS cluster."],
  ])('what cannot be is refused: %j', async (wish, message) => {
    const at = new CtxPlace();
    await expect(at.plan(wish)).rejects.toMatchObject({ code: 'HAWSER_CTX_BAD_INPUT', exitCode: 2, message });
  });

  test.each([
    ['.kube/config', 'clusters: {a: 1}\n', "'clusters' is not a list"],
    ['.kube/config', 'users: [text]\n', "'users' holds something that is not a map"],
    ['.kube/config', 'a: [\n', 'cannot be read as kubeconfig'],
    ['.prefect/profiles.toml', 'profiles = 1\n', "'profiles' is not a table"],
    ['.prefect/profiles.toml', '[profiles]\nhawser-staging = "x"\n', "'profiles.hawser-staging' is not a table"],
    ['.prefect/profiles.toml', 'active = \n', 'cannot be read as TOML'],
  ])('a broken %s is named and left: %j', async (name, text, why) => {
    const at = new CtxPlace();
    const path = at.write(join(at.home, name), text);
    await expect(at.plan()).rejects.toMatchObject({
      code: 'HAWSER_CTX_FILE_INVALID',
      exitCode: 2,
      message: expect.stringContaining(why),
      details: { file: path },
    });
    expect(at.read(path)).toBe(text);
  });
});

describe('ctx remove and ctx use', () => {
  test('what was edited since is refused, and taken with overwrite', async () => {
    const at = placeWithBoth();
    await at.init();
    at.write(at.kubeconfig, at.read(at.kubeconfig).replace('namespace: web', 'namespace: mine'));
    await expect(at.remove()).rejects.toMatchObject({
      code: 'HAWSER_CTX_EDITED',
      exitCode: 2,
      message: `contexts.staging in ${at.kubeconfig} was edited since it was written.`,
    });
    await expect(at.plan({ kubernetes: { cluster: cluster(), token, namespace: 'jobs' } })).rejects.toMatchObject({
      code: 'HAWSER_CTX_EDITED',
    });
    await at.remove('staging', { overwrite: true });
    expect(at.read(at.kubeconfig)).toBe(KUBECONFIG);
  });

  test('what is gone already is no error, and what somebody chose since stays chosen', async () => {
    const at = placeWithBoth();
    await at.init();
    at.write(at.profiles, PROFILES.replace('cloud" # by hand', 'local" # by hand'));
    at.write(at.kubeconfig, at.read(at.kubeconfig).replace('current-context: staging', 'current-context: ""'));
    await at.remove();
    expect(at.read(at.profiles)).toBe(PROFILES.replace('cloud" # by hand', 'local" # by hand'));
    expect(at.read(at.kubeconfig)).toBe(KUBECONFIG.replace('current-context: other', 'current-context: ""'));
  });

  test("settings that others put into our profile stay, and a user that others' contexts need", async () => {
    const at = new CtxPlace();
    await at.init();
    at.write(at.profiles, `${at.read(at.profiles)}PREFECT_LOGGING_LEVEL = "DEBUG"\n`);
    const theirs = `  - name: theirs\n    context: {cluster: x, user: ${cluster().arn}/default}\n`;
    at.write(at.kubeconfig, at.read(at.kubeconfig).replace('contexts:\n', `contexts:\n${theirs}`));
    const { notes } = await at.remove();
    expect(at.read(at.profiles)).toBe('\n[profiles.hawser-staging]\nPREFECT_LOGGING_LEVEL = "DEBUG"\n');
    expect(notes).toEqual([
      `users.${cluster().arn}/default in ${at.kubeconfig} stays: a context that is not ours uses it.`,
    ]);
  });

  test('contexts made one after another give the choice back one after another, in any order', async () => {
    const at = placeWithBoth();
    for (const name of ['one', 'two']) {
      await at.init({
        name,
        prefect: { profile: name, apiUrl: 'http://h/api' },
        kubernetes: { cluster: cluster(name), token },
      });
    }
    await at.remove('one');
    expect(at.read(at.profiles)).toContain('active = "two"');
    await at.remove('two');
    expect([at.read(at.profiles), at.read(at.kubeconfig)]).toEqual([PROFILES, KUBECONFIG]);
    expect((await at.store.document(contextsDocument).read()).data).toEqual({ contexts: {} });
  });

  test('a profile another context of ours wants otherwise is not taken from it', async () => {
    const at = new CtxPlace();
    await at.init();
    await expect(
      at.plan({ name: 'second', prefect: { profile: 'hawser-staging', apiUrl: 'http://h/api' } }),
    ).rejects.toMatchObject({
      code: 'HAWSER_CTX_EXISTS',
      message: expect.stringContaining('as the context staging wants it'),
    });
  });

  test('an unknown context, and one whose entry is gone', async () => {
    const at = new CtxPlace();
    await expect(at.use('nowhere')).rejects.toMatchObject({ code: 'HAWSER_CTX_NOT_FOUND', exitCode: 2 });
    await expect(at.remove('nowhere')).rejects.toMatchObject({ code: 'HAWSER_CTX_NOT_FOUND' });
    await at.init();
    at.write(at.profiles, '');
    await expect(at.use('staging')).rejects.toMatchObject({
      code: 'HAWSER_CTX_NOT_FOUND',
      message: `The profile hawser-staging is not in ${at.profiles} any more.`,
      hint: 'hawser ctx init staging writes it again.',
    });
  });
});

describe('contexts.json', () => {
  test('is validated by its schema as it is written', async () => {
    const root = join(import.meta.dirname, '../..');
    const made = await runToEnd(process.execPath, [join(root, 'compile-schemas.mjs'), '--print']);
    expect(made).toEqual({
      code: 0,
      stdout: readFileSync(join(root, 'src/plan/contexts-validator.generated.ts'), 'utf8'),
      stderr: '',
    });
  });

  test("takes upstream's entries over, the earlier ones as history", async () => {
    const at = new CtxPlace();
    const entry = (url: string, recorded_at: string): object => ({
      prefect: { profile: 'hotpass-staging', api_url: url, namespace: 'web' },
      kubernetes: { cluster: 'c', context: 'k', kubeconfig: null, namespace: 'web' },
      recorded_at,
    });
    const entries = [
      entry('http://127.0.0.1:4200/api', '2025-10-31T00:00:00Z'),
      entry('http://127.0.0.1:4201/api', '2025-11-01T00:00:00Z'),
      { prefect: {}, kubernetes: { cluster: 'only', kubeconfig: '/k' }, recorded_at: '2025-11-02T00:00:00Z' },
      'nonsense',
    ];
    at.write(join(at.project, '.hawser/contexts.json'), JSON.stringify({ entries }));
    const { data } = await at.store.document(contextsDocument).read();
    const kubernetes = { context: 'k', cluster: 'c', namespace: 'web' };
    expect(data).toEqual({
      current: 'only',
      contexts: {
        'hotpass-staging': {
          prefect: { profile: 'hotpass-staging', apiUrl: 'http://127.0.0.1:4201/api' },
          kubernetes,
          createdAt: '2025-10-31T00:00:00Z',
          updatedAt: '2025-11-01T00:00:00Z',
          written: [],
          history: [
            {
              prefect: { profile: 'hotpass-staging', apiUrl: 'http://127.0.0.1:4200/api' },
              kubernetes,
              until: '2025-11-01T00:00:00Z',
            },
          ],
        },
        only: {
          kubernetes: { context: 'only', cluster: 'only', kubeconfig: '/k' },
          createdAt: '2025-11-02T00:00:00Z',
          updatedAt: '2025-11-02T00:00:00Z',
          written: [],
          history: [],
        },
      },
    });
    await expect(at.use('hotpass-staging')).rejects.toMatchObject({
      code: 'HAWSER_CTX_BAD_INPUT',
      hint: expect.stringContaining('hawser ctx init hotpass-staging'),
    });
  });
});
