// Bundles the command line so that it starts fast, then writes the manifest that oclif and help read.
//
// dist/main.cjs   everything a command needs to begin: oclif, the library, all command classes, each loaded when asked
//                 for. One CommonJS file, because Node 20 needs 10 ms for the dozen ES modules it would otherwise be.
// dist/eks-token.cjs  the credential plugin that a kubeconfig runs, without the command line around it.
// dist/complete.cjs  what the completion scripts of shells ask for live names, without the command line around it.
// dist/exec-lambda.cjs  the execution service, which `hawser exec init` sends to AWS Lambda with bcrypt's binary beside it.
// dist/lib/*.js   what commands import() once they know what to do: sessions, the AWS SDK, the emulator. ES modules,
//                 shared code split off.
// dist/page   the terminal page of sessions.
// dist/docs, dist/schemas   what `hawser distro docs` makes manuals of, besides the manifest.
import { copyFile, mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pageFolder } from '@hawser/sessions-web';
import { Plugin } from '@oclif/core';
import { build } from 'esbuild';
import { commonJsInside } from '../../scripts/bundle.mjs';
import { lazyRequires } from './lazy-requires.mjs';
import { writeManualPages } from './manual-pages.mjs';

const root = fileURLToPath(new URL('.', import.meta.url));
const common = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node20.19',
  minifyWhitespace: true,
  minifySyntax: true,
  legalComments: 'none',
  metafile: true,
  logLevel: 'warning',
  // What is native is a dependency of its own; TypeScript is looked for by oclif in development only.
  external: ['@lydell/node-pty', 'bcrypt', 'dynalite', 'knex', 'libsql', 'pg', 'typescript', 'ts-node'],
};

// Programs of their own that commands start, by the name they get in dist/lib.
const programs = {
  'exec-supervisor': 'src/exec-supervisor-entry.ts',
  'local-stack': 'src/local-stack-entry.ts',
  'net-supervisor': 'src/supervisor-entry.ts',
  'sessions-runner': 'src/sessions-runner-entry.ts',
};

const deferred = new Map();
const start = await build({
  ...common,
  entryPoints: {
    main: 'src/main.ts',
    'eks-token': 'src/aws/eks-token-main.ts',
    complete: 'src/complete/main.ts',
  },
  outdir: 'dist',
  outExtension: { '.js': '.cjs' },
  format: 'cjs',
  plugins: [lazyRequires, { name: 'commands', setup: listCommands }, { name: 'defer', setup: deferImports }],
});
const later = await build({
  ...common,
  entryPoints: { ...Object.fromEntries(deferred), ...programs },
  outdir: 'dist/lib',
  format: 'esm',
  splitting: true,
  mainFields: ['module', 'main'],
  chunkNames: 'chunks/[name]-[hash]',
  banner: { js: commonJsInside },
});

const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
const service = await build({
  ...common,
  entryPoints: { 'exec-lambda': '@hawser/exec-backend/lambda' },
  outdir: 'dist',
  outExtension: { '.js': '.cjs' },
  format: 'cjs',
  // What Lambda's nodejs22.x runs. The SDK goes along, so that its version is ours; the clients that only make stacks do not.
  target: 'node22',
  mainFields: ['module', 'main'],
  external: ['@aws-sdk/client-cloudformation', '@aws-sdk/client-lambda', '@aws-sdk/client-sts'],
  define: { 'process.env.HAWSER_VERSION': JSON.stringify(version) },
});

// What `hawser distro docs` makes manuals of, besides the manifest, and the terminal page that `hawser sessions serve` shows.
const copied = (await writeManualPages(join(root, 'dist/docs'))).map((name) => `dist/docs/${name}`);
for (const [folder, from, wanted] of [
  ['dist/schemas', 'schemas', /\.json$/],
  ['dist/schemas/files', 'schemas/files', /\.json$/],
  ['dist/page', pageFolder, /\.(?:css|html|js)$/],
]) {
  await mkdir(join(root, folder), { recursive: true });
  for (const name of (await readdir(resolve(root, from))).filter((file) => wanted.test(file))) {
    await copyFile(resolve(root, from, name), join(root, folder, name));
    copied.push(`${folder}/${name}`);
  }
}

