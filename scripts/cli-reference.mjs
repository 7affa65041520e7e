// Makes what is known of the command line out of its built manifest and its types, and holds the committed files to it:
// command-snapshot.json, schemas/*.json, docs/reference/cli.md and the page of each topic below docs/reference/cli.
// node scripts/cli-reference.mjs [--update]
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import ts from 'typescript';
import { readText, report, root } from './workspace.mjs';

const app = 'apps/cli';
const { commands } = JSON.parse(readText(`${app}/oclif.manifest.json`));
const ids = Object.keys(commands).toSorted();
const spaced = (id) => id.replaceAll(':', ' ');
/** Types that are being described; one that holds itself is described no deeper. */
const within = [];

const files = new Map([
  [`${app}/command-snapshot.json`, json(snapshot())],
  ...pagesOf(await reference()),
  ...schemas(),
]);
const stale = [...madeIn(`${app}/schemas`, '.json'), ...madeIn('docs/reference/cli', '.md')].filter(
  (file) => !files.has(file),
);

if (process.argv.includes('--update')) {
  for (const file of stale) rmSync(join(root, file));
  for (const [file, text] of files) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  }
} else {
  const wrong = [...files].filter(([file, text]) => !existsSync(join(root, file)) || readText(file) !== text);
  report(
    [...wrong.map(([file]) => file), ...stale].map(
      (file) => `${file} is not what the commands make: npm run check -- cli --update`,
    ),
  );
}

/** What lies in a folder that is made here. */
function madeIn(folder, ending) {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder))
    .filter((name) => name.endsWith(ending))
    .map((name) => `${folder}/${name}`);
}

/**
 * The reference as pages: one for each topic, one for the commands that have none, and before them one that lists them all.
 *
 * @returns {[string, string][]}
 */
