import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { describeReal } from '../../../../test/support/counterparts.js';
import { ContextsError } from '../../src/errors.js';
import { editText } from '../../src/env/document.js';
import { checkEnv, diffEnv, writeEnv } from '../../src/env/file.js';
import type { EnvFormatName } from '../../src/env/formats/format.js';
import { ENV_FORMATS, envFormats } from '../../src/env/formats/index.js';
import { type EnvPlan, planEnv } from '../../src/env/plan.js';
import { readByDotenv, readByNode, readByShell } from '../support/env-readers.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hawser-env-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const context = {
  name: 'staging',
  prefectApiUrl: 'https://prefect.corp.example/api',
  prefectProfile: 'hawser-staging',
  kubernetesNamespace: 'jobs',
};

const file = () => join(folder, '.env.staging');
const text = () => readFileSync(file(), 'utf8');

/** A plan with these variables and nothing else. */
function planOf(values: Readonly<Record<string, string>>, secret = false): EnvPlan {
  const lines = Object.entries(values).map(([name, value]) => ({
    name,
    value,
    secret,
    source: 'flag' as const,
    detail: 'a test',
    lost: [],
  }));
  return { target: 'staging', lines, warnings: [] };
}

const write = (plan: EnvPlan, more: { overwrite?: boolean; format?: EnvFormatName } = {}) =>
  writeEnv({ directory: folder, plan, ...more });

async function errorOf(attempt: Promise<unknown>): Promise<ContextsError> {
  const error: unknown = await attempt.then(
    () => new Error('it succeeded'),
    (thrown: unknown) => thrown,
  );
  if (error instanceof ContextsError) return error;
  throw error;
}

