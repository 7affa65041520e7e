import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { runToEnd } from '../support/run-to-end.js';
import { root } from '../support/workspace.js';

interface Violation {
  readonly rule: string;
  readonly from: string;
}

/** A small workspace that keeps every rule. */
const lawful: Record<string, string> = {
  'package.json': JSON.stringify({ private: true, devDependencies: { '@hawser/emulators': '1' } }),
  'node_modules/only-for-tests/package.json': JSON.stringify({ name: 'only-for-tests', main: 'index.js' }),
  'node_modules/only-for-tests/index.js': 'module.exports = 1;',
  ...workspacePackage('packages/state-store', { '.': 'index' }),
  ...workspacePackage('packages/terminal', { '.': 'index' }),
  ...workspacePackage('packages/ssm-channel', { '.': 'index', './codec': 'codec/index', './aws': 'aws/index' }, [
    'terminal',
  ]),
  ...workspacePackage('packages/cli-kit', { '.': 'index' }, ['state-store', 'ssm-channel']),
  ...workspacePackage('packages/emulators', { './ssm': 'ssm/index' }, ['ssm-channel']),
  ...workspacePackage('apps/cli', { '.': 'main' }, ['cli-kit', 'ssm-channel', 'state-store', 'emulators']),
  'packages/ssm-channel/src/errors.ts': 'export const codes: string[] = [];',
  'packages/ssm-channel/src/session/shell.ts': `import '@hawser/terminal';`,
  'packages/ssm-channel/src/codec/frame.ts': `import { Buffer } from 'node:buffer';\nimport { codes } from '../errors.js';\nexport const a: unknown = [Buffer, codes];`,
  'packages/ssm-channel/test/unit/frame.test.ts': `import '../../src/codec/frame.js';\nimport '@hawser/emulators/ssm';`,
  'packages/emulators/src/ssm/gateway.ts': `import '@hawser/ssm-channel/codec';`,
  'packages/cli-kit/src/command.ts': `import '@hawser/ssm-channel/aws';\nimport type { A } from '@hawser/ssm-channel';\nexport type B = A;`,
  'apps/cli/src/commands/start.ts': `import '@hawser/emulators/ssm';\nimport '@hawser/cli-kit';`,
};

/** What is planted into it: the first file of each entry breaks the rule. */
const planted = [
  {
    rule: 'no-cycles',
    why: 'two files of one package import each other',
    files: {
      'packages/state-store/src/a.ts': `import { b } from './b.js';\nexport const a: unknown = () => b;`,
      'packages/state-store/src/b.ts': `import { a } from './a.js';\nexport const b: unknown = () => a;`,
    },
  },
  {
    rule: 'layers',
    why: 'a leaf imports another package',
    files: { 'packages/terminal/src/social.ts': `import '@hawser/state-store';` },
  },
  {
    rule: 'layers',
    why: 'the emulators use more of ssm-channel than its codec and smux',
    files: { 'packages/emulators/src/ssm/greedy.ts': `import '@hawser/ssm-channel';` },
  },
  {
    rule: 'layers',
    why: 'the kit takes a value, not a type, out of ssm-channel',
    files: {
      'packages/cli-kit/src/value.ts': `import { session } from '@hawser/ssm-channel';\nexport const a: unknown = session;`,
    },
  },
  {
    rule: 'layers',
    why: 'a test imports the command line instead of starting it',
    files: { 'packages/cli-kit/test/unit/app.test.ts': `import '@hawser/cli';` },
  },
  {
    rule: 'no-deep-imports',
    why: 'another package is entered through its sources',
    files: { 'apps/cli/src/deep.ts': `import '../../../packages/ssm-channel/src/session/shell.js';` },
  },
  {
    rule: 'no-unresolvable',
    why: 'an export path that the manifest does not have',
    files: { 'apps/cli/src/closed-door.ts': `import '@hawser/ssm-channel/session/shell';` },
  },
  {
    rule: 'no-unresolvable',
    why: 'a package of the workspace that is missing from the manifest',
    files: { 'packages/state-store/src/undeclared.ts': `import '@hawser/terminal';` },
  },
  {
    rule: 'no-unresolvable',
    why: 'a library imports what only its development has',
    files: { 'packages/state-store/src/dev.ts': `import dev from 'only-for-tests';\nexport const a: unknown = dev;` },
  },
  {
    rule: 'no-unresolvable',
    why: 'a module that nobody installed',
    files: { 'packages/state-store/src/unknown.ts': `import 'left-over';` },
  },
  {
    rule: 'pure-rooms-do-no-io',
    why: 'the codec opens a file',
    files: {
      'packages/ssm-channel/src/codec/reader.ts': `import { readFile } from 'node:fs/promises';\nexport const a: unknown = readFile;`,
    },
  },
  {
    rule: 'pure-rooms-do-no-io',
    why: 'the codec leans on a room that does IO',
    files: { 'packages/ssm-channel/src/codec/impure.ts': `import '../session/shell.js';` },
  },
];

