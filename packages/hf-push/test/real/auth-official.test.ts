import { readFileSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from '@jest/globals';
import { discoverToken } from '../../src/auth/discover.js';
import { formatIni, parseIni } from '../../src/auth/ini.js';
import { tokenFiles } from '../../src/auth/paths.js';
import { forgetToken, saveToken } from '../../src/auth/token-store.js';
import { describeReal } from '../../../../test/support/counterparts.js';
import { runToEnd } from '../../../../test/support/run-to-end.js';
import { folderWith } from '../support/folders.js';
import { startHub } from '../support/hub.js';

type Environment = Readonly<Record<string, string>>;

/** What the official library answers in each of these environments, as if it had been started in it. */
const LOOK = `
import importlib, json, os, sys
import huggingface_hub
from huggingface_hub import constants
from huggingface_hub.utils import _auth
answers = []
for environment in json.load(sys.stdin):
    os.environ.clear()
    os.environ.update(environment)
    importlib.reload(constants)
    _auth._OAUTH_REFRESH_CACHE = _auth._OIDC_TOKEN_CACHE = None
    try:
        token = _auth.get_token()
    except Exception as error:
        token = type(error).__name__
    answers.append({
        "token": token,
        "path": constants.HF_TOKEN_PATH,
        "stored": constants.HF_STORED_TOKENS_PATH,
        "all": _auth._read_stored_tokens_full(),
    })
print(json.dumps(answers))
`;

interface Looked {
  readonly token: string | null;
  readonly path: string;
  readonly stored: string;
  readonly all: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

describeReal('huggingface_hub', (path) => {
  async function python(code: string, env: Environment, input = ''): Promise<string> {
    const { PATH } = process.env;
    const ended = await runToEnd(path('huggingface_hub'), ['-c', code], { env: { PATH, ...env }, input });
    if (ended.code !== 0) throw new Error(`${ended.stdout}\n${ended.stderr}`);
    return ended.stdout;
  }
  async function official(environments: readonly Environment[]): Promise<readonly Looked[]> {
    return JSON.parse(await python(LOOK, {}, JSON.stringify(environments))) as readonly Looked[];
  }

  test('finds the same token in the same place, whatever the environment', async () => {
    const emulator = await startHub();
    const home = folderWith({
      '.cache/huggingface/token': 'hf_default\n',
      'xdg/huggingface/token': 'hf_xdg',
      'hf/token': ' hf_home\r\n',
      'hf/stored_tokens': '[one]\nhf_token = hf_home\n\n[two]\nhf_token = hf_two\n',
      'blank/token': ' \n',
      'mine/token.txt': 'hf_mine',
      'fresh/token': 'hf_fresh',
      'fresh/stored_tokens': '[oauth]\nhf_token = hf_fresh\nrefresh_token = r\nexpires_at = 99999999999\n',
    });
    const jwt = (audience: string): string =>
      ['{}', JSON.stringify({ aud: audience }), ''].map((part) => Buffer.from(part).toString('base64url')).join('.');
    const oidc = { HF_OIDC_RESOURCE: 'spaces/hawser/x', HF_ENDPOINT: emulator.endpoint };
    const places: readonly Environment[] = [
      {},
      { XDG_CACHE_HOME: join(home, 'xdg') },
      { XDG_CACHE_HOME: '~/xdg' },
      { XDG_CACHE_HOME: join(home, 'xdg'), HF_HOME: join(home, 'hf') },
      { HF_HOME: '~/hf' },
      { HF_HOME: '$BASE/hf', BASE: home },
      { HF_HOME: '${BASE}/hf', BASE: home },
      { HF_HOME: '$NOBODY/hf' },
      { HF_HOME: '' },
      { XDG_CACHE_HOME: '' },
      { HF_HOME: join(home, 'nothing') },
      { HF_HOME: join(home, 'blank') },
      { HF_HOME: join(home, 'fresh') },
      { HF_TOKEN_PATH: join(home, 'mine/token.txt'), HF_HOME: join(home, 'hf') },
      { HF_TOKEN_PATH: '~/mine/token.txt' },
      { HF_TOKEN_PATH: '$HOME/nothing/token.txt' },
    ];
    const givens: readonly Environment[] = [
      {},
      { HF_TOKEN: 'hf_env' },
      { HF_TOKEN: ' hf_env\r\n' },
      { HUGGING_FACE_HUB_TOKEN: 'hf_old' },
      { HF_TOKEN: 'hf_env', HUGGING_FACE_HUB_TOKEN: 'hf_old' },
      { HF_TOKEN: '', HUGGING_FACE_HUB_TOKEN: 'hf_old\n' },
      { HF_TOKEN: ' ', HUGGING_FACE_HUB_TOKEN: 'hf_old' },
      { HF_TOKEN: '\n' },
    ];
    const environments = [
      ...places.flatMap((place) => givens.map((given) => ({ ...place, ...given }))),
      { HF_OIDC_RESOURCE: '', HF_TOKEN: 'hf_env' },
      { ...oidc, HF_TOKEN: 'hf_env' },
      { ...oidc, HF_TOKEN: 'hf_env', GITHUB_ACTIONS: 'true' },
      { ...oidc, HF_TOKEN: 'hf_env', HF_OIDC_ID_TOKEN: jwt(emulator.endpoint) },
      { ...oidc, HF_TOKEN: 'hf_env', HF_OIDC_ID_TOKEN: jwt('https://elsewhere.test') },
    ].map((environment): Environment => ({ HOME: home, ...environment }));
    const looked = await official(environments);
    /** Tokens of an exchange differ each time, and errors have names of their own. */
    const kind = (token: string | null): string | null =>
      token?.startsWith('hf_jwt_') ? 'exchanged' : token?.startsWith('hf_') ? token : token && 'error';
    for (const [index, env] of environments.entries()) {
      const files = tokenFiles({ env, home });
      const ours = await discoverToken({ env, home }).then(
        (found) => found?.token ?? null,
        (error: unknown) => (error as Error).name,
      );
      expect({ env, token: kind(ours), path: files.token, stored: files.stored }).toEqual({
        env,
        token: kind(looked[index]?.token ?? null),
        path: looked[index]?.path,
        stored: looked[index]?.stored,
      });
    }
    expect(looked.slice(-4).map(({ token }) => kind(token))).toEqual(['error', 'error', 'exchanged', 'error']);
  });

  test('reads the tokens that we store, and we those that it stores', async () => {
    const written = {
      'laptop é 🔑': { hf_token: 'hf_%(x)s%1', refresh_token: 'r;#=:', expires_at: '12' },
      'a: b = c': { hf_token: 'hf_b' },
      '[odd': { hf_token: '' },
    };
    const home = folderWith({
      'ours/stored_tokens': formatIni(new Map(Object.entries(written))),
      'theirs/token': '',
    });
    const save = `
from huggingface_hub.utils import _auth
import json, sys
_auth._save_stored_tokens_full(json.load(sys.stdin))
`;
    await python(save, { HOME: home, HF_HOME: join(home, 'theirs') }, JSON.stringify(written));
    const theirs = readFileSync(join(home, 'theirs/stored_tokens'), 'utf8');
    expect(theirs).toBe(readFileSync(join(home, 'ours/stored_tokens'), 'utf8'));
    expect(Object.fromEntries(parseIni(theirs))).toEqual(written);
    const [looked] = await official([{ HOME: home, HF_HOME: join(home, 'ours') }]);
    expect(looked?.all).toEqual(written);
  });

  test('counts what we log in, beside what it logged in itself, and hf auth whoami says who that is', async () => {
    const emulator = await startHub({
      accounts: [
        { name: 'ann', token: 'hf_ann' },
        { name: 'bob', token: 'hf_bob' },
      ],
    });
    const home = folderWith();
    const env = { HOME: home, HF_ENDPOINT: emulator.endpoint, HF_HUB_DISABLE_TELEMETRY: '1' };
    await python('import huggingface_hub; huggingface_hub.login("hf_ann")', env);
    expect(await discoverToken({ env, home })).toMatchObject({ token: 'hf_ann', source: 'file' });
    const { path: active } = await saveToken(
      { token: 'hf_bob', refreshToken: 'r', expiresAt: 99_999_999_999 },
      { env, home },
    );
    const [looked] = await official([env]);
    expect(looked).toMatchObject({
      token: 'hf_bob',
      path: active,
      all: {
        emulated: { hf_token: 'hf_ann' },
        hawser: { hf_token: 'hf_bob', refresh_token: 'r', expires_at: '99999999999' },
      },
    });
    const hf = join(dirname(path('huggingface_hub')), 'hf');
    const who = await runToEnd(hf, ['auth', 'whoami'], { env: { PATH: process.env['PATH'], ...env } });
    expect(who.stdout).toContain('bob');
  });

  test('forgets what we forget: our logout is its logout from that token, file by file', async () => {
    const stored = '[hawser]\nhf_token = hf_bob\n\n[laptop]\nhf_token = hf_ann\n\n';
    const files = { '.cache/huggingface/token': 'hf_bob', '.cache/huggingface/stored_tokens': stored };
    const [home, copy] = [folderWith(files), folderWith(files)];
    await forgetToken({ env: {}, home });
    await python('import huggingface_hub; huggingface_hub.logout("hawser")', { HOME: copy });
    const left = (of: string): unknown => {
      const folder = join(of, '.cache/huggingface');
      const names = readdirSync(folder).filter((name) => /^(token|stored_tokens)$/.test(name));
      return names.map((name) => [
        name,
        readFileSync(join(folder, name), 'utf8'),
        (statSync(join(folder, name)).mode & 0o777).toString(8),
      ]);
    };
    expect(left(home)).toEqual(left(copy));
    expect(left(home)).toEqual([['stored_tokens', '[laptop]\nhf_token = hf_ann\n\n', '600']]);
    expect((await official([{ HOME: home }]))[0]?.token).toBeNull();
  });

  test('renews a token as we do', async () => {
    const emulator = await startHub();
    const stored = (name: string, token: string): string =>
      `[${name}]\nhf_token = ${token}\nrefresh_token = r\nexpires_at = 5\n\n`;
    const files = { 'hf/token': 'hf_old', 'hf/stored_tokens': stored('ann', 'hf_old') };
    const homes = [folderWith(files), folderWith(files)];
    const [ours = '', theirs = ''] = homes;
    const env = (home: string): Environment => ({
      HOME: home,
      HF_HOME: join(home, 'hf'),
      HF_ENDPOINT: emulator.endpoint,
    });
    const renewed = { kind: 'status', status: 200, body: { access_token: 'hf_new', expires_in: 3600 } } as const;
    emulator.fail({ path: /^\/oauth\/token/, times: 2, does: renewed });
    const before = Date.now() / 1000;
    expect(await discoverToken({ env: env(ours), home: ours })).toMatchObject({ token: 'hf_new' });
    expect((await official([env(theirs)]))[0]?.token).toBe('hf_new');
    for (const home of homes) {
      expect(readFileSync(join(home, 'hf/token'), 'utf8')).toBe('hf_new');
      const section = parseIni(readFileSync(join(home, 'hf/stored_tokens'), 'utf8')).get('ann');
      expect({ ...section }).toEqual({ hf_token: 'hf_new', refresh_token: 'r', expires_at: expect.any(String) });
      expect(Number(section?.['expires_at'])).toBeGreaterThanOrEqual(Math.floor(before) + 3600);
    }
    expect(emulator.requests.map(({ path: asked }) => asked)).toEqual(['/oauth/token', '/oauth/token']);
  });
});