describe('writing an env file', () => {
  test('is byte for byte what it was, for its owner only, and read by everybody', async () => {
    const plan = await planEnv({ target: 'staging', context, allowNetwork: true });
    expect(await write(plan)).toMatchObject({ path: file(), action: 'created', format: 'portable', stale: false });
    expect(text()).toBe(readFileSync(new URL('../fixtures/env.staging', import.meta.url), 'utf8'));
    expect(statSync(file()).mode & 0o777).toBe(0o600);
    const wanted = Object.fromEntries(plan.lines.map(({ name, value }) => [name, value]));
    const names = Object.keys(wanted);
    expect({ ...readByDotenv(text()) }).toEqual(wanted);
    expect(readByShell('sh', file(), names)).toEqual(wanted);
    expect(readByNode(file(), names)).toEqual(wanted);
    expect(readdirSync(folder)).toEqual(['.env.staging']);
  });

  test('does nothing twice', async () => {
    const plan = await planEnv({ target: 'staging', context });
    await write(plan);
    const before = statSync(file());
    expect(await write(plan)).toMatchObject({ action: 'unchanged' });
    expect(statSync(file())).toMatchObject({ ino: before.ino, mtimeMs: before.mtimeMs });
  });

  test('changes what is there only with overwrite, and names it', async () => {
    await write(planOf({ ONE: 'a', TWO: 'b' }));
    for (const values of [{ ONE: 'a', TWO: 'c' }, { ONE: 'a' }, { ONE: 'a', TWO: 'b', THREE: 'd' }] as Record<
      string,
      string
    >[]) {
      const before = text();
      const error = await errorOf(write(planOf(values)));
      expect(error).toMatchObject({ code: 'HAWSER_ENV_EXISTS', exitCode: 2 });
      expect(error.message).toMatch(/^\.env\.staging says otherwise of (TWO|THREE)\.$/);
      expect(text()).toBe(before);
    }
    expect((await errorOf(write(planOf({ ONE: 'a', TWO: 'b' }), { format: 'posix' }))).code).toBe('HAWSER_ENV_EXISTS');
    expect(await write(planOf({ ONE: 'x', THREE: 'y' }), { overwrite: true })).toMatchObject({
      action: 'updated',
      changes: [
        { name: 'ONE', change: 'update' },
        { name: 'THREE', change: 'add' },
        { name: 'TWO', change: 'remove' },
      ],
    });
    expect({ ...readByDotenv(text()) }).toEqual({ ONE: 'x', THREE: 'y' });
  });

  test('keeps the format of the file unless told otherwise', async () => {
    await write(planOf({ ONE: "it's" }), { format: 'posix' });
    expect((await write(planOf({ ONE: 'two words' }), { overwrite: true })).format).toBe('posix');
    expect(text()).toContain("ONE='two words'");
    expect((await write(planOf({ ONE: 'word' }), { overwrite: true, format: 'docker' })).format).toBe('docker');
  });

  test('leaves what was written by hand as it is, byte for byte', async () => {
    const [above, below] = ['\uFEFF# mine\r\nEDITOR = vim\r\n\r\n  odd line', 'LAST="one\ntwo"   # and no line break'];
    writeFileSync(file(), above);
    await write(planOf({ ONE: 'a' }), { format: 'dotenv' });
    writeFileSync(file(), `${text()}${below}`);
    await write(planOf({ ONE: 'b', TWO: 'c' }), { overwrite: true });
    expect(text().startsWith(`${above}\n# hawser:begin env target=staging format=dotenv\n`)).toBe(true);
    expect(text().endsWith(`# hawser:end env\n${below}`)).toBe(true);
    expect(readByDotenv(text())).toMatchObject({ EDITOR: 'vim', ONE: 'b', TWO: 'c', LAST: 'one\ntwo' });
  });

  test('leaves any text around its block as it is, or refuses', async () => {
    const parts = fc.string({ unit: fc.constantFrom(...'ab=\n\r"\'`#\\$ é{'.split('')), maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(parts, parts, fc.constantFrom(...ENV_FORMATS), async (above, below, name) => {
        if (!envFormats[name].hasComments) return;
        try {
          const first = await editText(above, planOf({ ONE: 'one' }), name, '.env');
          const second = await editText(first.text + below, planOf({ ONE: 'two', TWO: '2' }), name, '.env');
          expect(second.text.startsWith(above)).toBe(true);
          expect(second.text.endsWith(`# hawser:end env\n${below}`)).toBe(true);
        } catch (error) {
          // Something open above would swallow the block, or sets one of our names.
          expect(error).toMatchObject({ code: 'HAWSER_ENV_VALUE_REFUSED' });
        }
      }),
      { numRuns: 400 },
    );
  });

  test('refuses a line written by hand of the same name; overwrite takes it out', async () => {
    writeFileSync(file(), 'ONE=mine\nOTHER=kept\n');
    const error = await errorOf(write(planOf({ ONE: 'a' })));
    expect(error).toMatchObject({
      code: 'HAWSER_ENV_EXISTS',
      message: '.env.staging sets ONE in lines written by hand.',
      details: { variables: ['ONE'] },
    });
    await write(planOf({ ONE: 'a' }), { overwrite: true });
    expect(text()).toMatch(/^OTHER=kept\n# hawser:begin/);
    expect({ ...readByDotenv(text()) }).toEqual({ OTHER: 'kept', ONE: 'a' });
  });

  test('refuses a text in which something above swallows the block', async () => {
    writeFileSync(file(), "OPEN='left open\n");
    const error = await errorOf(write(planOf({ ONE: "it's" }), { format: 'posix' }));
    expect(error).toMatchObject({
      code: 'HAWSER_ENV_VALUE_REFUSED',
      hint: 'Look for a quote that is left open above.',
    });
    expect(text()).toBe("OPEN='left open\n");
  });

  test('refuses a value that has no portable spelling, and names the formats that have one', async () => {
    const error = await errorOf(write(planOf({ MOTTO: 'two\nlines' })));
    expect(error).toMatchObject({
      code: 'HAWSER_ENV_VALUE_REFUSED',
      exitCode: 2,
      details: { variable: 'MOTTO', formats: ['posix', 'dotenv', 'json', 'github', 'systemd', 'fish', 'powershell'] },
    });
    expect(error.message).toContain(String.raw`("two\nlines")`);
    const secret = await errorOf(write(planOf({ KEY: 'planted secret' }, true)));
    expect(secret.message + secret.hint + JSON.stringify(secret.details)).not.toContain('planted');
    expect((await errorOf(write(planOf({ A: 'a\0' })))).hint).toBe('No env file can hold it.');
    expect((await errorOf(write(planOf({ A: 'a\n# hawser:end env\nb' }), { format: 'posix' }))).message).toContain(
      'mark',
    );
    expect(readdirSync(folder)).toEqual([]);
  });

  test('refuses marks that do not pair', async () => {
    for (const broken of [
      '# hawser:end env\n',
      '# hawser:begin env target=staging format=portable\nA=1\n',
      '# hawser:begin env target=a format=portable\n# hawser:end env\n# hawser:end env\n',
    ]) {
      writeFileSync(file(), broken);
      expect((await errorOf(write(planOf({ ONE: 'a' })))).message).toContain('do not pair');
    }
    writeFileSync(file(), '# hawser:begin env target=staging format=latin\n# hawser:end env\n');
    expect((await errorOf(write(planOf({ ONE: 'a' })))).message).toContain('latin, which is none');
  });

  test('closes a file that others may read, and follows a link', async () => {
    const real = join(folder, 'real');
    writeFileSync(real, 'EDITOR=vim\n');
    chmodSync(real, 0o644);
    symlinkSync('real', file());
    await write(planOf({ ONE: 'a' }));
    expect(statSync(real).mode & 0o777).toBe(0o600);
    expect(readFileSync(real, 'utf8')).toContain('ONE=a');
  });

  test('keeps the variables of others in JSON and GitHub files, which have no comments', async () => {
    writeFileSync(file(), '{ "EDITOR": "vim", "ONE": "old" }\n');
    expect((await errorOf(write(planOf({ ONE: 'new' })))).code).toBe('HAWSER_ENV_EXISTS');
    expect((await write(planOf({ ONE: 'new', TWO: 'a\nb' }), { overwrite: true })).format).toBe('json');
    expect(JSON.parse(text())).toEqual({ EDITOR: 'vim', ONE: 'new', TWO: 'a\nb' });
    writeFileSync(file(), '[1]');
    expect((await errorOf(write(planOf({ ONE: 'a' }), { format: 'json' }))).message).toContain('no JSON object');
    writeFileSync(file(), 'EDITOR=vim\nONE=old\n');
    await write(planOf({ ONE: 'a\nb', TWO: 'x' }), { overwrite: true, format: 'github' });
    expect(text()).toMatch(/^EDITOR=vim\nONE<<(hawser_[\w-]+)\na\nb\n\1\nTWO=x\n$/);
    const before = text();
    expect((await write(planOf({ ONE: 'a\nb', TWO: 'x' }), { format: 'github' })).action).toBe('unchanged');
    expect(text()).toBe(before);
  });

  test.each(ENV_FORMATS)('is up to date after it was written as %s', async (format) => {
    const plan = await planEnv({ target: 'staging', context });
    await write(plan, { format });
    expect((await diffEnv({ directory: folder, plan, format })).stale).toBe(false);
    expect((await write(plan, { format })).action).toBe('unchanged');
  });
});

describe('comparing an env file with its plan', () => {
  test('names what would change and no value, and checking fails on it', async () => {
    const missing = await errorOf(checkEnv({ directory: folder, plan: planOf({ ONE: 'a' }) }));
    expect(missing).toMatchObject({
      code: 'HAWSER_ENV_STALE',
      exitCode: 1,
      message: `There is no .env.staging in ${folder}.`,
    });
    await write(planOf({ ONE: 'planted-old', TWO: 'b' }, true));
    const plan = planOf({ ONE: 'planted-new', TWO: 'b' }, true);
    const diff = await diffEnv({ directory: folder, plan });
    expect(diff).toMatchObject({ exists: true, stale: true, changes: [{ change: 'update' }, { change: 'same' }] });
    expect(JSON.stringify(diff)).not.toContain('planted');
    const stale = await errorOf(checkEnv({ directory: folder, plan }));
    expect(stale.message).toBe('.env.staging is out of date: ONE.');
    expect(JSON.stringify(stale.details)).not.toContain('planted');
    await write(plan, { overwrite: true });
    expect((await checkEnv({ directory: folder, plan })).stale).toBe(false);
  });
});

describeReal('git', (path) => {
  test('tells when git would take the file into a commit', async () => {
    const git = (...args: string[]) => execFileSync(path('git'), ['-C', folder, ...args], { env: { HOME: folder } });
    expect((await write(planOf({ ONE: 'a' }))).tracked).toBe(false);
    git('init', '--quiet');
    expect((await write(planOf({ ONE: 'a' }))).tracked).toBe(true);
    writeFileSync(join(folder, '.gitignore'), '.env.*\n');
    expect((await write(planOf({ ONE: 'a' }))).tracked).toBe(false);
    git('add', '--force', '.env.staging');
    expect((await write(planOf({ ONE: 'a' }))).tracked).toBe(true);
  });
});
