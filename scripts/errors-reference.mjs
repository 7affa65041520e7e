// Makes docs/reference/errors.md and the head of each page in docs/reference/errors/ out of the error tables of all packages,
// and holds every code to a test that names it and to a page that says what happened, why, and what to do:
// node scripts/errors-reference.mjs [--update]
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { readText, report, root, trackedFiles, workspacePackages } from './workspace.mjs';

const reference = 'docs/reference/errors.md';
const problems = [];

const sources = trackedFiles().filter((file) => /^(?:packages|apps)\/[^/]+\/src\/(?:.*\/)?errors\.ts$/.test(file));
const tables = workspacePackages()
  .map(({ folder, name }) => ({ name, rows: sources.filter((file) => file.startsWith(`${folder}/`)).flatMap(rowsOf) }))
  .filter(({ rows }) => rows.length > 0);
const codes = tables.flatMap(({ rows }) => rows.map(({ code }) => code));

for (const code of codes) {
  if (codes.indexOf(code) !== codes.lastIndexOf(code)) problems.push(`${code} stands in two tables`);
}
const tests = trackedFiles('*.test.ts').map(readText).join('\n');
for (const code of new Set(codes)) {
  if (!new RegExp(`\\b${code}\\b`).test(tests)) problems.push(`${code} is provoked by no test`);
}
const folder = 'docs/reference/errors';
const update = process.argv.includes('--update');
/** What stands above the prose of a page is made here, what stands below it is written by hand. */
const mark = '<!-- Above: made from the error table. Below: written by hand. -->';
const sections = ['What happened', 'Why', 'What to do'];
mkdirSync(join(root, folder), { recursive: true });
for (const { name, rows } of tables) for (const row of rows) holdPage(name, row);
for (const name of readdirSync(join(root, folder))) {
  if (codes.includes(name.replace(/\.md$/, ''))) continue;
  if (update) rmSync(join(root, folder, name));
  else problems.push(`${folder}/${name} is the page of no error: npm run check -- errors --update`);
}
const made = render();
if (update) writeFileSync(join(root, reference), made);
else if (!trackedFiles(reference).length || readText(reference) !== made) {
  problems.push(`${reference} is not what the error tables make: npm run check -- errors --update`);
}
report(problems);

/** Holds a page to its head and its sections, or makes the head anew; prose is nobody's to make. */
function holdPage(name, { code, exitCode, hint }) {
  const file = `${folder}/${code}.md`;
  const old = existsSync(join(root, file)) ? readText(file) : '';
  const [, prose = ''] = old.split(`${mark}\n`);
  const row = `| \`${name}\` | ${exitCode} | ${(hint ?? '').replaceAll('|', '\\|')} |`;
  const head = [`# ${code}`, '', '| Package | Exit code | In short |', '|---|---|---|', row, '', mark];
  const page = `${head.join('\n')}\n${prose}`;
  if (update && old !== '') writeFileSync(join(root, file), page);
  else if (old !== page) {
    problems.push(
      old === ''
        ? `${code} has no page: write ${file} with ${mark} and the headings ${sections.join(', ')}`
        : `${file} has not the head that the table makes: npm run check -- errors --update`,
    );
    return;
  }
  for (const section of sections) {
    const [, text = ''] = prose.split(`\n## ${section}\n`);
    const words = text.split('\n## ')[0].trim().split(/\s+/).length;
    if (words < 6) problems.push(`${file} says too little under "${section}"`);
  }
}

/** The rows `HAWSER_…: { exitCode, hint }` of a file, read without running it. */
function rowsOf(file) {
  const rows = [];
  const source = ts.createSourceFile(file, readText(file), ts.ScriptTarget.ESNext, true);
  const constants = new Map();
  visit(source);
  return rows;

  function visit(node) {
    if (ts.isVariableDeclaration(node) && node.initializer) constants.set(nameOf(node), literal(node.initializer));
    if (ts.isPropertyAssignment(node) && nameOf(node).startsWith('HAWSER_')) {
      const exitCode = valueOf(node.initializer, 'exitCode');
      const hint = valueOf(node.initializer, 'hint');
      const { line } = source.getLineAndCharacterOfPosition(node.getStart());
      if (exitCode !== 1 && exitCode !== 2)
        problems.push(`${file}:${line + 1}: ${nameOf(node)} has no exit code 1 or 2`);
      if (!hint) problems.push(`${file}:${line + 1}: ${nameOf(node)} has no hint`);
      rows.push({ code: nameOf(node), exitCode, hint });
      return;
    }
    ts.forEachChild(node, visit);
  }

  function valueOf(table, key) {
    if (!ts.isObjectLiteralExpression(table)) return undefined;
    const found = table.properties.find((property) => nameOf(property) === key);
    return found && ts.isPropertyAssignment(found) ? literal(found.initializer) : undefined;
  }

  function literal(node) {
    if (ts.isNumericLiteral(node)) return Number(node.text);
    if (ts.isStringLiteralLike(node)) return node.text;
    if (ts.isIdentifier(node)) return constants.get(node.text);
    if (ts.isBinaryExpression(node)) return `${literal(node.left)}${literal(node.right)}`;
    return undefined;
  }
}

/** @param {ts.PropertyAssignment | ts.VariableDeclaration | ts.ObjectLiteralElementLike} declaration */
function nameOf({ name }) {
  return name && (ts.isIdentifier(name) || ts.isStringLiteralLike(name)) ? name.text : '';
}

function render() {
  const parts = [
    '# Errors',
    '',
    '<!-- Made by scripts/errors-reference.mjs from the tables in each package; edit those. -->',
    '',
    'Every error carries a code that never changes its meaning, an exit code for the command line, and a hint: what to do',
    'next. Exit code 1 says that the world is not as wanted, 2 that the input or a stored document is wrong. The hint',
    'below is the one shown unless the place that raised the error knows better. With `--json` the error is',
    '`{ "ok": false, "error": { "code", "message", "hint", "exitCode", "details" } }`.',
    '',
    'Each code has a page that says what happened, why, and what to do; `hawser explain CODE` shows it without a network.',
  ];
  for (const { name, rows } of tables) {
    parts.push('', `## ${name}`, '', '| Code | Exit code | What to do |', '|---|---|---|');
    for (const { code, exitCode, hint } of rows.toSorted((a, b) => (a.code < b.code ? -1 : 1))) {
      parts.push(`| [\`${code}\`](errors/${code}.md) | ${exitCode} | ${(hint ?? '').replaceAll('|', '\\|')} |`);
    }
  }
  return `${parts.join('\n')}\n`;
}
