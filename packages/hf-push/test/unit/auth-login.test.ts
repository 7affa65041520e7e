import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { HubEmulator, HubEmulatorOptions } from '@hawser/emulators/hub';
import { loginByDevice, type DeviceCode, type DeviceLoginOptions } from '../../src/auth/device.js';
import { discoverToken } from '../../src/auth/discover.js';
import { saveToken } from '../../src/auth/token-store.js';
import { openHub } from '../../src/hub/open.js';
import { folderWith } from '../support/folders.js';
import { FastClock, failureOf, startHub } from '../support/hub.js';
import { addressOf } from '../support/scripted-hub.js';
import { shown } from '../support/shown.js';

const PHRASE = 'Failed to retrieve token after login';
/** As often as a device likes. */
const eager: HubEmulatorOptions = { device: { intervalSeconds: 0 } };

function login(
  emulator: HubEmulator,
  onCode: (code: DeviceCode) => void,
  rest: Partial<DeviceLoginOptions> = {},
): { readonly clock: FastClock; readonly made: ReturnType<typeof loginByDevice> } {
  const clock = new FastClock();
  return { clock, made: loginByDevice({ env: {}, endpoint: emulator.endpoint, clock, onCode, ...rest }) };
}

function failToken(emulator: HubEmulator, body: unknown, status = 400): void {
  emulator.fail({ path: /^\/oauth\/token/, does: { kind: 'status', status, body } });
}

describe('the login by a code', () => {
  test('shows code and address, asks until the person has typed it, and gives a token that counts', async () => {
    const emulator = await startHub(eager);
    let code: DeviceCode | undefined;
    const { clock, made } = login(emulator, (shownCode) => {
      code = shownCode;
      // The first answer is that nobody has said anything yet.
      void emulator
        .requested(({ path, status }) => path === '/oauth/token' && status === 400)
        .then(() => emulator.approve(shownCode.userCode));
    });
    const { token, refreshToken, expiresAt } = await made;
    expect(code).toEqual({
      userCode: expect.stringMatching(/^[A-Z]{4}-[A-Z]{4}$/),
      url: `${emulator.endpoint}/device`,
      completeUrl: `${emulator.endpoint}/device?user_code=${code?.userCode}`,
      expiresAtMs: 1_700_000_000_000 + 900_000,
    });
    expect(await openHub({ endpoint: emulator.endpoint, token }).whoAmI()).toMatchObject({ name: 'hawser' });
    expect(refreshToken).toMatch(/^hf_refresh_/);
    expect(expiresAt).toBe(Math.floor(clock.now() / 1000) + 8 * 3600);
    expect(clock.slept.every((ms) => ms === 5000)).toBe(true);
  });

  test('asks five seconds later from then on when it is told to slow down', async () => {
    const emulator = await startHub(eager);
    for (const error of ['slow_down', 'authorization_pending', 'slow_down']) failToken(emulator, { error });
    const { clock, made } = login(emulator, ({ userCode }) => emulator.approve(userCode));
    await made;
    expect(clock.slept).toEqual([5000, 10_000, 10_000, 15_000]);
  });

  test('asks as often as the Hub says', async () => {
    const emulator = await startHub({ device: { intervalSeconds: 60 } });
    const { clock, made } = login(emulator, ({ userCode }) => emulator.approve(userCode));
    await made;
    expect(clock.slept).toEqual([60_000]);
  });

  test('lives through a Hub that is away for a while', async () => {
    const emulator = await startHub(eager);
    failToken(emulator, { error: 'oops' }, 503);
    emulator.fail({ path: /^\/oauth\/token/, does: { kind: 'drop-before' } });
    failToken(emulator, 'no object', 200);
    const { made } = login(emulator, ({ userCode }) => emulator.approve(userCode));
    expect((await made).token).toMatch(/^hf_oauth_/);
  });

  test('that the person denies fails with the phrase', async () => {
    const emulator = await startHub(eager);
    const { made } = login(emulator, ({ userCode }) => emulator.deny(userCode));
    expect(await failureOf(made)).toMatchObject({
      code: 'HAWSER_HF_LOGIN_FAILED',
      exitCode: 1,
      message: `${PHRASE}: the login was denied in the browser`,
      hint: expect.stringContaining('write permission'),
    });
  });

  test.each([
    ['by the Hub', {}, { error: 'expired_token' }],
    ['by our clock', { device: { intervalSeconds: 0, expiresInSeconds: 12 } }, { error: 'authorization_pending' }],
  ])('whose code runs out, %s, fails with the phrase', async (_who, options, body) => {
    const emulator = await startHub(options);
    for (let times = 0; times < 3; times++) failToken(emulator, body);
    const { made, clock } = login(emulator, () => undefined);
    expect(await failureOf(made)).toMatchObject({
      code: 'HAWSER_HF_LOGIN_FAILED',
      message: `${PHRASE}: the code was not used in time`,
    });
    expect(clock.now()).toBeLessThan(1_700_000_000_000 + 12_000);
  });

  test.each([
    [400, { error: 'invalid_client', error_description: 'who are you?' }, 'who are you?'],
    [401, { error: 'unauthorized' }, 'unauthorized'],
    [404, {}, 'status 404'],
    [500, {}, 'the Hub cannot be reached, or does not answer as a Hub'],
    [200, { device_code: 7 }, 'status 200'],
  ])('that the Hub refuses (%s %j) fails with the phrase', async (status, body, why) => {
    const emulator = await startHub();
    emulator.fail({ path: /^\/oauth\/device/, does: { kind: 'status', status, body } });
    const { made } = login(emulator, () => undefined);
    expect(await failureOf(made)).toMatchObject({ code: 'HAWSER_HF_LOGIN_FAILED', message: `${PHRASE}: ${why}` });
  });

  test('whose code the Hub forgot fails with what it says', async () => {
    const emulator = await startHub(eager);
    failToken(emulator, { error: 'invalid_grant', error_description: 'The device code is not known.' });
    const { made } = login(emulator, () => undefined);
    expect((await failureOf(made)).message).toBe(`${PHRASE}: The device code is not known.`);
  });

  test('without a Hub fails with the phrase', async () => {
    const emulator = await startHub();
    await emulator.close();
    const { made } = login(emulator, () => undefined);
    expect((await failureOf(made)).message).toMatch(`${PHRASE}: the Hub cannot be reached`);
  });

  test('ends at the signal, between two questions and within one, and asks no more', async () => {
    const emulator = await startHub(eager);
    const between = new AbortController();
    const first = login(emulator, () => between.abort(new Error('Ctrl-C')), { signal: between.signal });
    await expect(first.made).rejects.toThrow('Ctrl-C');
    expect(emulator.requests.map(({ path }) => path)).toEqual(['/oauth/device']);

    emulator.fail({ path: /^\/oauth\/token/, does: { kind: 'stall' } });
    const within = new AbortController();
    void emulator.requested(({ path }) => path === '/oauth/token').then(() => within.abort(new Error('Ctrl-C')));
    await expect(login(emulator, () => undefined, { signal: within.signal }).made).rejects.toThrow('Ctrl-C');
    expect(emulator.requests.map(({ path }) => path)).toEqual(['/oauth/device', '/oauth/device', '/oauth/token']);
  });

  test('goes as the client that the variable names', async () => {
    const sent: unknown[] = [];
    const ask = async (_url: unknown, init?: RequestInit): Promise<Response> => {
      sent.push(init?.body);
      return Response.json({ error: 'invalid_client' }, { status: 400 });
    };
    const env = { HF_ENDPOINT: 'http://hub', HF_DEVICE_CODE_OAUTH_CLIENT_ID: 'mine' };
    await failureOf(loginByDevice({ env, fetch: ask, onCode: () => undefined }));
    expect(sent).toEqual([new URLSearchParams({ client_id: 'mine' })]);
  });
});