function pagesOf(whole) {
  const [introduction = '', ...sections] = whole.trimEnd().split(/\n(?=## )/);
  const [, note = ''] = /(<!--.*-->)/.exec(introduction) ?? [];
  const topics = new Set(ids.filter((id) => id.includes(':')).map((id) => id.split(':')[0]));
  /** @type {Map<string, string[]>} */
  const pages = new Map();
  for (const section of sections) {
    const [, word = ''] = /^## hawser ([\w-]+)/.exec(section) ?? [];
    const page = topics.has(word) ? word : 'hawser';
    pages.set(page, [...(pages.get(page) ?? []), section.trim()]);
  }
  const listed = [...pages].toSorted(([a], [b]) => (a < b ? -1 : 1));
  const lists = listed.map(([page, own]) => {
    const rows = own.map((section) => {
      const [heading = '', , summary = ''] = section.split('\n');
      const name = heading.slice('## '.length);
      return `| [\`${name}\`](cli/${page}.md#${name.replaceAll(' ', '-')}) | ${summary.replaceAll('|', '\\|')} |`;
    });
    return `## ${titleOf(page)}\n\n| | |\n|---|---|\n${rows.join('\n')}\n`;
  });
  return [
    ['docs/reference/cli.md', `${introduction.trim()}\n\n${lists.join('\n')}`],
    ...listed.map(
      ([page, own]) =>
        /** @type {[string, string]} */ ([
          `docs/reference/cli/${page}.md`,
          `# ${titleOf(page)}\n\n${note}\n\nWhat holds for every command stands with the [list of all](../cli.md).\n\n${own.join('\n\n')}\n`,
        ]),
    ),
  ];
}

function titleOf(page) {
  return page === 'hawser' ? 'Commands without a topic' : `hawser ${page}`;
}

/** Names that programs and people rely on: a changed one is a visible change. */
function snapshot() {
  return ids.map((id) => {
    const { aliases, args, flags } = commands[id];
    return {
      command: spaced(id),
      aliases: aliases.map(spaced),
      args: Object.entries(args).map(([name, { required }]) => (required ? name : `[${name}]`)),
      flags: Object.keys(flags).toSorted(),
    };
  });
}

/** The reference of the command line, for people, by the code that `hawser distro docs` runs. */
async function reference() {
  const { outputFiles } = await build({
    stdin: {
      contents: "export { readManual } from './manual.ts'; export { renderReference } from './markdown.ts';",
      resolveDir: join(root, app, 'src/distro'),
    },
    bundle: true,
    format: 'esm',
    platform: 'node',
    write: false,
  });
  const source = Buffer.from(outputFiles[0].contents).toString('base64');
  const { readManual, renderReference } = await import(`data:text/javascript;base64,${source}`);
  const sources = new Map();
  for (const name of ['package.json', 'oclif.manifest.json']) sources.set(name, readText(`${app}/${name}`));
  return renderReference(readManual(sources), {
    schemas: '../../apps/cli/schemas',
    note: 'Made by scripts/cli-reference.mjs from the commands themselves; edit those.',
  });
}

/**
 * One JSON Schema for each command: what stands under `data`, or in the line of a command that goes on.
 *
 * @returns {[string, string][]}
 */
function schemas() {
  const sources = ids.map((id) => join(root, app, 'src/commands', `${id.replaceAll(':', '/')}.ts`));
  const { options } = ts.parseJsonConfigFileContent(
    ts.readConfigFile(join(root, app, 'tsconfig.json'), (file) => ts.sys.readFile(file)).config,
    ts.sys,
    join(root, app),
  );
  const program = ts.createProgram(sources, { ...options, skipLibCheck: true });
  const checker = program.getTypeChecker();
  /** @type {[string, string][]} */
  const made = [];
  for (const [index, id] of ids.entries()) {
    const file = program.getSourceFile(sources[index]);
    const command = file?.statements.find(ts.isClassDeclaration);
    const types = answersOf(command, checker)
      .map((node) => checker.getTypeAtLocation(node))
      .filter(({ flags }) => !(flags & ts.TypeFlags.Never));
    if (types.length === 0) continue;
    const described = types.map((type) => schemaOf(type, checker, command));
    const name = id.replaceAll(':', '-');
    const schema = {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      title: `hawser ${spaced(id)} --json`,
      ...(described.length === 1 ? described[0] : { anyOf: described }),
    };
    made.push([`${app}/schemas/${name}.json`, json(schema)]);
  }
  return made;
}

/** What a command answers with; one that is another name of a command answers as that does. */
function answersOf(command, checker) {
  const base = command?.heritageClauses?.[0]?.types[0];
  if (!base || base.typeArguments) return base?.typeArguments.slice(1) ?? [];
  const named = checker.getSymbolAtLocation(base.expression);
  return answersOf(checker.getAliasedSymbol(named).declarations?.find(ts.isClassDeclaration), checker);
}

/** The JSON Schema of what a type looks like after JSON.stringify. */
function schemaOf(type, checker, at) {
  if (within.includes(type)) return {};
  within.push(type);
  const schema = describeType(type, checker, at);
  within.pop();
  return schema;
}

function describeType(type, checker, at) {
  const { TypeFlags } = ts;
  if (type.isStringLiteral() || type.isNumberLiteral()) return { const: type.value };
  if (type.flags & TypeFlags.BooleanLiteral) return { const: checker.typeToString(type) === 'true' };
  if (type.flags & TypeFlags.Boolean) return { type: 'boolean' };
  if (type.flags & TypeFlags.String) return { type: 'string' };
  if (type.flags & TypeFlags.Number) return { type: 'number' };
  if (type.flags & TypeFlags.NonPrimitive) return { type: 'object' };
  if (type.flags & TypeFlags.Null) return { type: 'null' };
  if (type.flags & TypeFlags.Unknown) return {};
  if (type.isUnion()) {
    const kinds = type.types.filter(({ flags }) => !(flags & TypeFlags.Undefined));
    if (kinds.length === 2 && kinds.every(({ flags }) => flags & TypeFlags.BooleanLiteral)) return { type: 'boolean' };
    if (kinds.every((kind) => kind.isStringLiteral())) return { enum: kinds.map(({ value }) => value) };
    return kinds.length === 1
      ? schemaOf(kinds[0], checker, at)
      : { anyOf: kinds.map((kind) => schemaOf(kind, checker, at)) };
  }
  if (checker.isArrayType(type))
    return { type: 'array', items: schemaOf(checker.getTypeArguments(type)[0], checker, at) };
  if (type.symbol?.name === 'Date') return { type: 'string', format: 'date-time' };
  const index = checker.getIndexTypeOfType(type, ts.IndexKind.String);
  if (index) return { type: 'object', additionalProperties: schemaOf(index, checker, at) };
  if (!(type.flags & TypeFlags.Object) && !type.isIntersection())
    throw new Error(`No schema for ${checker.typeToString(type)}`);
  const properties = {};
  const required = [];
  for (const property of checker.getPropertiesOfType(type)) {
    const described = ts.displayPartsToString(property.getDocumentationComment(checker));
    properties[property.name] = {
      ...(described ? { description: described.replaceAll('\n', ' ') } : {}),
      ...schemaOf(checker.getTypeOfSymbolAtLocation(property, at), checker, at),
    };
    const isOptional = property.flags & ts.SymbolFlags.Optional || mayBeUndefined(checker, property, at);
    if (!isOptional) required.push(property.name);
  }
  return { type: 'object', properties, required, additionalProperties: false };
}

/** JSON leaves out what is undefined. */
function mayBeUndefined(checker, property, at) {
  const type = checker.getTypeOfSymbolAtLocation(property, at);
  return type.isUnion() && type.types.some(({ flags }) => flags & ts.TypeFlags.Undefined);
}

function json(value) {
  return `${JSON.stringify(value, null, 2)}\n`;
}
