// Holds docs/promises/*.md to the tree: what a row is kept by exists, and the tests that prove it exist by name.
//
// A row is `| promise | kept by | proved by | figure |`. Kept by: paths in backticks. Proved by: one or more of
// `path/to/suite.test.ts › name of the test` in backticks. A row whose names no test is a promise nobody proves.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readText, report, root, trackedFiles } from './workspace.mjs';

const problems = [];
const suites = new Map();

for (const file of trackedFiles('docs/promises/*.md')) {
  for (const { line, cells } of tableRows(readText(file))) {
    const at = `${file}:${line}`;
    const [promise, keptBy, provedBy] = cells;
    if (cells.length !== 4) {
      problems.push(`${at}: a row has four cells (promise, kept by, proved by, figure), this one has ${cells.length}`);
      continue;
    }
    for (const path of code(keptBy)) {
      if (!existsSync(join(root, path))) problems.push(`${at}: kept by '${path}', which does not exist`);
    }
    if (code(keptBy).length === 0) problems.push(`${at}: nothing keeps “${promise}”`);
    const proofs = code(provedBy).filter((span) => span.includes(' › '));
    if (proofs.length === 0) problems.push(`${at}: no test proves “${promise}”`);
    for (const proof of proofs) {
      const wrong = disproof(proof);
      if (wrong) problems.push(`${at}: ${wrong}`);
    }
  }
}
report(problems);

/** Why `path › name` is no proof, if it is none. Each part of a nested name is looked up by itself. */
function disproof(proof) {
  const [path, ...names] = proof.split(' › ').map((part) => part.trim());
  if (!existsSync(join(root, path))) return `proved by '${path}', which does not exist`;
  if (!suites.has(path)) suites.set(path, readText(path));
  const source = suites.get(path);
  const missing = names.find((name) => !source.includes(name) && !titles(source).some((title) => title.test(name)));
  return missing === undefined ? undefined : `${path} has no test named “${missing}”`;
}

/** The strings of a suite as patterns: what `test.each` and template strings fill in matches anything. */
function titles(source) {
  return [...source.matchAll(/'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`/g)].map(([text]) =>
    namePattern(text),
  );
}

function namePattern(quoted) {
  const unescaped = quoted.slice(1, -1).replaceAll(/\\(['"`\\$])/g, '$1');
  const placeholder = /\$\{[^}]*\}|%[sdifjoO#p]|\$[a-zA-Z][\w.]*/g;
  const parts = unescaped.split(placeholder).map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`));
  // Nothing but placeholders would match every name.
  return parts.join('').trim() === '' ? /^(?!)/ : new RegExp(`^${parts.join('.*')}$`, 's');
}

function tableRows(markdown) {
  return markdown.split('\n').flatMap((text, index) => {
    if (!text.startsWith('|') || /^\|[\s:|-]+\|?$/.test(text) || /^\|\s*Promise\s*\|/i.test(text)) return [];
    const inner = text.trim().replace(/^\|/, '').replace(/\|$/, '');
    return [{ line: index + 1, cells: inner.split(/(?<!\\)\|/).map((cell) => cell.replaceAll('\\|', '|').trim()) }];
  });
}

function code(cell) {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, span]) => span);
}
