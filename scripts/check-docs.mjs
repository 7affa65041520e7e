// Holds the documentation to the tree: a relative link leads to a file that exists, and to a heading it has; and every
// variable of the environment that our code reads is in the reference (names that are error codes aside).
import { existsSync, statSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { readText, report, root, trackedFiles } from './workspace.mjs';

const problems = [];
for (const file of trackedFiles('*.md')) {
  for (const [index, line] of withoutCode(readText(file)).split('\n').entries()) {
    for (const [, target] of line.matchAll(/\]\(([^)\s]+)(?:\s+"[^"]*")?\)/g)) {
      if (/^[a-z]+:/.test(target)) continue;
      const [path, heading] = target.split('#');
      const aim = path === '' ? file : normalize(join(dirname(file), decodeURIComponent(path)));
      const wrong = whyWrong(aim, heading);
      if (wrong) problems.push(`${file}:${index + 1}: ${target}: ${wrong}`);
    }
  }
}
const environment = 'docs/reference/environment.md';
const errors = readText('docs/reference/errors.md');
for (const file of trackedFiles('packages/*/src/*.ts', 'apps/*/src/*.ts', 'test/support/*.ts')) {
  // Scripts of containers, kept as text: what they call their own variables concerns nobody else.
  if (file.includes('/src/scripts/')) continue;
  const lines = readText(file).split('\n');
  const read = lines
    .filter((line) => /\benv/.test(line))
    .flatMap((line) => line.match(/\bHAWSER_[A-Z]+(?:_[A-Z]+)*\b/g) ?? []);
  for (const name of new Set(read)) {
    if (!readText(environment).includes(`\`${name}\``) && !errors.includes(`\`${name}\``))
      problems.push(`${file}: reads ${name}, which is not in ${environment}`);
  }
}
report(problems);

function whyWrong(aim, heading) {
  if (aim.startsWith('..')) return 'leads out of the repository';
  if (!existsSync(join(root, aim))) return 'does not exist';
  if (heading === undefined || !aim.endsWith('.md') || statSync(join(root, aim)).isDirectory()) return undefined;
  return anchors(readText(aim)).has(heading) ? undefined : `${aim} has no such heading`;
}

/** The anchors GitHub gives to the headings of a document. */
function anchors(markdown) {
  const headings = [...withoutCode(markdown).matchAll(/^#{1,6}\s+(.+?)\s*#*$/gm)].map(([, title]) =>
    title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(/\s/g, '-'),
  );
  return new Set(headings);
}

/** Blanks fenced blocks, keeping the line numbers. */
function withoutCode(markdown) {
  return markdown.replaceAll(/^(```|~~~)[\s\S]*?^\1/gm, (block) => block.replaceAll(/[^\n]/g, ' '));
}
