// Holds the tracked files to what must not be in them: host names in the lock file, package registries, paths of the
// machine they were written on, and tests that are switched off.
import { homedir } from 'node:os';
import { readText, report, root, trackedFiles } from './workspace.mjs';

const literal = (text) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
const machinePaths = [root, homedir()].filter((path) => path !== '/' && path !== '/root').map(literal);

const rules = [
  {
    what: 'host name in the lock file',
    files: /^pnpm-lock\.yaml$/,
    pattern: /https?:\/\/|\btarball:|\bgit\+|@(?:[a-z0-9-]+\.)+[a-z]{2,}[:/]/,
  },
  {
    what: 'package registry',
    files: /./,
    pattern: /https?:\/\/(?:registry|deb|pypi|proxy\.golang|files\.pythonhosted|repo\.maven|static\.crates)\./,
  },
  {
    what: 'path of one machine',
    files: /./,
    pattern: new RegExp(
      `(?:^|[^A-Za-z0-9_.])(?:${['/home/(?!me/|you/)\\w+/', '/Users/(?!me/|you/)\\w+/', ...machinePaths].join('|')})`,
    ),
  },
  {
    what: 'focused or switched-off test',
    files: /\.test\.ts$/,
    pattern: /\b(?:it|test|describe)(?:\.concurrent)?\.(?:only|skip|todo)\(|\b(?:xit|xtest|xdescribe|fit|fdescribe)\(/,
  },
];

const problems = [];
for (const file of trackedFiles()) {
  const text = readText(file);
  if (text.includes('\0')) continue;
  for (const { what, files, pattern } of rules) {
    if (!files.test(file)) continue;
    for (const [index, line] of text.split('\n').entries()) {
      if (pattern.test(line)) problems.push(`${file}:${index + 1}: ${what}: ${line.trim().slice(0, 160)}`);
    }
  }
}
report(problems);
