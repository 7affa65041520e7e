import { join } from 'node:path';
import { checkPrefectUrl } from '@hawser/contexts';
import { describe, expect, test } from '@jest/globals';
import { findOverrides, explainOverride } from '../../src/prefect/overrides.js';
import { profilesFileOf, readProjectSettings, type PrefectPlace } from '../../src/prefect/project-settings.js';
import { CtxPlace } from '../support/ctx-place.js';

describe("the address of Prefect's API", () => {
  test.each([
    ['http://127.0.0.1:4200/api', 'http://127.0.0.1:4200/api'],
    ['http://127.0.0.1:4200/api/', 'http://127.0.0.1:4200/api'],
    ['https://prefect.example.com/team/api', 'https://prefect.example.com/team/api'],
    ['http://[::1]:4200/api', 'http://[::1]:4200/api'],
    [
      'https://api.prefect.cloud/api/accounts/1b/workspaces/2c',
      'https://api.prefect.cloud/api/accounts/1b/workspaces/2c',
    ],
  ])('%s is one', (text, written) => expect(checkPrefectUrl(text)).toBe(written));

  test('without /api is refused, and it says what would answer and what is right', () => {
    expect(() => checkPrefectUrl('http://127.0.0.1:4200')).toThrow(
      expect.objectContaining({
        code: 'HAWSER_CTX_BAD_INPUT',
        exitCode: 2,
        message:
          "'http://127.0.0.1:4200' does not end in /api: Prefect's web page lies there, and answers every call with 404 and HTML.",
        hint: 'Say http://127.0.0.1:4200/api.',
      }),
    );
  });

  test.each([
    ['no address', 'It looks like http://127.0.0.1:4200/api.'],
    ['ftp://host/api', 'It looks like http://127.0.0.1:4200/api.'],
    ['http://host/api?x=1', 'Say http://host/api.'],
    ['http://host/apis', 'Say http://host/apis/api.'],
  ])('%s is refused', (text, hint) => {
    expect(() => checkPrefectUrl(text)).toThrow(expect.objectContaining({ code: 'HAWSER_CTX_BAD_INPUT', hint }));
  });

  test('with a login is refused, and the login is not repeated', () => {
    expect(() => checkPrefectUrl('http://me:planted-word@host/api')).toThrow(
      expect.objectContaining({
        code: 'HAWSER_CTX_BAD_INPUT',
        message: expect.not.stringContaining('planted-word'),
      }),
    );
  });
});

describe('the profiles file is looked for as Prefect looks for it', () => {
  async function found(place: PrefectPlace): Promise<string> {
    const { path, from } = profilesFileOf(await readProjectSettings(place), place);
    return `${from}: ${path}`;
  }

  test('environment, .env, prefect.toml, pyproject.toml, PREFECT_HOME, the home folder', async () => {
    const at = new CtxPlace();
    const { home, project: directory } = at;
    const place = { env: {}, directory, home };
    expect(await found(place)).toBe(`default: ${home}/.prefect/profiles.toml`);
    const env = { PREFECT_HOME: '/srv/prefect' };
    expect(await found({ ...place, env })).toBe('PREFECT_HOME: /srv/prefect/profiles.toml');
    at.write(join(directory, 'pyproject.toml'), '[tool.prefect]\nprofiles_path = "py.toml"\n');
    expect(await found({ ...place, env })).toBe(`pyproject.toml: ${directory}/py.toml`);
    at.write(join(directory, 'prefect.toml'), 'profiles_path = "/p.toml"\n');
    expect(await found({ ...place, env })).toBe('prefect.toml: /p.toml');
    at.write(join(directory, '.env'), 'PREFECT_PROFILES_PATH=/dot.toml\n');
    expect(await found({ ...place, env })).toBe('.env: /dot.toml');
    expect(await found({ ...place, env: { ...env, PREFECT_PROFILES_PATH: '/env.toml' } })).toBe(
      'environment: /env.toml',
    );
  });

  test('what beats a profile is found in the same order, without a login', async () => {
    const at = new CtxPlace();
    const { home, project: directory } = at;
    const wanted = { profile: 'mine', apiUrl: 'http://here/api' };
    const overrides = async (env: Record<string, string>): Promise<string[]> => {
      const settings = await readProjectSettings({ env, directory, home });
      return findOverrides(settings, env, wanted).map(explainOverride);
    };
    expect(await overrides({})).toEqual([]);
    at.write(join(directory, 'pyproject.toml'), '[tool.prefect.api]\nurl = "http://py/api"\n');
    expect(await overrides({})).toEqual([
      'PREFECT_API_URL is http://py/api in pyproject.toml, which beats every profile: take it out of pyproject.toml.',
    ]);
    at.write(join(directory, 'prefect.toml'), '[api]\nurl = "http://here/api/"\n');
    expect(await overrides({})).toEqual([]);
    at.write(join(directory, '.env'), 'prefect_api_url=http://me:planted@dot/api\n');
    expect(await overrides({ PREFECT_PROFILE: 'other' })).toEqual([
      'PREFECT_PROFILE=other in the environment chooses another profile: unset PREFECT_PROFILE.',
      'PREFECT_API_URL is http://dot/api in .env, which beats every profile: take it out of .env.',
    ]);
    expect(await overrides({ PREFECT_API_URL: 'http://there/api' })).toEqual([
      'PREFECT_API_URL is http://there/api in the environment, which beats every profile: unset PREFECT_API_URL.',
    ]);
  });

  test('a file that is no TOML is named', async () => {
    const at = new CtxPlace();
    at.write(join(at.project, 'prefect.toml'), 'profiles_path = \n');
    await expect(at.plan()).rejects.toMatchObject({
      code: 'HAWSER_CTX_FILE_INVALID',
      exitCode: 2,
      message: expect.stringContaining(join(at.project, 'prefect.toml')),
    });
  });
});
