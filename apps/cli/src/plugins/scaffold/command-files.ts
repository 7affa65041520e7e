import type { Files } from './create.js';
import { manifestOf, type PluginNames, readmeOf } from './manifest.js';

/** A plugin that adds a command. */
export function commandFiles(names: PluginNames): Files {
  const { name, word, version, kitVersion } = names;
  const description = `Adds the command ${word} to hawser.`;
  return {
    'package.json': manifestOf(names, description, {
      files: ['commands'],
      dependencies: { '@hawser/cli-kit': `^${kitVersion}`, '@oclif/core': '^4.14.0' },
      devDependencies: { '@hawser/cli': `^${version}` },
      oclif: {
        commands: { strategy: 'pattern', target: './commands', globPatterns: ['**/*.js'] },
        topicSeparator: ' ',
      },
    }),
    'README.md': readmeOf(name, description, `hawser ${word} world`),
    [`commands/${word}.js`]: `import { HawserCommand } from '@hawser/cli-kit';
import { Args } from '@oclif/core';

export default class extends HawserCommand {
  static summary = 'Greet somebody.';
  static args = { who: Args.string({ required: true, description: 'Whom to greet.' }) };
  static examples = ['<%= config.bin %> <%= command.id %> world'];

  /** Answers with data for --json, and text for people. */
  async work({ args }) {
    return { data: { greeted: args.who }, text: \`Hello, \${args.who}!\` };
  }
}
`,
    [`test/${word}.test.js`]: `import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { runHawser } from '@hawser/cli-kit/testing';

const bin = join(dirname(createRequire(import.meta.url).resolve('@hawser/cli/package.json')), 'bin/hawser.js');

test('greets', async (t) => {
  const home = await mkdtemp(join(tmpdir(), 'plugin-'));
  t.after(() => rm(home, { recursive: true, force: true }));
  const hawser = (...args) => runHawser({ bin, args, cwd: home, env: { HOME: home, XDG_DATA_HOME: join(home, 'data') } });
  const linked = await hawser('plugins', 'link', '--no-install', join(import.meta.dirname, '..'));
  assert.equal(linked.exitCode, 0, linked.stderr);
  const { json } = await hawser('${word}', 'world', '--json');
  assert.deepEqual(json, { ok: true, data: { greeted: 'world' }, warnings: [] });
});
`,
  };
}
