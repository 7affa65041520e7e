// A test runner for the mutation tester that takes milliseconds for each change where a run of Jest takes seconds: the
// tests of an area are bundled once, and loaded anew for each change.
import { readFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { collect, jest } from './globals.mjs';

const globals = new URL('globals.mjs', import.meta.url).href;
/** What the changed sources share with their tester; it holds which change is on. */
const shared = (globalThis['__stryker__'] ??= {});

const { HAWSER_MUTATE_WITHOUT } = process.env;
const without = HAWSER_MUTATE_WITHOUT === undefined ? undefined : new RegExp(HAWSER_MUTATE_WITHOUT);

class BundledTests {
  /** Of each test file its path and where its bundle is. */
  #files = [];
  #loads = 0;

  capabilities() {
    return { reloadEnvironment: true };
  }

  async init() {
    await import('../jest-properties.mjs');
    const files = (process.env.HAWSER_MUTATE ?? '').split(',').map((file) => resolve(file));
    // Inside the package, so that its dependencies are found.
    const outdir = join(dirname(files[0]), `bundles-${process.pid}`);
    await build({
      entryPoints: files,
      outdir,
      outExtension: { '.js': '.mjs' },
      bundle: true,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      packages: 'external',
      // Packages say that importing them does nothing; importing tests does.
      ignoreAnnotations: true,
      keepNames: true,
      logLevel: 'error',
      plugins: [
        {
          name: 'as-if-unbundled',
          setup(esbuild) {
            esbuild.onResolve({ filter: /^@jest\/globals$/ }, () => ({ path: globals, external: true }));
            esbuild.onLoad({ filter: /\/test\/.*\.ts$/ }, ({ path }) => ({ contents: withPlace(path), loader: 'ts' }));
          },
        },
      ],
    });
    this.#files = files.map((fileName) => ({
      fileName,
      bundle: pathToFileURL(join(outdir, `${basename(fileName, '.ts')}.mjs`)).href,
    }));
  }

  async dryRun() {
    shared.activeMutant = undefined;
    shared.mutantCoverage = { static: {}, perTest: {} };
    const results = await this.#run({ bail: false });
    return { status: 'complete', tests: results, mutantCoverage: shared.mutantCoverage };
  }

  async mutantRun({ activeMutant, hitLimit, mutantActivation, testFilter, disableBail }) {
    // The tester's limit is a hundred times what the tests need; endless loops are not to fill the memory first.
    shared.hitLimit = hitLimit && Math.max(hitLimit / 10, 1000);
    shared.hitCount = hitLimit && 0;
    const mutant = { id: activeMutant.id, atLoad: mutantActivation === 'static' };
    let results;
    try {
      results = await this.#run({ bail: !disableBail, only: testFilter, mutant });
    } catch (error) {
      // What cannot even be loaded is noticed by every test.
      results = [failed({ id: testFilter?.[0] ?? 'load', name: 'load' }, error, 0)];
    }
    if (shared.hitCount > shared.hitLimit) return { status: 'timeout', reason: `ran ${shared.hitCount} times` };
    const failures = results.filter(({ status }) => status === 1);
    const nrOfTests = results.length;
    if (failures.length === 0) return { status: 'survived', nrOfTests };
    const [{ failureMessage }] = failures;
    return { status: 'killed', killedBy: failures.map(({ id }) => id), failureMessage, nrOfTests };
  }

  /** @param {{ bail: boolean, only?: string[], mutant?: { id: string, atLoad: boolean } }} options */
  async #run({ bail, only, mutant }) {
    const wanted = only && new Set(only);
    const results = [];
    for (const { fileName, bundle } of this.#files) {
      const ours = `${basename(fileName, '.test.ts')}: `;
      if (only && !only.some((id) => id.startsWith(ours))) continue;
      this.#loads += 1;
      shared.currentTestId = undefined;
      if (mutant !== undefined) shared.activeMutant = mutant.atLoad ? mutant.id : undefined;
      const all = await collect(ours, () => import(`${bundle}?${this.#loads}`));
      if (mutant !== undefined) shared.activeMutant = mutant.id;
      const tests = all.filter(({ id }) => (wanted ? wanted.has(id) : !without?.test(id)));
      results.push(...(await runFile(fileName, tests, bail)));
      if (bail && results.at(-1)?.status === 1) break;
    }
    return results;
  }
}

/** A source that knows its place although it is read from a bundle. */
function withPlace(path) {
  return readFileSync(path, 'utf8')
    .replaceAll('import.meta.dirname', JSON.stringify(dirname(path)))
    .replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href));
}

async function runFile(fileName, tests, bail) {
  const results = [];
  const open = [];
  for (const test of tests) {
    const result = { fileName, ...(await runOne(test, open)) };
    results.push(result);
    if (bail && result.status === 1) break;
  }
  shared.currentTestId = undefined;
  for (const suite of open.toReversed()) for (const hook of suite.afterAll) await hook();
  return results;
}

async function runOne(test, open) {
  const around = [];
  for (let suite = test.suite; suite !== undefined; suite = suite.parent) around.unshift(suite);
  const began = performance.now();
  shared.currentTestId = test.id;
  let error;
  try {
    for (const suite of around) {
      if (!open.includes(suite)) {
        open.push(suite);
        for (const hook of suite.beforeAll) await hook();
      }
    }
    for (const suite of around) for (const hook of suite.beforeEach) await hook();
    await test.body();
  } catch (thrown) {
    error = { thrown };
  }
  try {
    for (const suite of around.toReversed()) for (const hook of suite.afterEach) await hook();
  } catch (thrown) {
    error ??= { thrown };
  }
  jest.useRealTimers();
  const ms = Math.ceil(performance.now() - began);
  return error ? failed(test, error.thrown, ms) : succeeded(test, ms);
}

function succeeded({ id, name }, timeSpentMs) {
  return { id, name, timeSpentMs, status: 0, failureMessage: '' };
}

function failed({ id, name }, error, timeSpentMs) {
  return { id, name, timeSpentMs, status: 1, failureMessage: String(error?.message ?? error) };
}

export const strykerPlugins = [
  { kind: 'TestRunner', name: 'bundled', factory: Object.assign(() => new BundledTests(), { inject: [] }) },
];
