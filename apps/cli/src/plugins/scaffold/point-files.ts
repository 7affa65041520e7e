import type { ExtensionPoints } from '@hawser/cli-kit';
import type { Files } from './create.js';
import { manifestOf, type PluginNames, readmeOf } from './manifest.js';

/** What is particular to a point. */
interface Skeleton {
  /** Its type in cli-kit. */
  readonly type: string;
  /** The body of the extension. */
  readonly body: string;
  /** Statements of its test. */
  readonly test: string;
  /** A command that uses it. */
  readonly use: string;
}

/** A plugin that adds at a point. */
export function pointFiles(point: keyof ExtensionPoints, names: PluginNames): Files {
  const { name, word, kitVersion } = names;
  const { type, body, test, use } = skeletons[point](word);
  const description = `Adds ${word} to hawser, a ${point}.`;
  return {
    'package.json': manifestOf(names, description, {
      files: [`${word}.js`],
      devDependencies: { '@hawser/cli-kit': `^${kitVersion}` },
      oclif: { topicSeparator: ' ' },
      hawser: { extensions: { [point]: { [word]: `./${word}.js` } } },
    }),
    'README.md': readmeOf(name, description, use),
    [`${word}.js`]: `/** @type {import('@hawser/cli-kit').${type}} */\nexport const extension = {\n${indented(body)}};\n`,
    [`test/${word}.test.js`]: `import assert from 'node:assert/strict';
import { test } from 'node:test';
import { extension } from '../${word}.js';

const { signal } = new AbortController();

test('${word}', async () => {
${indented(test)}});
`,
  };
}

function indented(text: string): string {
  return text.replaceAll(/^(?=.)/gm, '  ');
}

