import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';

const script = fileURLToPath(new URL('../../scripts/counterparts.mjs', import.meta.url));
const stateFile = fileURLToPath(new URL('../../.cache/counterparts/state.json', import.meta.url));

/** In a test's own file it would mean that somebody has yet to write it. */
const { todo: listAsTodo } = test;

interface State {
  readonly found: Readonly<Record<string, { readonly path: string; readonly version: string }>>;
  readonly missing: Readonly<Record<string, string>>;
}

/**
 * Tests with real programs of `scripts/counterparts.mjs`. They get a function from name to absolute path. Where one of
 * the programs cannot be had, the tests fail under CI and are listed as not run elsewhere.
 */
export function describeReal(names: string | readonly string[], body: (path: (name: string) => string) => void): void {
  const state = readState();
  const wanted = [names].flat();
  const missing = wanted.filter((name) => !state.found[name]);
  describe(`with ${wanted.join(', ')}`, () => {
    if (missing.length === 0) return body((name) => pathOf(state, name));
    const why = missing.map((name) => `${name} is missing (${state.missing[name] ?? 'not in the list'})`).join(', ');
    if (process.env['CI']) test(`can run: ${why}`, () => expect(missing).toEqual([]));
    else listAsTodo(`not run: ${why}`);
  });
}

function pathOf(state: State, name: string): string {
  const found = state.found[name];
  if (!found) throw new Error(`${name} was not asked for, or is not in scripts/counterparts.mjs`);
  return found.path;
}

/** What was found, for tests that are not run without it at all. */
export function readCounterparts(): State['found'] {
  return readState().found;
}

function readState(): State {
  if (!existsSync(stateFile)) spawnSync(process.execPath, [script]);
  return JSON.parse(readFileSync(stateFile, 'utf8')) as State;
}
