// Makes what is known of the command line out of its built manifest and its types, and holds the committed files to it:
// command-snapshot.json, schemas/*.json and docs/reference/cli.md. node scripts/cli-reference.mjs [--update]
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ts from 'typescript';
import { readText, report, root } from './workspace.mjs';

const app = 'apps/cli';
const { commands } = JSON.parse(readText(`${app}/oclif.manifest.json`));
const { oclif } = JSON.parse(readText(`${app}/package.json`));
const ids = Object.keys(commands).toSorted();
const spaced = (id) => id.replaceAll(':', ' ');

const files = new Map([
  [`${app}/command-snapshot.json`, json(snapshot())],
  ['docs/reference/cli.md', reference()],
  ...schemas(),
]);
const stale = existsSync(join(root, app, 'schemas'))
  ? readdirSync(join(root, app, 'schemas'))
      .map((name) => `${app}/schemas/${name}`)
      .filter((file) => !files.has(file))
  : [];

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

/** The reference of the command line, for people. */
function reference() {
  const parts = [
    '# Command line',
    '',
    '<!-- Made by scripts/cli-reference.mjs from the commands themselves; edit those. -->',
    '',
    'Data goes to standard output, talk to standard error. With `--json` standard output carries',
    '`{ "ok": true, "data": …, "warnings": [] }` or `{ "ok": false, "error": { "code", "message", "hint", "exitCode",',
    '"details" } }`, one value a line; the schemas of `data` lie in [`apps/cli/schemas`](../../apps/cli/schemas). Commands',
    'that go on after saying something print that as a line of its own. The [errors](errors.md) and the',
    '[environment](environment.md) have pages of their own.',
    '',
    'Exit codes: 0 done; 1 the world is not as wanted; 2 the input is wrong; 129, 130, 141 and 143 ended by a hang-up,',
    'Ctrl-C, a reader that left, or SIGTERM. Commands that hand on the exit code of another command end with 75, 124 or',
    '125 where it is their own.',
    '',
    'Flags of every command: `--json`, `--quiet` (say nothing but data and errors), `--debug` (say what is done, and where',
    'an error came from), `--help`.',
  ];
  for (const id of ids) {
    const { summary, description, args, flags, examples = [], aliases } = commands[id];
    parts.push('', `## hawser ${spaced(id)}`, '', summary);
    if (description) parts.push('', description.includes('\n\n') ? fenced(description) : description);
    parts.push('', fenced(`hawser ${usageOf(id)}`));
    if (aliases.length > 0)
      parts.push('', `Also called ${aliases.map((alias) => `\`hawser ${spaced(alias)}\``).join(', ')}.`);
    const rows = [
      ...Object.values(args).map((arg) => [arg.name.toUpperCase(), arg.description ?? '']),
      ...Object.values(flags)
        .filter(({ helpGroup }) => helpGroup !== 'GLOBAL')
        .map((flag) => [flagName(flag), flag.summary + (flag.env ? ` (\`${flag.env}\`)` : '')]),
    ];
    if (rows.length > 0)
      parts.push('', '| | |', '|---|---|', ...rows.map(([name, text]) => `| \`${name}\` | ${cell(text)} |`));
    if (examples.length > 0) parts.push('', fenced(examples.map((example) => filled(example, id)).join('\n')));
  }
  return `${parts.join('\n')}\n`;
}

/** As the command states it, else made as its usage errors make it. */
function usageOf(id) {
  const { usage, args, flags } = commands[id];
  if (usage) return filled([usage].flat()[0], id);
  const words = Object.values(args).map(({ name, required }) =>
    required ? name.toUpperCase() : `[${name.toUpperCase()}]`,
  );
  const needed = Object.values(flags).filter(({ required }) => required);
  return [spaced(id), ...words, ...needed.map(({ name, helpValue }) => `--${name} ${helpValue}`), '[FLAGS]'].join(' ');
}

function flagName({ name, char, type, helpValue }) {
  const value = type === 'option' ? ` ${helpValue ?? 'VALUE'}` : '';
  return `${char ? `-${char}, ` : ''}--${name}${value}`;
}

function filled(template, id) {
  return template.replaceAll('<%= config.bin %>', oclif.bin).replaceAll('<%= command.id %>', spaced(id));
}

function fenced(text) {
  return `\`\`\`\n${text}\n\`\`\``;
}

function cell(text) {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
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
    const data = command?.heritageClauses?.[0]?.types[0]?.typeArguments?.[1];
    const type = data && checker.getTypeAtLocation(data);
    if (!type || type.flags & ts.TypeFlags.Never) continue;
    const name = id.replaceAll(':', '-');
    const schema = {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      title: `hawser ${spaced(id)} --json`,
      ...schemaOf(type, checker, command),
    };
    made.push([`${app}/schemas/${name}.json`, json(schema)]);
  }
  return made;
}

/** The JSON Schema of what a type looks like after JSON.stringify. */
function schemaOf(type, checker, at) {
  const { TypeFlags } = ts;
  if (type.isStringLiteral() || type.isNumberLiteral()) return { const: type.value };
  if (type.flags & TypeFlags.BooleanLiteral) return { const: checker.typeToString(type) === 'true' };
  if (type.flags & TypeFlags.Boolean) return { type: 'boolean' };
  if (type.flags & TypeFlags.String) return { type: 'string' };
  if (type.flags & TypeFlags.Number) return { type: 'number' };
  if (type.flags & TypeFlags.NonPrimitive) return { type: 'object' };
  if (type.flags & TypeFlags.Null) return { type: 'null' };
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