describe('a token that runs out', () => {
  const kept = (home: string, name: string): string => readFileSync(join(home, '.cache/huggingface', name), 'utf8');

  /** A token that was got by a code, kept as if it had so many seconds left. */
  async function loggedIn(leftSeconds: number): Promise<{
    readonly emulator: HubEmulator;
    readonly home: string;
    readonly token: string;
    readonly refreshToken: string;
    readonly find: (rest?: Partial<DeviceLoginOptions>) => Promise<string | undefined>;
  }> {
    const emulator = await startHub(eager);
    const made = await login(emulator, ({ userCode }) => emulator.approve(userCode)).made;
    const home = folderWith({ '.cache/huggingface/stored_tokens': '[laptop]\nhf_token = hf_laptop\n\n' });
    const clock = new FastClock();
    const expiresAt = clock.now() / 1000 + leftSeconds;
    await saveToken({ ...made, name: 'oauth-ann', expiresAt }, { env: {}, home });
    const find = async (rest: Partial<DeviceLoginOptions> = {}): Promise<string | undefined> =>
      (await discoverToken({ env: {}, home, endpoint: emulator.endpoint, clock, ...rest }))?.token;
    return { emulator, home, token: made.token, refreshToken: made.refreshToken ?? '', find };
  }
  const renewals = ({ requests }: HubEmulator): number =>
    requests.filter(({ path }) => path === '/oauth/token').length - 1;

  test('within a day is renewed and kept, and stays as it is before', async () => {
    const { emulator, home, token, refreshToken, find } = await loggedIn(24 * 3600 + 1);
    expect(await find()).toBe(token);
    expect(renewals(emulator)).toBe(0);
    const clock = new FastClock();
    await clock.sleep(2000);
    const renewed = await find({ clock });
    expect(renewed).toMatch(/^hf_oauth_/);
    expect(renewed).not.toBe(token);
    expect(await openHub({ endpoint: emulator.endpoint, token: renewed ?? '' }).whoAmI()).toMatchObject({
      name: 'hawser',
    });
    expect(kept(home, 'token')).toBe(renewed);
    expect(kept(home, 'stored_tokens')).toMatch(
      new RegExp(`^\\[laptop\\]\nhf_token = hf_laptop\n\n\\[oauth-ann\\]\nhf_token = ${renewed}\n`),
    );
    expect(kept(home, 'stored_tokens')).not.toContain(refreshToken);
  });

  test('is renewed once, however many ask at once', async () => {
    const { emulator, find, token } = await loggedIn(60);
    const clock = {
      now: () => 1_700_000_000_000,
      sleep: async () => await new Promise<void>((go) => setImmediate(go)),
    };
    const found = await Promise.all(Array.from({ length: 6 }, () => find({ clock })));
    expect(new Set(found).size).toBe(1);
    expect(found).not.toContain(token);
    expect(renewals(emulator)).toBe(1);
  });

  test.each<readonly [string, number, unknown]>([
    ['is refused', 400, { error: 'invalid_grant' }],
    ['fails', 503, {}],
    ['is no answer', 200, { access_token: '' }],
  ])('stays what it is when the renewal %s', async (_how, status, body) => {
    const { emulator, home, token, find } = await loggedIn(60);
    failToken(emulator, body, status);
    const before = kept(home, 'stored_tokens');
    expect(await find()).toBe(token);
    expect(kept(home, 'stored_tokens')).toBe(before);
    expect(renewals(emulator)).toBe(1);
  });

  test('keeps its refresh token when it is given no other', async () => {
    const { emulator, home, refreshToken, find } = await loggedIn(60);
    failToken(emulator, { access_token: 'hf_next', refresh_token: null, expires_in: null }, 200);
    expect(await find()).toBe('hf_next');
    expect(kept(home, 'stored_tokens')).toMatch(
      new RegExp(`\\[oauth-ann\\]\nhf_token = hf_next\nrefresh_token = ${refreshToken}\n\n$`),
    );
  });

  test('does not take the place of one that was made active meanwhile', async () => {
    const { home, find } = await loggedIn(60);
    const ask = async (...given: Parameters<typeof fetch>): Promise<Response> => {
      writeFileSync(join(home, '.cache/huggingface/token'), 'hf_other');
      return await fetch(...given);
    };
    expect(await find({ fetch: ask })).toMatch(/^hf_oauth_/);
    expect(kept(home, 'token')).toBe('hf_other');
  });

  test.each(['', 'expires_at = soon\nrefresh_token = r\n', 'expires_at = 5\n', 'refresh_token = r\n'])(
    'is not renewed where %j is all that is known',
    async (fields) => {
      const home = folderWith({
        '.cache/huggingface/token': 'hf_a',
        '.cache/huggingface/stored_tokens': `[a]\nhf_token = hf_a\n${fields}`,
      });
      const ask = async (): Promise<Response> => await Promise.reject(new Error('nobody asks'));
      expect(await discoverToken({ env: {}, home, fetch: ask })).toMatchObject({ token: 'hf_a' });
    },
  );

  test('ends at the signal', async () => {
    const { emulator, find } = await loggedIn(60);
    emulator.fail({ path: /^\/oauth\/token/, does: { kind: 'stall' } });
    const abort = new AbortController();
    const asked = find({ signal: abort.signal });
    await emulator.requested(({ path, status }) => path === '/oauth/token' && status === 0);
    abort.abort(new Error('Ctrl-C'));
    await expect(asked).rejects.toThrow('Ctrl-C');
    // The lock is free again.
    expect(await find()).toMatch(/^hf_oauth_/);
  });
});

