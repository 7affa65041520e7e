import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { chooseBackend, type ChooseBackendOptions } from '../../src/config/choose-backend.js';
import { rememberBackend, rememberedBackend } from '../../src/config/remote-memory.js';
import { readUserFile, removeBackend, saveBackend } from '../../src/config/user-file.js';
import { Scratch } from '../support/work-tree.js';

const endpoint = 'https://abc123.execute-api.us-east-1.amazonaws.com/prod';
const backend = { api_endpoint: endpoint, api_key: 'sk_live_planted', region: 'us-east-1', stack_name: 'hawser' };

function write(folder: string, text: string, mode = 0o600): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'config.yaml'), text);
  chmodSync(join(folder, 'config.yaml'), mode);
}

describe('a person’s own file', () => {
  test('is made 0600 in a folder 0700, and changed with its comments kept and no copy beside it', async () => {
    using scratch = new Scratch();
    const folder = scratch.in('hawser');
    expect(await readUserFile(folder)).toEqual({ path: join(folder, 'config.yaml'), backends: {}, warnings: [] });
    expect(existsSync(folder)).toBe(false);
    const path = await saveBackend(folder, 'prod', backend);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(await readUserFile(folder)).toEqual({ path, backends: { prod: backend }, backend: 'prod', warnings: [] });

    writeFileSync(path, `# mine\ntheme: dark # of another\n${readFileSync(path, 'utf8')}`);
    chmodSync(path, 0o644);
    await saveBackend(folder, 'dev', { api_endpoint: 'https://dev.example', api_key: 'sk_live_dev' });
    await saveBackend(folder, 'prod', { api_endpoint: endpoint, api_key: 'sk_live_new', region: 'us-east-1' });
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readFileSync(path, 'utf8')).toMatch(/^# mine\ntheme: dark # of another\n/);
    expect(readFileSync(path, 'utf8')).not.toContain('planted');
    expect(readdirSync(folder)).toEqual(['config.yaml']);
    expect(await readUserFile(folder)).toMatchObject({
      backend: 'prod',
      backends: { prod: { api_key: 'sk_live_new' }, dev: { api_key: 'sk_live_dev' } },
    });
    await saveBackend(folder, 'dev', { api_endpoint: 'https://dev.example', api_key: 'k' }, { makeDefault: true });
    expect((await readUserFile(folder)).backend).toBe('dev');
    expect(await removeBackend(folder, 'dev')).toBe(true);
    expect(await removeBackend(folder, 'dev')).toBe(false);
    expect(await readUserFile(folder)).not.toHaveProperty('backend');
    for (const name of ['local', '', '../x', 'a b']) {
      await expect(saveBackend(folder, name, backend)).rejects.toMatchObject({ code: 'HAWSER_EXEC_BAD_INPUT' });
    }
  });

  test('may have the design document’s flat form, which goes on as the backend default', async () => {
    using scratch = new Scratch();
    const flat = `# by hand\napi_endpoint: ${endpoint}\napi_key: sk_live_flat\nregion: us-east-1\n`;
    write(scratch.path, flat);
    const asDefault = { api_endpoint: endpoint, api_key: 'sk_live_flat', region: 'us-east-1' };
    expect((await readUserFile(scratch.path)).backends).toEqual({ default: asDefault });
    await saveBackend(scratch.path, 'prod', backend);
    expect((await readUserFile(scratch.path)).backends).toEqual({ default: asDefault, prod: backend });
    write(scratch.path, flat);
    await saveBackend(scratch.path, 'default', backend);
    expect((await readUserFile(scratch.path)).backends).toEqual({ default: backend });
    write(scratch.path, flat);
    expect(await removeBackend(scratch.path, 'default')).toBe(true);
    expect((await readUserFile(scratch.path)).backends).toEqual({});
  });

  test('is warned of when others can read it, and refused when they can change it', async () => {
    using scratch = new Scratch();
    write(scratch.path, `api_endpoint: ${endpoint}\napi_key: k\n`, 0o644);
    expect((await readUserFile(scratch.path)).warnings[0]).toContain('chmod 600');
    write(scratch.path, `api_endpoint: ${endpoint}\napi_key: k\n`, 0o620);
    await expect(readUserFile(scratch.path)).rejects.toMatchObject({ code: 'HAWSER_EXEC_CONFIG_INVALID' });
  });

  test.each([
    ['backends:\n  prod:\n    api_endpont: x', 3, 'api_endpont is not known. Did you mean api_endpoint?'],
    ['backends:\n  prod:\n    api_endpoint: x', 2, 'backends.prod.api_key is missing.'],
    ['backends:\n  local:\n    api_key: x', 2, 'local cannot be the name'],
    ['backends: 1', 1, 'backends must be a map'],
    ['backends:\n  a: x', 2, 'a must be a map'],
    ['backend: [a]', 1, 'backend must be the name'],
    ['api_endpoint: x\napi_key: 5', 2, 'api_key must be text'],
  ])('is refused at its line: %j', async (text, line, message) => {
    using scratch = new Scratch();
    write(scratch.path, text);
    await expect(readUserFile(scratch.path)).rejects.toThrow(`config.yaml:${line}: ${message}`);
  });
});