describe('import rules', () => {
  let folder: string;
  let before: Violation[];
  let after: Violation[];
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hawser-import-rules-'));
    await write(folder, lawful);
    await mkdir(join(folder, 'node_modules/@hawser'), { recursive: true });
    for (const file of Object.keys(lawful)) {
      const found = /^((?:packages|apps)\/([^/]+))\/package\.json$/.exec(file);
      if (found) await symlink(join(folder, found[1]!), join(folder, 'node_modules/@hawser', found[2]!));
    }
    before = await violations(folder);
    for (const { files } of planted) await write(folder, files);
    after = await violations(folder);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test('a workspace that keeps the rules passes', () => {
    expect(before).toEqual([]);
  });

  test.each(planted)('$rule fires when $why', ({ rule, files }) => {
    expect(after).toContainEqual({ rule, from: Object.keys(files)[0] });
  });

  test('nothing but the planted files is complained about', () => {
    const files = new Set(planted.flatMap((entry) => Object.keys(entry.files)));
    expect(after.filter(({ from }) => !files.has(from))).toEqual([]);
  });
});

/** The files of a package whose export paths lead to the named modules, each with a source and what it was built to. */
function workspacePackage(folder: string, doors: Record<string, string>, uses: readonly string[] = []) {
  const name = `@hawser/${folder.split('/')[1]}`;
  const files: Record<string, string> = {};
  const exports: Record<string, { types: string; default: string }> = {};
  for (const [path, module] of Object.entries(doors)) {
    exports[path] = { types: `./dist/${module}.d.ts`, default: `./dist/${module}.js` };
    files[`${folder}/src/${module}.ts`] = 'export const session: number = 1;\nexport type A = number;';
    files[`${folder}/dist/${module}.js`] = 'export const session = 1;';
    files[`${folder}/dist/${module}.d.ts`] = 'export declare const session: number;\nexport type A = number;';
  }
  const dependencies = Object.fromEntries(uses.map((other) => [`@hawser/${other}`, 'workspace:^']));
  const devDependencies = { 'only-for-tests': '1' };
  files[`${folder}/package.json`] = JSON.stringify({ name, type: 'module', exports, dependencies, devDependencies });
  return files;
}

async function write(folder: string, files: Record<string, string>): Promise<void> {
  for (const [file, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await writeFile(join(folder, file), `${text}\n`);
  }
}

async function violations(folder: string): Promise<Violation[]> {
  const config = join(root, '.dependency-cruiser.mjs');
  const argv = [join(root, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs')];
  argv.push('--config', config, '--output-type', 'json', 'packages', 'apps');
  const { stdout } = await runToEnd(process.execPath, argv, { cwd: folder });
  const { summary } = JSON.parse(stdout) as { summary: { violations: { rule: { name: string }; from: string }[] } };
  return summary.violations.map(({ rule, from }) => ({ rule: rule.name, from }));
}