const skeletons: Readonly<Record<keyof ExtensionPoints, (word: string) => Skeleton>> = {
  'doctor-check': (word) => ({
    type: 'DoctorCheck',
    body: `id: '${word}',
title: '${word}',
topic: 'hawser',
neededFor: 'what needs it',
async look({ environment }) {
  if (environment['PATH']) return { state: 'ok', found: 'it is there' };
  return { state: 'fail', found: 'it is missing', next: 'the command that mends it' };
},
`,
    test: `assert.deepEqual(await extension.look({ environment: { PATH: '/bin' } }), { state: 'ok', found: 'it is there' });
assert.equal((await extension.look({ environment: {} })).state, 'fail');
`,
    use: 'hawser doctor',
  }),
  'exec-runner': (word) => ({
    type: 'ExecRunner',
    body: `label: '${word}',
note: 'Says what it keeps a command apart from, and what not.',
// Program and arguments before the words of the command, which they must run and end as.
wrap: ({ executionId }) => ['env', \`RUN_BY=${word}:\${executionId}\`],
`,
    test: `const [program, ...args] = await extension.wrap({ executionId: 'exec_1', attempt: 1, folder: '/', tree: '/' });
const { spawnSync } = await import('node:child_process');
const { stdout, status } = spawnSync(program, [...args, 'sh', '-c', 'echo $RUN_BY; exit 7'], { encoding: 'utf8' });
assert.deepEqual([stdout, status, signal.aborted], ['${word}:exec_1\\n', 7, false]);
`,
    use: `hawser exec --local --runner ${word} "echo hello"`,
  }),
  'hf-rule': () => ({
    type: 'HfRule',
    body: `asks: 'What the rule asks for, as one sentence.',
async check({ folder }) {
  const { readdir } = await import('node:fs/promises');
  const names = await readdir(folder);
  if (names.includes('README.md')) return [];
  return [{ severity: 'warning', message: 'There is no README.md.', path: 'README.md' }];
},
`,
    test: `const findings = await extension.check({ environment: 'my_env', folder: import.meta.dirname, signal });
assert.deepEqual(findings.map(({ severity }) => severity), ['warning']);
`,
    use: 'hawser hf validate my_env',
  }),
  'hf-template': (word) => ({
    type: 'HfTemplate',
    body: `summary: 'What it makes, as one sentence.',
files: ({ name, title }) => ({
  'openenv.yaml': \`spec_version: 1\\nname: \${name}\\ntype: space\\nruntime: fastapi\\napp: server.app:app\\nport: 8000\\n\`,
  'README.md': \`# \${title}\\n\`,
}),
`,
    test: `const files = await extension.files({ name: 'my_env', prefix: 'My', title: 'My Env', dashed: 'my-env' });
assert.equal(files['README.md'], '# My Env\\n');
assert.equal(signal.aborted, false);
`,
    use: `hawser hf init my_env --template ${word}`,
  }),
  'receipt-verifier': (word) => ({
    type: 'ReceiptVerifier',
    body: `kinds: ['${word}'],
recognizes: (head) => head.toString('utf8').startsWith('${word} '),
async verify(path) {
  const { readFile } = await import('node:fs/promises');
  const [, claim = ''] = (await readFile(path, 'utf8')).trim().split(' ');
  const isSo = claim === 'done';
  return {
    ok: isSo,
    kind: '${word}',
    madeBy: { known: false },
    claims: ['It is done.'],
    checked: [{ name: 'claim', verdict: isSo ? 'ok' : 'wrong', text: isSo ? 'It says so.' : 'It says something else.' }],
    missing: ['Who made it: there is no signature.'],
  };
},
`,
    test: `const { mkdtemp, rm, writeFile } = await import('node:fs/promises');
const folder = await mkdtemp(\`\${(await import('node:os')).tmpdir()}/verifier-\`);
await writeFile(\`\${folder}/receipt\`, '${word} done\\n');
assert.equal(extension.recognizes(Buffer.from('${word} done\\n')), true);
assert.equal((await extension.verify(\`\${folder}/receipt\`, { publicKeys: [], signal })).ok, true);
await rm(folder, { recursive: true });
`,
    use: 'hawser verify FILE',
  }),
  'session-source': (word) => ({
    type: 'SessionSource',
    body: `// ${word}+https://HOST/PATH.zip
async fetch(source, { signal }) {
  const response = await fetch(source.slice('${word}+'.length), { signal });
  if (!response.ok || !response.body) throw new Error(\`it answered \${response.status}\`);
  return { kind: 'zip', body: response.body };
},
`,
    test: `const { createServer } = await import('node:http');
const server = createServer((request, response) => response.end('zip')).listen(0, '127.0.0.1');
await new Promise((resolve) => server.once('listening', resolve));
const url = \`${word}+http://127.0.0.1:\${server.address().port}/code.zip\`;
const { kind, body } = await extension.fetch(url, { signal, maxBytes: 10, onProgress() {} });
const pieces = [];
for await (const piece of body) pieces.push(piece);
assert.deepEqual([kind, Buffer.concat(pieces).toString()], ['zip', 'zip']);
server.close();
`,
    use: `hawser sessions run --source ${word}+https://example.com/code.zip -- ls`,
  }),
  'tunnel-provider': (word) => ({
    type: 'TunnelProvider',
    body: `schema: {
  type: 'object',
  required: ['gateway'],
  properties: { gateway: { type: 'string' } },
  additionalProperties: false,
},
describe: ({ gateway }) => \`Goes through \${gateway}.\`,
async open({ gateway }, { onDebug }) {
  const { connect } = await import('node:net');
  onDebug(\`uses \${gateway}\`);
  const connections = new Set();
  let end;
  const ended = new Promise((resolve) => (end = resolve));
  return {
    ended,
    async dial({ host, port }, { signal }) {
      const socket = connect({ host, port, signal });
      await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
      connections.add(socket.once('close', () => connections.delete(socket)));
      return socket;
    },
    async close() {
      for (const connection of connections) connection.destroy();
      end(undefined);
    },
  };
},
`,
    test: `const { createServer } = await import('node:net');
const server = createServer((socket) => socket.end('hello')).listen(0, '127.0.0.1');
await new Promise((resolve) => server.once('listening', resolve));
const link = await extension.open({ gateway: 'here' }, { targets: [], signal, onDebug() {} });
let said = '';
for await (const piece of await link.dial({ host: '127.0.0.1', port: server.address().port }, { signal })) said += piece;
assert.equal(said, 'hello');
await link.close();
assert.equal(await link.ended, undefined);
server.close();
`,
    use: `hawser net up    # with via: { kind: ${word}, gateway: … } in tunnels.yaml`,
  }),
};
