import { readFileSync, readdirSync, statSync, utimesSync, writeFileSync, mkdirSync, chmodSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { hostname } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from '@jest/globals';
import { discoverToken } from '../../src/auth/discover.js';
import { formatIni, parseIni } from '../../src/auth/ini.js';
import { forgetToken, saveToken } from '../../src/auth/token-store.js';
import { folderWith } from '../support/folders.js';
import { FastClock, failureOf } from '../support/hub.js';
import { shown } from '../support/shown.js';

const others = '[laptop]\nhf_token = hf_laptop\nrefresh_token = r%1\nexpires_at = 99\n\n';
const modeOf = (path: string): number => statSync(path).mode & 0o777;

describe('saving a token', () => {
  test('makes it the active one, for its owner only, and keeps what others stored', async () => {
    const home = folderWith({ 'hf/stored_tokens': others, 'hf/token': 'hf_laptop' });
    chmodSync(join(home, 'hf'), 0o755);
    const place = { env: { HF_HOME: join(home, 'hf') }, home };
    expect(await saveToken({ token: ' hf_new\n' }, place)).toEqual({ path: join(home, 'hf/token') });
    expect(await discoverToken(place)).toMatchObject({ token: 'hf_new', source: 'file' });
    expect(readFileSync(join(home, 'hf/stored_tokens'), 'utf8')).toBe(`[hawser]\nhf_token = hf_new\n\n${others}`);
    expect(readdirSync(join(home, 'hf')).toSorted()).toEqual(['stored_tokens', 'token']);
    expect([modeOf(join(home, 'hf/token')), modeOf(join(home, 'hf/stored_tokens'))]).toEqual([0o600, 0o600]);
    expect(modeOf(join(home, 'hf'))).toBe(0o700);
  });

  test('again under the same name leaves nothing of the one before', async () => {
    const place = { env: {}, home: folderWith() };
    await saveToken({ token: 'hf_one', name: 'ann', refreshToken: 'r', expiresAt: 5 }, place);
    await saveToken({ token: 'hf_two', name: 'ann' }, place);
    expect(readFileSync(join(place.home, '.cache/huggingface/stored_tokens'), 'utf8')).toBe(
      '[ann]\nhf_token = hf_two\n\n',
    );
  });

  test.each(['', '\n', 'DEFAULT', 'a]\n[laptop'])('under the name %j harms no section', async (name) => {
    const home = folderWith({ '.cache/huggingface/stored_tokens': others });
    await saveToken({ token: 'hf_new', name }, { env: {}, home });
    const stored = parseIni(readFileSync(join(home, '.cache/huggingface/stored_tokens'), 'utf8'));
    expect(stored.size).toBe(2);
    expect(stored.get('laptop')).toMatchObject({ hf_token: 'hf_laptop' });
    expect(stored.has('DEFAULT')).toBe(false);
  });

  test('refuses what is no token, without showing it', async () => {
    const place = { env: {}, home: folderWith() };
    const error = await failureOf(saveToken({ token: 'planted-password' }, place));
    expect(error).toMatchObject({ code: 'HAWSER_HF_BAD_INPUT', exitCode: 2 });
    expect(shown(error)).not.toContain('planted-password');
    expect(readdirSync(place.home)).toEqual([]);
  });

  test('leaves the folder of a place that others use as it is', async () => {
    const home = folderWith();
    const shared = join(home, 'shared');
    mkdirSync(shared);
    chmodSync(shared, 0o1777);
    await saveToken({ token: 'hf_new' }, { env: { HF_TOKEN_PATH: join(shared, 'mine') }, home });
    expect(statSync(shared).mode & 0o7777).toBe(0o1777);
    expect(modeOf(join(shared, 'mine'))).toBe(0o600);
  });

  test('that cannot be done leaves what was there, whole', async () => {
    const home = folderWith({ 'hf/token/in-its-way': '', 'hf/stored_tokens': others });
    const error = await failureOf(saveToken({ token: 'hf_planted' }, { env: { HF_HOME: join(home, 'hf') }, home }));
    expect(error).toMatchObject({ code: 'HAWSER_HF_LOCAL_FILE', exitCode: 1 });
    expect(shown(error)).not.toContain('hf_planted');
    expect(readdirSync(join(home, 'hf')).toSorted()).toEqual(['stored_tokens', 'token']);
    expect(parseIni(readFileSync(join(home, 'hf/stored_tokens'), 'utf8')).has('laptop')).toBe(true);
    const nowhere = { env: { HF_HOME: join(home, 'hf/stored_tokens/below-a-file') }, home };
    expect((await failureOf(saveToken({ token: 'hf_planted' }, nowhere))).code).toBe('HAWSER_HF_LOCAL_FILE');
  });

  test('by many at once loses none', async () => {
    const place = { env: {}, home: folderWith() };
    const names = Array.from({ length: 8 }, (_, index) => `name-${index}`);
    await Promise.all(names.map((name) => saveToken({ token: `hf_${name}`, name }, place)));
    const stored = parseIni(readFileSync(join(place.home, '.cache/huggingface/stored_tokens'), 'utf8'));
    expect([...stored.keys()]).toEqual(names);
    expect(names.map((name) => `hf_${name}`)).toContain((await discoverToken(place))?.token);
  });

  test.each([
    ['a process that is gone', `${spawnSync(process.execPath, ['-e', '0']).pid}@${hostname()}`, 0],
    ['a process of another machine, an hour ago', '1@elsewhere.test', 3_600_000],
  ])('is not held up by a lock of %s', async (_whose, owner, ageMs) => {
    const home = folderWith({ '.cache/huggingface/stored_tokens.hawser-lock': owner });
    const made = new Date(Date.now() - ageMs);
    utimesSync(join(home, '.cache/huggingface/stored_tokens.hawser-lock'), made, made);
    await saveToken({ token: 'hf_new' }, { env: {}, home });
    expect(readdirSync(join(home, '.cache/huggingface')).toSorted()).toEqual(['stored_tokens', 'token']);
  });

  test.each(['', '1@elsewhere.test', `${process.pid}@${hostname()}`])(
    'is given up by the signal while another (%j) holds the lock',
    async (owner) => {
      const stored = '[a]\nhf_token = hf_a\nrefresh_token = r\nexpires_at = 5\n';
      const home = folderWith({
        '.cache/huggingface/token': 'hf_a',
        '.cache/huggingface/stored_tokens': stored,
        '.cache/huggingface/stored_tokens.hawser-lock': owner,
      });
      const abort = new AbortController();
      const clock = new FastClock();
      const asked = discoverToken({
        env: {},
        home,
        signal: abort.signal,
        clock: {
          now: () => clock.now(),
          sleep: async (ms, signal) => {
            if (clock.slept.length === 3) abort.abort(new Error('enough'));
            await clock.sleep(ms, signal);
          },
        },
      });
      await expect(asked).rejects.toThrow('enough');
      expect(clock.slept).toEqual([50, 50, 50]);
    },
  );
});

describe('forgetting', () => {
  test('takes the active token and its section, and nothing else', async () => {
    const home = folderWith({ '.cache/huggingface/stored_tokens': others });
    const place = { env: {}, home };
    await saveToken({ token: 'hf_new' }, place);
    expect(await forgetToken(place)).toEqual({ removed: true, stillIn: undefined });
    expect(await discoverToken(place)).toBeUndefined();
    expect(readFileSync(join(home, '.cache/huggingface/stored_tokens'), 'utf8')).toBe(others);
    expect(await forgetToken(place)).toEqual({ removed: false, stillIn: undefined });
  });

  test('leaves no empty file, and says where a token still is', async () => {
    const home = folderWith();
    await saveToken({ token: 'hf_new' }, { env: {}, home });
    expect(await forgetToken({ env: { HF_TOKEN: 'hf_env' }, home })).toEqual({ removed: true, stillIn: 'HF_TOKEN' });
    expect(readdirSync(join(home, '.cache/huggingface'))).toEqual([]);
    expect(await forgetToken({ env: { HF_TOKEN: ' ', HUGGING_FACE_HUB_TOKEN: 'hf_old' }, home })).toEqual({
      removed: false,
      stillIn: 'HUGGING_FACE_HUB_TOKEN',
    });
  });
});

describe('the file of stored tokens', () => {
  const word = fc.stringMatching(/^[A-Za-z0-9_.%=:é🔑-]{1,20}$/u);
  const section = fc
    .record({ hf_token: word }, { requiredKeys: ['hf_token'] })
    .chain((fixed) =>
      fc
        .record({ refresh_token: word, expires_at: fc.nat().map(String) }, { requiredKeys: [] })
        .map((more): Record<string, string> => ({ ...fixed, ...more })),
    );

  test('is read as it was written, whatever the names and values', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.stringMatching(/^[^\][\r\n]{1,20}$/u), section), (sections) => {
        const map = new Map(Object.entries(sections));
        const read = parseIni(formatIni(map));
        expect(Object.fromEntries([...read].map(([name, values]) => [name, { ...values }]))).toEqual(sections);
      }),
    );
  });

  test('whatever stands in it, reading it is no error', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void parseIni(text)));
    fc.assert(
      fc.property(fc.array(fc.constantFrom('[a]', '[', 'k', '=', ':', ' ', '\n', '\r', '#', 'x')), (parts) => {
        for (const [, values] of parseIni(parts.join('')))
          for (const value of Object.values(values)) expect(typeof value).toBe('string');
      }),
    );
  });

  test('by hand: comments, colons, capitals, lines that go on', () => {
    const text = '; mine\n[a b]\nHF_Token : hf_x \n# no\nnote = one\n  two\n\nstray\n[c]\nk=\n';
    expect(Object.fromEntries(parseIni(text))).toEqual({
      'a b': { hf_token: 'hf_x', note: 'one\ntwo' },
      c: { k: '' },
    });
  });

  test('that somebody broke is replaced when a token is saved', async () => {
    const home = folderWith();
    mkdirSync(join(home, '.cache/huggingface'), { recursive: true });
    writeFileSync(join(home, '.cache/huggingface/stored_tokens'), Buffer.from([0xff, 0xfe, 0x00, 0x5b]));
    await saveToken({ token: 'hf_new' }, { env: {}, home });
    expect(await discoverToken({ env: {}, home })).toMatchObject({ token: 'hf_new' });
  });
});
