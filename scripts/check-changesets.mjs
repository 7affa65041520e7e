// Holds every package that changed since its last release to a changeset that names it. A package without a release
// (no tag `name@version`) has changed.
import { spawnSync } from 'node:child_process';
import { readText, report, root, trackedFiles, workspacePackages } from './workspace.mjs';

const pending = trackedFiles('.changeset/*.md')
  .filter((file) => !file.endsWith('README.md'))
  .map((file) => ({ file, text: readText(file) }));
const published = workspacePackages().filter(({ manifest }) => manifest.private !== true);
const names = new Set(published.map(({ name }) => name));

const problems = [];
const announced = new Set();
for (const { file, text } of pending) {
  const [, front, body] = /^---\n([\s\S]*?)\n---\n([\s\S]*)$/.exec(text) ?? [];
  if (!body?.trim()) problems.push(`${file}: says nothing to the people who use the package`);
  for (const line of (front ?? '').split('\n').filter(Boolean)) {
    const [, name, bump] = /^["']?([^"':]+)["']?:\s*(\w+)$/.exec(line) ?? [];
    if (!names.has(name)) problems.push(`${file}: there is no package '${name}'`);
    if (!['major', 'minor', 'patch'].includes(bump)) problems.push(`${file}: '${bump}' is not major, minor or patch`);
    announced.add(name);
  }
}
for (const { folder, name, manifest } of published) {
  if (!announced.has(name) && changedSinceRelease(folder, `${name}@${manifest.version}`)) {
    problems.push(`${name} changed since its last release and no changeset says how: npx changeset`);
  }
}
report(problems);

function changedSinceRelease(folder, tag) {
  const shipped = [`${folder}/src`, `${folder}/bin`, `${folder}/package.json`];
  return spawnSync('git', ['diff', '--quiet', `refs/tags/${tag}`, '--', ...shipped], { cwd: root }).status !== 0;
}