describe('where commands run', () => {
  const user = {
    backends: { prod: backend, dev: { api_endpoint: 'https://dev.example', api_key: 'k' } },
    backend: 'dev',
  };
  const choose = (options: Partial<ChooseBackendOptions>) => chooseBackend({ environment: {}, user, ...options });
  const project = { backend: 'prod', name: '.hawser.yaml' };

  test('is said by the flag, the environment, the project, the person, and this machine in the end', () => {
    const environment = {
      HAWSER_EXEC_BACKEND: 'prod',
      HAWSER_EXEC_ENDPOINT: 'https://x.example',
      HAWSER_EXEC_API_KEY: 'e',
    };
    expect(choose({ local: true, backend: 'prod', environment, project })).toEqual({
      kind: 'local',
      source: 'from --local',
    });
    expect(choose({ backend: 'dev', environment, project })).toMatchObject({
      name: 'dev',
      source: 'from --backend',
      apiKey: 'e',
    });
    expect(choose({ environment, project })).toMatchObject({ name: 'prod', source: 'from HAWSER_EXEC_BACKEND' });
    const { HAWSER_EXEC_BACKEND: _, ...withoutName } = environment;
    expect(choose({ environment: withoutName, project })).toEqual({
      kind: 'remote',
      name: 'x.example',
      endpoint: 'https://x.example',
      apiKey: 'e',
      source: 'from HAWSER_EXEC_ENDPOINT',
    });
    expect(choose({ project })).toEqual({
      kind: 'remote',
      name: 'prod',
      endpoint,
      apiKey: 'sk_live_planted',
      region: 'us-east-1',
      stackName: 'hawser',
      source: 'from .hawser.yaml',
    });
    expect(choose({})).toMatchObject({ name: 'dev', source: 'from config.yaml' });
    expect(choose({ user: { backends: { prod: backend } } })).toMatchObject({
      name: 'prod',
      source: 'the only one in config.yaml',
    });
    expect(choose({ user: { backends: {} } })).toEqual({ kind: 'local', source: 'nothing else is configured' });
    expect(choose({ project: { backend: 'local', name: '.hawser.yaml' } })).toMatchObject({ kind: 'local' });
  });

  test('is never guessed', () => {
    const thrown = (options: Partial<ChooseBackendOptions>): unknown => {
      try {
        return choose(options);
      } catch (error) {
        return error;
      }
    };
    expect(thrown({ backend: 'prdo' })).toMatchObject({
      code: 'HAWSER_EXEC_BACKEND_UNKNOWN',
      hint: 'Did you mean prod?',
    });
    expect(thrown({ backend: 'zzzzzzz' })).toMatchObject({ hint: expect.stringContaining('Configured are prod, dev') });
    expect(thrown({ backend: 'toString' })).toMatchObject({ code: 'HAWSER_EXEC_BACKEND_UNKNOWN' });
    expect(thrown({ user: { backends: user.backends } })).toMatchObject({ code: 'HAWSER_EXEC_BACKEND_UNKNOWN' });
    const gone = { user: { backends: {} }, ranOn: 'prod' };
    expect(thrown(gone)).toMatchObject({ code: 'HAWSER_EXEC_REMOTE_EXPECTED', exitCode: 1 });
    expect(thrown({ ...gone, local: true })).toMatchObject({ kind: 'local' });
  });

  test('is remembered by a project that ever ran elsewhere', async () => {
    using scratch = new Scratch();
    mkdirSync(scratch.in('.git'));
    expect(await rememberedBackend(scratch.path)).toBeUndefined();
    expect(existsSync(scratch.in('.hawser'))).toBe(false);
    await rememberBackend(scratch.path, 'prod');
    mkdirSync(scratch.in('below'));
    expect(await rememberedBackend(scratch.in('below'))).toBe('prod');
    await rememberBackend(scratch.path, 'prod');
    await rememberBackend(scratch.path, 'dev');
    expect(await rememberedBackend(scratch.path)).toBe('dev');
  });
});