// The pages of errors in one file, for `hawser explain`.
const pages = resolve(root, '../../docs/reference/errors');
const names = (await readdir(pages)).filter((name) => /^HAWSER_\w+\.md$/.test(name)).toSorted();
const texts = await Promise.all(names.map((name) => readFile(join(pages, name), 'utf8')));
await writeFile(join(root, 'dist/docs/error-pages.json'), `${JSON.stringify(texts.map(errorPage))}\n`);
copied.push('dist/docs/error-pages.json');

// What an earlier build left; only now, so that a failed build leaves a working command.
const made = new Set([...[start, later, service].flatMap(({ metafile }) => Object.keys(metafile.outputs)), ...copied]);
for (const entry of await readdir(join(root, 'dist'), { recursive: true, withFileTypes: true })) {
  const file = join(entry.parentPath, entry.name);
  if (entry.isFile() && !made.has(relative(root, file).replaceAll(sep, '/'))) await rm(file);
}

const plugin = new Plugin({
  root,
  type: 'core',
  ignoreManifest: true,
  errorOnManifestCreate: true,
  respectNoCacheDefault: true,
});
await plugin.load();
await writeFile(
  join(root, 'oclif.manifest.json'),
  `${JSON.stringify({ commands: plugin.manifest.commands, version }, null, 2)}\n`,
);

/** Fills src/start/commands.ts: the path of a file below src/commands is the id of the command in it. */
function listCommands(builder) {
  builder.onLoad({ filter: /src[\\/]start[\\/]commands\.ts$/ }, async () => {
    const files = await readdir(join(root, 'src/commands'), { recursive: true });
    const getters = files
      .filter((file) => file.endsWith('.ts'))
      .map((file) => file.replaceAll(sep, '/').replace(/\.ts$/, ''))
      .toSorted()
      .map((name) => `get '${name.replaceAll('/', ':')}'() { return require('./src/commands/${name}.ts').default; },`);
    return { contents: `export const commands = { ${getters.join('\n')} };`, resolveDir: root, loader: 'js' };
  });
}

/** Leaves `import()` of everything but the start itself to the second bundle, and notes what that must contain. */
function deferImports(builder) {
  builder.onResolve({ filter: /.*/ }, async ({ path, kind, resolveDir, importer, pluginData }) => {
    if (kind !== 'dynamic-import' || pluginData === 'asked') return undefined;
    const found = await builder.resolve(path, { kind, resolveDir, importer, pluginData: 'asked' });
    const own = relative(root, found.path).replaceAll(sep, '/');
    if (found.errors.length > 0 || found.external || /^src\/(?:start|help)\//.test(own)) return found;
    const name = path.startsWith('.')
      ? own.replace(/^src\/|^\.\.\/\.\.\/packages\/|\.[jt]s$/g, '').replaceAll('/', '-')
      : path.replaceAll(/[@/]+/g, '-').replace(/^-/, '');
    deferred.set(name, found.path);
    return { path: `./lib/${name}.js`, external: true };
  });
}

/** A page of an error by its parts, as scripts/errors-reference.mjs has made its head. */
function errorPage(text) {
  const [, code] = /^# (HAWSER_\w+)$/m.exec(text) ?? [];
  const [, name, exitCode, hint] = /^\| `(.+?)` \| (\d) \| (.*) \|$/m.exec(text) ?? [];
  if (hint === undefined) throw new Error(`The page of ${code} has no head: npm run check -- errors --update`);
  const page = `https://hawser.dev/reference/errors/${code}`;
  return { code, package: name, exitCode: Number(exitCode), hint: hint.replaceAll('\\|', '|'), page, text };
}
