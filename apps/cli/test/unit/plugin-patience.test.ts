import { mkdtempSync, rmSync, mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import type { ExtensionPoints } from '@hawser/cli-kit';
import { findExtensions, type InstalledPlugin } from '@hawser/cli-kit/extensions';
import { judgeByPlugins } from '../../src/plugins/hf.js';
import { fetcherOf } from '../../src/plugins/sessions.js';
import { pluginProvider } from '../../src/plugins/tunnels.js';
import { verifyFile } from '../../src/verify/verify-file.js';
import { unlessAborted, untilAborted } from '../../src/wiring/abort.js';

const folder = mkdtempSync(join(tmpdir(), 'hawser-patience-'));
const { HAWSER_DATA_DIR: usual } = process.env;
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
  if (usual === undefined) delete process.env['HAWSER_DATA_DIR'];
  else process.env['HAWSER_DATA_DIR'] = usual;
});

/** A plugin, installed, whose one extension is that. */
function install(name: string, point: keyof ExtensionPoints, extension: string): InstalledPlugin {
  const root = join(folder, 'node_modules', name);
  mkdirSync(root, { recursive: true });
  writeFileSync(join(root, 'it.mjs'), `export const extension = ${extension};`);
  const pjson = { name, hawser: { extensions: { [point]: { slow: './it.mjs' } } } };
  writeFileSync(join(root, 'package.json'), JSON.stringify(pjson));
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ oclif: { plugins: [name] } }));
  return { name, root, pjson };
}

/** What commands get of plugins, with less patience. */
function contextOf(
  plugin: InstalledPlugin,
  said: string[],
): Parameters<typeof judgeByPlugins>[1] & Parameters<typeof verifyFile>[2] {
  return {
    extensions: <P extends keyof ExtensionPoints>(point: P) =>
      Promise.resolve(findExtensions(point, [plugin], { callMs: 20 })),
    out: { warn: (text: string) => Promise.resolve(void said.push(text)) },
    signal: new AbortController().signal,
  } as unknown as Parameters<typeof judgeByPlugins>[1] & Parameters<typeof verifyFile>[2];
}

test('a rule of hf that never returns is skipped, and its plugin named', async () => {
  const said: string[] = [];
  const plugin = install('sleepy-rule', 'hf-rule', "{ asks: 'x', check: () => new Promise(() => {}) }");
  const report = { environment: 'e', folder, findings: [], skipped: [] } as unknown as Parameters<
    typeof judgeByPlugins
  >[0];
  const { report: judged } = await judgeByPlugins(report, contextOf(plugin, said));
  expect(judged.skipped).toEqual([{ rule: 'sleepy-rule/slow', reason: 'its plugin is broken' }]);
  expect(said).toEqual([
    "The plugin sleepy-rule failed in check(): it did not finish within 0.02 s (its hf-rule 'slow').",
  ]);
});

test('a verifier that never returns is an error that names its plugin; one that breaks in passing is passed over', async () => {
  const file = join(folder, 'file.xml');
  writeFileSync(file, '<file/>');
  const request = {
    publicKeys: [],
    folders: { config: folder, data: folder, cache: folder },
    signal: new AbortController().signal,
  };
  const never = '{ kinds: [], recognizes: () => true, verify: () => new Promise(() => {}) }';
  const sleepy = contextOf(install('sleepy-verifier', 'receipt-verifier', never), []);
  await expect(verifyFile(file, request, sleepy)).rejects.toMatchObject({
    code: 'HAWSER_CLI_EXTENSION_BROKEN',
    exitCode: 1,
    details: { plugin: 'sleepy-verifier', point: 'receipt-verifier' },
  });
  const said: string[] = [];
  const torn = '{ kinds: [], recognizes: () => { throw new Error("torn") }, verify: async () => ({}) }';
  const broken = contextOf(install('torn-verifier', 'receipt-verifier', torn), said);
  await expect(verifyFile(file, request, broken)).rejects.toMatchObject({ code: 'HAWSER_VERIFY_NO_RECEIPT' });
  expect(said).toEqual([expect.stringContaining('torn-verifier failed in recognizes(): torn')]);
});

test('a provider that has forgotten its signal is not waited for, and a link that comes too late is closed', async () => {
  const global = globalThis as { openLate?: (link: unknown) => void };
  const held = '{ schema: {}, open: () => new Promise((resolve) => { globalThis.openLate = resolve; }) }';
  install('sleepy-tunnel', 'tunnel-provider', held);
  process.env['HAWSER_DATA_DIR'] = folder;
  const tooSlow = new AbortController();
  const provider = await pluginProvider();
  const opening = provider.open(
    { kind: 'plugin', provider: 'slow', settings: {} },
    {
      targets: [],
      runtimeDirectory: folder,
      signal: tooSlow.signal,
      onChild: () => Promise.resolve(),
      onDebug: () => undefined,
    },
  );
  const refused = opening.catch((thrown: unknown) => thrown);
  while (!global.openLate) await new Promise(setImmediate);
  tooSlow.abort(new Error('too slow'));
  expect(await refused).toMatchObject({ failure: { message: 'slow: too slow' } });
  const closed = new Promise<void>((resolve) => {
    global.openLate?.({ ended: new Promise(() => {}), dial: () => undefined, close: async () => resolve() });
  });
  await closed;
  delete global.openLate;
});

test('a source that has forgotten its signal is not waited for', async () => {
  const plugin = install('sleepy-source', 'session-source', '{ fetch: () => new Promise(() => {}) }');
  const fetcher = await fetcherOf('slow', JSON.stringify([plugin]));
  const over = new AbortController();
  const fetching = fetcher('slow:x', { signal: over.signal, maxBytes: 1, onProgress: () => undefined });
  over.abort(new Error('no time left'));
  await expect(fetching).rejects.toMatchObject({
    code: 'HAWSER_SESSIONS_SOURCE_FAILED',
    message: 'sleepy-source could not fetch the source: no time left',
  });
});

test('what is aborted before it is waited for is not waited for at all', async () => {
  await untilAborted(AbortSignal.abort());
  const reason = new Error('stopped');
  await expect(unlessAborted(new Promise(() => {}), AbortSignal.abort(reason))).rejects.toBe(reason);
  expect(await unlessAborted(Promise.resolve(1), new AbortController().signal)).toBe(1);
});
