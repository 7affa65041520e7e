import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { discoverToken } from '../../src/auth/discover.js';
import { tokenFiles } from '../../src/auth/paths.js';
import { openHub } from '../../src/hub/open.js';
import { push } from '../../src/push/push.js';
import { folderWith } from '../support/folders.js';
import { collector, failureOf, pushing, stagedOf, startHub } from '../support/hub.js';
import { shown } from '../support/shown.js';

describe('the token', () => {
  test.each([
    [{}, 'hf_file', 'file'],
    [{ HF_TOKEN: 'hf_env', HUGGING_FACE_HUB_TOKEN: 'hf_old' }, 'hf_env', 'HF_TOKEN'],
    [{ HF_TOKEN: '', HUGGING_FACE_HUB_TOKEN: 'hf_old' }, 'hf_old', 'HUGGING_FACE_HUB_TOKEN'],
    [{ HF_TOKEN: '\r\n hf_env \n' }, 'hf_env', 'HF_TOKEN'],
    [{ HF_TOKEN: ' ', HUGGING_FACE_HUB_TOKEN: 'hf_old' }, 'hf_file', 'file'],
  ] as const)('of %j is %s, from %s', async (env, token, source) => {
    const home = folderWith({ '.cache/huggingface/token': 'hf_file\n' });
    expect(await discoverToken({ env, home })).toEqual({
      token,
      source,
      ...(source === 'file' ? { path: join(home, '.cache/huggingface/token') } : {}),
    });
  });

  test('is undefined where there is none, and where its file is blank', async () => {
    expect(await discoverToken({ env: {}, home: folderWith() })).toBeUndefined();
    expect(await discoverToken({ env: {}, home: folderWith({ '.cache/huggingface/token': ' \n' }) })).toBeUndefined();
  });

  test('in a place that cannot be read is an error, not none', async () => {
    const home = folderWith({ '.cache/huggingface/token/in-its-way': '' });
    const error = await failureOf(discoverToken({ env: {}, home }));
    expect(error).toMatchObject({
      code: 'HAWSER_HF_LOCAL_FILE',
      message: expect.stringContaining('huggingface/token'),
    });
  });

  test('is looked for where the variables say, ~ and $NAME replaced', () => {
    const place = (env: Record<string, string>): string => tokenFiles({ env, home: '/people/ann' }).token;
    expect(place({})).toBe('/people/ann/.cache/huggingface/token');
    expect(place({ XDG_CACHE_HOME: '/x' })).toBe('/x/huggingface/token');
    expect(place({ XDG_CACHE_HOME: '/x', HF_HOME: '~/hf' })).toBe('/people/ann/hf/token');
    expect(place({ HF_HOME: '$A/${B}/$C', A: '/a', B: 'b' })).toBe('/a/b/$C/token');
    expect(place({ HF_HOME: '/h', HF_TOKEN_PATH: '~/t' })).toBe('/people/ann/t');
    expect(tokenFiles({ env: { HF_TOKEN_PATH: '/t/mine' }, home: '/' }).stored).toBe('/t/stored_tokens');
  });
});

describe('a token the Hub does not know', () => {
  test('is an error, although another that is good was kept', async () => {
    const emulator = await startHub();
    const good = emulator.accounts[0]?.token ?? '';
    const home = folderWith({ '.cache/huggingface/token': good });
    const { events, onEvent } = collector();
    const env = { HF_TOKEN: 'hf_planted_wrong', HF_ENDPOINT: emulator.endpoint };
    const found = await discoverToken({ env, home });
    const hub = openHub({ env, token: found?.token ?? '', onEvent });
    const error = await failureOf(push(hub, pushing(stagedOf(), { onEvent })));
    expect(error).toMatchObject({
      code: 'HAWSER_HF_TOKEN_INVALID',
      exitCode: 1,
      hint: expect.stringContaining('write'),
    });
    expect(emulator.requests.map(({ path, status }) => [path, status])).toEqual([['/api/whoami-v2', 401]]);
    expect(shown(error, events)).not.toContain('hf_planted_wrong');
  });

  test.each([
    ['with a line end inside', 'hf_planted\nwrong'],
    ['with a control sign', 'hf_planted\u0001wrong'],
    ['with a letter that is not ASCII', 'hf_plantéd_wrong'],
    ['without the beginning all have', 'planted_wrong'],
  ])('%s is told before a request is made, and not shown', async (_what, token) => {
    const emulator = await startHub();
    const hub = openHub({ endpoint: emulator.endpoint, token });
    for (const ask of [
      () => hub.whoAmI(),
      () => hub.spaceInfo('a/b'),
      () => hub.setVariable('a/b', 'A', '1'),
      () => hub.logs('a/b', 'run')[Symbol.asyncIterator]().next(),
    ]) {
      const error = await failureOf(ask());
      expect(error.code).toBe('HAWSER_HF_TOKEN_INVALID');
      expect(shown(error)).not.toMatch(/plant/);
    }
    expect(emulator.requests).toEqual([]);
  });

  test('that may only read is refused before anything is made', async () => {
    const emulator = await startHub({ accounts: [{ name: 'ann', token: 'hf_planted_reader', role: 'read' }] });
    const { events, onEvent } = collector();
    const hub = openHub({ endpoint: emulator.endpoint, token: 'hf_planted_reader', onEvent });
    const error = await failureOf(push(hub, pushing(stagedOf(), { secrets: { KEY: 'planted-secret' } })));
    expect(error).toMatchObject({ code: 'HAWSER_HF_TOKEN_READ_ONLY', message: 'The token of ann may only read' });
    expect(emulator.requests.every(({ method }) => method === 'GET')).toBe(true);
    expect(emulator.head('ann/echo_env')).toBeUndefined();
    expect(shown(error, events)).not.toMatch(/planted/);
  });
});

describe('what the Hub repeats of a request', () => {
  test('tokens and secrets are not repeated by us', async () => {
    const emulator = await startHub();
    const token = emulator.accounts[0]?.token ?? '';
    const { events, onEvent } = collector();
    const hub = openHub({ endpoint: emulator.endpoint, token, onEvent });
    const said = `${token} may not set planted-secret`;
    const headers = { 'x-error-message': said };
    const fail = (status: number): void =>
      emulator.fail({ path: /secrets|create/, does: { kind: 'status', status, headers, body: { error: said } } });
    for (const status of [400, 401, 402, 403, 404, 412]) {
      for (const run of [
        () => hub.setSecret('a/b', 'KEY', 'planted-secret'),
        () => hub.createSpace({ id: 'a/b', private: false, variables: {}, secrets: { KEY: 'planted-secret' } }),
      ]) {
        fail(status);
        const error = await failureOf(run());
        expect(error.message).toContain('[redacted] may not set [redacted]');
        expect(shown(error, events)).not.toMatch(new RegExp(`planted-secret|${token}`));
      }
    }
  });

  test.each(['ftp://hub', 'not an address', 'https://ann:planted@hub', 'https://hub/?a=b'])(
    'an endpoint that is none: %s',
    (endpoint) => {
      const open = (): unknown => openHub({ env: { HF_ENDPOINT: endpoint } });
      expect(open).toThrow(expect.objectContaining({ code: 'HAWSER_HF_BAD_INPUT', exitCode: 2 }));
      expect(open).not.toThrow(/planted/);
    },
  );
});
