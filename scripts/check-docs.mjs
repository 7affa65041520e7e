// Holds the documentation to the tree: a relative link leads to a file that exists, and to a heading it has; every page
// of docs/ can be reached from docs/README.md; and every variable of the environment that our code reads is in the
// reference (names that are error codes aside).
import { existsSync, statSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { unreachablePages } from '../site/contents.mjs';
import { anchorsOf, blankCode, linksOf } from '../site/markdown.mjs';
import { readText, report, root, trackedFiles } from './workspace.mjs';

const problems = [];
for (const file of trackedFiles('*.md')) {
  const text = blankCode(readText(file));
  for (const { target, index } of linksOf(text)) {
    if (/^[a-z]+:/.test(target)) continue;
    const [path, heading] = target.split('#');
    const aim = path === '' ? file : normalize(join(dirname(file), decodeURIComponent(path)));
    const wrong = whyWrong(aim, heading);
    if (wrong) problems.push(`${file}:${text.slice(0, index).split('\n').length}: ${target}: ${wrong}`);
  }
}
for (const page of unreachablePages(join(root, 'docs'))) {
  problems.push(`docs/${page}: no link leads there from docs/README.md, so nobody finds it`);
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
  return anchorsOf(readText(aim)).has(heading) ? undefined : `${aim} has no such heading`;
}
