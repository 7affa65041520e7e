import { mkdtempSync, rmSync, mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { findExtensions, type InstalledPlugin } from '../../src/extensions/find.js';
import { dataFolder, installedPlugins } from '../../src/extensions/installed.js';

const temp = mkdtempSync(join(tmpdir(), 'hawser-extensions-'));
afterAll(() => rmSync(temp, { recursive: true, force: true }));

const well = `export const extension = { asks: 'x', check: async () => [] };`;

/** A plugin on disk whose rules are these modules; undefined: named in the manifest, and not there. */
function pluginWith(name: string, modules: Readonly<Record<string, string | undefined>>): InstalledPlugin {
  const root = join(temp, name);
  for (const [module, source] of Object.entries(modules)) {
    const path = join(root, `${module}.mjs`);
    mkdirSync(dirname(path), { recursive: true });
    if (source !== undefined) writeFileSync(path, source);
  }
  const rules = Object.fromEntries(Object.keys(modules).map((module) => [module, `./${module}.mjs`]));
  return { name, root, pjson: { name, hawser: { extensions: { 'hf-rule': rules } } } };
}

const input = { environment: 'e', folder: '/', signal: new AbortController().signal };

describe('extensions of plugins', () => {
  test('are named without loading a module, and loaded once', async () => {
    const counted = `globalThis.hawserLoads = (globalThis.hawserLoads ?? 0) + 1; ${well}`;
    const found = findExtensions('hf-rule', [pluginWith('b', { two: counted }), pluginWith('a', { one: well })]);
    expect(found.map(({ plugin, name }) => `${plugin}/${name}`)).toEqual(['a/one', 'b/two']);
    const loads = (): unknown => (globalThis as { hawserLoads?: number }).hawserLoads;
    expect(loads()).toBeUndefined();
    const extension = await found[1]?.load();
    expect(await found[1]?.load()).toBe(extension);
    expect([loads(), await extension?.check(input)]).toEqual([1, []]);
    expect(findExtensions('hf-template', [pluginWith('c', { three: well })])).toEqual([]);
  });

  const outside: InstalledPlugin = {
    name: 'p',
    root: join(temp, 'outside'),
    pjson: { hawser: { extensions: { 'hf-rule': { r: '../well/r.mjs' } } } },
  };
  const noMap: InstalledPlugin = { name: 'p', root: temp, pjson: { hawser: { extensions: { 'hf-rule': ['r'] } } } };
  const noPath: InstalledPlugin = { name: 'p', root: temp, pjson: { hawser: { extensions: { 'hf-rule': { r: 1 } } } } };
  test.each<[string, InstalledPlugin, RegExp]>([
    ['no file', pluginWith('missing', { r: undefined }), /could not be loaded from .\/r.mjs/],
    ['an import that throws', pluginWith('throwing', { r: 'throw new Error("no licence")' }), /: no licence/],
    ['syntax that is none', pluginWith('syntax', { r: 'export const = 1' }), /could not be loaded/],
    [
      'an import that hangs',
      pluginWith('hanging', { r: 'await new Promise(() => {})' }),
      /did not finish within 0.05 s/,
    ],
    ['no export', pluginWith('empty', { r: 'export const rule = 1' }), /exports no object named 'extension'/],
    [
      'another shape',
      pluginWith('shape', { r: 'export const extension = { asks: 1 }' }),
      /without 'asks' \(string\), 'check'/,
    ],
    ['a path outside', outside, /lies outside its package/],
    ['a list for a map', noMap, /has no path of a module/],
    ['a number for a path', noPath, /has no path of a module/],
  ])('%s is an error that names plugin and point: HAWSER_CLI_EXTENSION_BROKEN', async (_what, plugin, message) => {
    const [extension] = findExtensions('hf-rule', [plugin], { loadMs: 50 });
    const error = await extension?.load().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'HAWSER_CLI_EXTENSION_BROKEN',
      exitCode: 1,
      message: expect.stringMatching(message) as unknown,
      hint: expect.stringContaining(`hawser plugins uninstall ${plugin.name}`) as unknown,
      details: { plugin: plugin.name, point: 'hf-rule' },
    });
  });

  test('a call that throws names plugin and point, and leaves errors of the contract as they are', async () => {
    const plugin = pluginWith('calls', {
      sync: `export const extension = { asks: 'x', check() { throw new TypeError('oh'); } };`,
      later: `export const extension = { asks: 'x', check: async () => { throw new TypeError('no'); } };`,
      known: `export const extension = { asks: 'x', check: async () => {
        throw Object.assign(new Error('known'), { code: 'HAWSER_X_Y', exitCode: 2 });
      } };`,
    });
    const said = findExtensions('hf-rule', [plugin]).map(async (each) => {
      const extension = await each.load();
      return await (async () => await extension.check(input))().catch((thrown: unknown) => thrown);
    });
    const [sync, later, known] = await Promise.all(said);
    expect(sync).toMatchObject({
      code: 'HAWSER_CLI_EXTENSION_BROKEN',
      message: expect.stringContaining('check(): oh') as unknown,
    });
    expect(later).toMatchObject({
      code: 'HAWSER_CLI_EXTENSION_BROKEN',
      details: { extension: 'later', plugin: 'calls' },
    });
    expect(known).toMatchObject({ code: 'HAWSER_X_Y' });
  });

  test('a call that never returns is given up after a while, and at once when nobody waits any more', async () => {
    const never = `export const extension = { asks: 'x', check: () => new Promise(() => {}) };`;
    const plugin = pluginWith('never', { slow: never });
    const [hasty] = findExtensions('hf-rule', [plugin], { callMs: 20 });
    const late = await (await hasty?.load())?.check(input).catch((thrown: unknown) => thrown);
    expect(late).toMatchObject({
      code: 'HAWSER_CLI_EXTENSION_BROKEN',
      message: "The plugin never failed in check(): it did not finish within 0.02 s (its hf-rule 'slow').",
      details: { plugin: 'never', point: 'hf-rule', extension: 'slow' },
    });
    const [patient] = findExtensions('hf-rule', [plugin]);
    const extension = await patient?.load();
    for (const when of ['before', 'during']) {
      const controller = new AbortController();
      const stopped = Object.assign(new Error(when), { name: 'AbortError' });
      if (when === 'before') controller.abort(stopped);
      const called = extension?.check({ ...input, signal: controller.signal });
      controller.abort(stopped);
      await expect(called).rejects.toBe(stopped);
    }
  });

  test('a manifest that is anything else adds nothing', () => {
    for (const pjson of [undefined, null, 1, [], { hawser: 1 }, { hawser: { extensions: [] } }, { hawser: null }]) {
      expect(findExtensions('hf-rule', [{ name: 'p', root: temp, pjson }])).toEqual([]);
    }
  });

  test('are found without oclif, as hawser plugins wrote them down; what cannot be read is left out', () => {
    const folder = join(temp, 'data');
    const write = (path: string, content: unknown): void => {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), typeof content === 'string' ? content : JSON.stringify(content));
    };
    const linked = join(folder, 'elsewhere');
    const plugins = [
      'plain',
      { name: 'user', type: 'user' },
      { name: 'linked', root: linked },
      { name: 'torn' },
      { name: 'gone' },
      7,
      null,
    ];
    write('package.json', { oclif: { plugins } });
    write('node_modules/plain/package.json', { name: 'plain' });
    write('node_modules/user/package.json', { name: 'user' });
    write('node_modules/torn/package.json', '{"name":');
    write('elsewhere/package.json', { name: 'linked' });
    expect(installedPlugins(folder).map(({ name, root }) => [name, root])).toEqual([
      ['plain', join(folder, 'node_modules/plain')],
      ['user', join(folder, 'node_modules/user')],
      ['linked', linked],
    ]);
    expect(installedPlugins(join(temp, 'nothing'))).toEqual([]);
    write('package.json', 'torn');
    expect(installedPlugins(folder)).toEqual([]);
    expect(dataFolder({ HAWSER_DATA_DIR: '/d', XDG_DATA_HOME: '/x' })).toBe('/d');
    expect(dataFolder({ XDG_DATA_HOME: '/x' })).toBe(join('/x', 'hawser'));
  });
});
