import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { chooseBackend, readProjectFile, readUserFile } from '@hawser/exec-client';
import { isMeant } from '../../src/config/fill-flags.js';
import { type ConfigPlaces } from '../../src/config/files.js';
import { SettingResolver, settingOf } from '../../src/config/resolve.js';
import { allSettings } from '../../src/config/settings/all.js';
import { choiceNames } from '../../src/setup/choices.js';
import { readUserFile as readSessionsFile } from '../../src/sessions/user-file.js';

interface Manifest {
  readonly commands: Readonly<Record<string, { readonly flags: Readonly<Record<string, { readonly env?: string }>> }>>;
}
const { commands } = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../oclif.manifest.json'), 'utf8'),
) as Manifest;

const home = mkdtempSync(join(tmpdir(), 'hs-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

/** Another place each time, with these files in it. */
function place(files: { readonly project?: string; readonly user?: string; readonly sessions?: string }): ConfigPlaces {
  const folder = mkdtempSync(join(home, 'p-'));
  const configDir = join(folder, 'config');
  for (const each of [configDir, join(folder, '.git')]) mkdirSync(each);
  if (files.project !== undefined) writeFileSync(join(folder, '.hawser.yaml'), files.project);
  if (files.user !== undefined) writeFileSync(join(configDir, 'config.yaml'), files.user, { mode: 0o600 });
  if (files.sessions !== undefined) writeFileSync(join(configDir, 'sessions.json'), files.sessions, { mode: 0o600 });
  return { from: folder, env: {}, home, configDir };
}

/** A value that fits the kind of a setting. */
function sample(name: string, which: number): string {
  const { value } = settingOf(name);
  if (value.kind === 'url') return `https://${which}.example.com`;
  if (value.kind === 'port' || value.kind === 'number') return String(1024 + which);
  if (value.kind === 'switch') return 'true';
  return value.kind === 'choice' ? value.options[which % value.options.length]! : `v${which}`;
}

describe('the registry of settings', () => {
  test('has every flag that a variable fills, with this variable, and no flag that there is not', () => {
    const ofManifest = Object.entries(commands).flatMap(([id, { flags }]) =>
      Object.entries(flags).flatMap(([flag, { env }]) => (env === undefined ? [] : [{ id, flag, env }])),
    );
    const unknown = ofManifest.filter(
      ({ id, flag, env }) =>
        // kubectl runs it anywhere: no file of a folder may change it.
        id !== 'aws:eks-token' &&
        !allSettings.some(
          ({ variables, flags }) =>
            variables.includes(env) && flags.some((each) => each.flag === flag && isMeant(each, id)),
        ),
    );
    expect(unknown).toEqual([]);
    const missing = allSettings.flatMap(({ name, flags }) =>
      flags
        .filter(
          (each) => !Object.entries(commands).some(([id, { flags: own }]) => isMeant(each, id) && each.flag in own),
        )
        .map(({ flag }) => `${name} --${flag}`),
    );
    expect(missing).toEqual([]);
  });

  test('has every choice of setup, each name once, and no secret in a project’s file', () => {
    expect(allSettings.flatMap(({ choice }) => choice ?? []).toSorted()).toEqual([...choiceNames].toSorted());
    expect(new Set(allSettings.map(({ name }) => name)).size).toBe(allSettings.length);
    const risky = allSettings.filter(({ secret, value }) => secret || value.kind === 'url');
    expect(risky.filter(({ project }) => project !== false)).toEqual([]);
  });
});

describe.each(allSettings.map((setting) => [setting.name, setting] as const))('%s', (name, setting) => {
  test('is a variable before the project’s file, that before yours, and that before the default', async () => {
    const line = (which: number, at: typeof setting.project): string =>
      at === true
        ? `settings:\n  ${name}: ${sample(name, which)}\n`
        : `${(at || { key: ['x-none'] }).key[0]}: ${sample(name, which)}\n`;
    const places = place({
      ...(setting.project === false ? {} : { project: line(1, setting.project) }),
      user: setting.user === false || isSessions() ? '{}\n' : line(2, setting.user),
      ...(isSessions() && { sessions: JSON.stringify({ url: sample(name, 2), api_key: sample(name, 2) }) }),
    });
    const expected = [
      ...setting.variables.map((_, at) => ['environment', `e${at}`]),
      ...(setting.project === false ? [] : [['project', sample(name, 1)]]),
      ...(setting.user === false ? [] : [['user', sample(name, 2)]]),
    ];
    const env = Object.fromEntries(setting.variables.map((variable, at) => [variable, `e${at}`]));
    const { decision, over } = await new SettingResolver({ ...places, env }).resolve(setting);
    expect([decision, ...over].flatMap((each) => (each ? [[each.source, each.text]] : []))).toEqual(expected);
    expect((await new SettingResolver(place({})).resolve(setting)).decision).toBeUndefined();
    for (const variable of setting.yieldsTo ?? []) {
      const yielding = new SettingResolver({ ...places, env: { [variable]: 'x' } });
      expect((await yielding.resolve(setting)).decision).toBeUndefined();
    }
  });

  function isSessions(): boolean {
    return typeof setting.user === 'object' && setting.user.file === 'sessions.json';
  }
});

describe('topics that ask for themselves', () => {
  test.each([
    [{ HAWSER_EXEC_BACKEND: 'one' }, 'backend: two', 'one'],
    [{}, 'backend: two', 'two'],
    [{}, undefined, 'three'],
  ])('exec says of its backend what the resolver says: %j %s', async (env, project, expected) => {
    const backend = (name: string): string => `  ${name}: { api_endpoint: https://x.example.com, api_key: k }\n`;
    const user = `backend: three\nbackends:\n${['one', 'two', 'three'].map(backend).join('')}`;
    const places = { ...place({ user, ...(project === undefined ? {} : { project }) }), env };
    const chosen = chooseBackend({
      environment: env,
      project: await readProjectFile(places.from),
      user: await readUserFile(places.configDir),
    });
    expect(chosen).toMatchObject({ name: expected });
    expect(await new SettingResolver(places).text('exec.backend')).toBe(expected);
  });

  test('exec takes of the project’s file what the resolver says of it', async () => {
    const project = 'image: node:22\nbranch: main\ntimeout: 90\nlock_policy: fail\nisolation: process\n';
    const places = place({ project });
    const resolver = new SettingResolver(places);
    const { request } = (await readProjectFile(places.from))!;
    const said = await Promise.all(
      ['image', 'branch', 'timeout', 'lock-policy', 'isolation'].map((name) => resolver.text(`exec.${name}`)),
    );
    expect(said).toEqual([
      request.image,
      request.branch,
      String(request.timeout_seconds),
      request.lock_policy,
      request.isolation,
    ]);
  });

  test('sessions reads address and key where the resolver finds them', async () => {
    const places = place({
      sessions: '{\n  "$schema": "x",\n  "url": "https://s.example.com",\n  "api_key": "k"\n}\n',
    });
    const saved = await readSessionsFile(places.configDir);
    const { decision } = await new SettingResolver(places).resolve(settingOf('sessions.url'));
    expect(decision).toMatchObject({ text: saved?.url, line: 3 });
  });
});
