// What tests import from Jest, for the mutation tester: tests are collected here and run by runner.mjs. Only what the
// tests of the areas in mutate.mjs use.
import { createRequire } from 'node:module';
import { format } from 'node:util';

const ours = createRequire(import.meta.url);
const jests = createRequire(ours.resolve('@jest/globals'));
const environments = createRequire(ours.resolve('jest-environment-node'));
const { ModernFakeTimers } = environments('@jest/fake-timers');
const { ModuleMocker } = jests('jest-mock');

export const expect = jests('@jest/expect').jestExpect;

const mocker = new ModuleMocker(globalThis);
const timers = new ModernFakeTimers({ config: { fakeTimers: {}, rootDir: '/' }, global: globalThis });

export const jest = {
  fn: mocker.fn.bind(mocker),
  spyOn: mocker.spyOn.bind(mocker),
  useFakeTimers: (settings) => timers.useFakeTimers(settings),
  useRealTimers: () => timers.useRealTimers(),
  advanceTimersByTime: (ms) => timers.advanceTimersByTime(ms),
};

let suite = newSuite('', undefined);
let tests = [];

/** Loads the tests of a file and answers with them, in their order; `prefix` makes their names unique. */
export async function collect(prefix, load) {
  suite = newSuite(prefix, undefined);
  tests = [];
  await load();
  return tests;
}

/** @typedef {{ name: string, parent?: Suite, beforeAll: Function[], afterAll: Function[], beforeEach: Function[], afterEach: Function[] }} Suite */

/** @returns {Suite} */
function newSuite(name, parent) {
  return { name, parent, beforeAll: [], afterAll: [], beforeEach: [], afterEach: [] };
}

export function describe(name, define) {
  const outer = suite;
  suite = newSuite(`${outer.name}${name} › `, outer);
  define();
  suite = outer;
}
describe.each = eachOf(describe);

export function test(name, body) {
  const full = `${suite.name}${name}`;
  const count = tests.filter((other) => other.name === full).length;
  tests.push({ id: count === 0 ? full : `${full} (${count + 1})`, name: full, suite, body });
}
test.each = eachOf(test);
test.skip = () => {};

export const beforeAll = (hook) => void suite.beforeAll.push(hook);
export const afterAll = (hook) => void suite.afterAll.push(hook);
export const beforeEach = (hook) => void suite.beforeEach.push(hook);
export const afterEach = (hook) => void suite.afterEach.push(hook);

function eachOf(define) {
  return (rows) => (title, body) => {
    for (const row of rows) {
      const values = Array.isArray(row) ? row : [row];
      // Titles take a word from an object, or values one after the other; what is left of these is left out.
      const words = /%[sdijo]/g;
      const named = title.replaceAll(/\$(\w+)/g, (word, key) => (Object(row) === row && key in row ? row[key] : word));
      const name = format(named, ...values.slice(0, title.match(words)?.length ?? 0));
      define(name, () => body(...values));
    }
  };
}