describe('the identity of a CI job', () => {
  const jwt = (audience: string, more: Record<string, unknown> = {}): string =>
    ['{}', JSON.stringify({ aud: audience, ...more }), 'signed']
      .map((part) => Buffer.from(part).toString('base64url'))
      .join('.');
  const resource = 'spaces/hawser/echo_env';

  test('is exchanged for a token of the Space, before any other token', async () => {
    const emulator = await startHub();
    const home = folderWith({ '.cache/huggingface/token': 'hf_file' });
    const env = {
      HF_OIDC_RESOURCE: resource,
      HF_OIDC_ID_TOKEN: jwt(emulator.endpoint),
      HF_TOKEN: 'hf_env',
      HF_ENDPOINT: emulator.endpoint,
    };
    const found = await discoverToken({ env, home });
    expect(found).toEqual({ source: 'oidc', token: expect.stringMatching(/^hf_jwt_/) });
    const me = await openHub({ env, token: found?.token ?? '' }).whoAmI();
    expect(me).toMatchObject({ name: 'hawser', tokenRole: 'fineGrained' });
  });

  test('is minted by GitHub for this Hub where the job may', async () => {
    const emulator = await startHub();
    const asked: [string, string | null][] = [];
    const ask = (async (input, init) => {
      const url = addressOf(input);
      if (!url.startsWith('https://github.test/')) return await fetch(input, init);
      asked.push([url, new Headers(init?.headers).get('authorization')]);
      return Response.json({ value: jwt(emulator.endpoint) });
    }) as typeof fetch;
    const env = {
      HF_OIDC_RESOURCE: resource,
      HF_ENDPOINT: `${emulator.endpoint}/`,
      GITHUB_ACTIONS: 'true',
      ACTIONS_ID_TOKEN_REQUEST_URL: 'https://github.test/token?v=1',
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'github-token',
    };
    expect(await discoverToken({ env, home: folderWith(), fetch: ask })).toMatchObject({ source: 'oidc' });
    expect(asked).toEqual([
      [`https://github.test/token?v=1&audience=${encodeURIComponent(emulator.endpoint)}`, 'Bearer github-token'],
    ]);
  });

  test.each<readonly [string, Record<string, string>, RegExp]>([
    ['no id token', {}, /set HF_OIDC_ID_TOKEN/],
    ['a job without permission', { GITHUB_ACTIONS: 'true' }, /id-token: write/],
    [
      'an address that is none',
      { GITHUB_ACTIONS: 'true', ACTIONS_ID_TOKEN_REQUEST_URL: 'planted', ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'x' },
      /GitHub gives no id token/,
    ],
    ['another audience', { HF_OIDC_ID_TOKEN: jwt('https://planted.test') }, /The audience must be/],
    ['no trusted publisher', { HF_OIDC_RESOURCE: 'spaces/a/b', HF_OIDC_ID_TOKEN: 'HERE' }, /no trusted publisher/],
    ['an id token that ran out', { HF_OIDC_ID_TOKEN: 'EXPIRED' }, /has expired/],
  ])('that is %s is an error, and no other token is taken', async (_what, more, why) => {
    const emulator = await startHub();
    const given = { HERE: jwt(emulator.endpoint), EXPIRED: jwt(emulator.endpoint, { exp: 5 }) };
    const idToken = more['HF_OIDC_ID_TOKEN'] ?? '';
    const env = {
      HF_OIDC_RESOURCE: resource,
      HF_TOKEN: 'hf_env',
      HF_ENDPOINT: emulator.endpoint,
      ...more,
      ...(idToken in given ? { HF_OIDC_ID_TOKEN: given[idToken as keyof typeof given] } : {}),
    };
    const error = await failureOf(discoverToken({ env, home: folderWith() }));
    expect(error).toMatchObject({ code: 'HAWSER_HF_LOGIN_FAILED', message: expect.stringMatching(why) });
    expect(error.message).toMatch(`${PHRASE}: `);
  });

  test.each([500, 403])('that GitHub refuses with %s is an error that shows no token', async (status) => {
    const ask = async (): Promise<Response> => Response.json({}, { status });
    const env = {
      HF_OIDC_RESOURCE: resource,
      GITHUB_ACTIONS: 'true',
      ACTIONS_ID_TOKEN_REQUEST_URL: 'https://github.test/',
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'planted-github-token',
    };
    const error = await failureOf(discoverToken({ env, home: folderWith(), fetch: ask }));
    expect(error.message).toMatch(`status ${status}`);
    expect(shown(error)).not.toContain('planted');
  });

  test('that the Hub repeats when it refuses is not repeated by us', async () => {
    const ask = async (): Promise<Response> =>
      Response.json({ error: 'invalid_grant', error_description: 'planted.jwt is bad' }, { status: 400 });
    const env = { HF_OIDC_RESOURCE: resource, HF_OIDC_ID_TOKEN: 'planted.jwt' };
    const error = await failureOf(discoverToken({ env, home: folderWith(), fetch: ask }));
    expect(error.message).toContain('[redacted] is bad');
    expect(shown(error)).not.toContain('planted');
  });

  test('ends at the signal while GitHub is asked', async () => {
    const abort = new AbortController();
    const ask = (async (_url, init) => {
      abort.abort(new Error('Ctrl-C'));
      init?.signal?.throwIfAborted();
      return Response.json({});
    }) as typeof fetch;
    const env = {
      HF_OIDC_RESOURCE: resource,
      GITHUB_ACTIONS: 'true',
      ACTIONS_ID_TOKEN_REQUEST_URL: 'https://github.test/',
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'x',
    };
    await expect(discoverToken({ env, home: folderWith(), fetch: ask, signal: abort.signal })).rejects.toThrow(
      'Ctrl-C',
    );
  });
});
