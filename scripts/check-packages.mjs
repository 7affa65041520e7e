// Packs every package and holds the tarballs to publint, are-the-types-wrong, and the size they may have.
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { measureSizes, overBudget } from './sizes.mjs';
import { report, root, taskEnv, workspacePackages } from './workspace.mjs';

const run = promisify(execFile);
const folder = await mkdtemp(join(tmpdir(), 'hawser-packed-'));
const problems = [];
try {
  const { stdout } = await run(process.execPath, [join(root, 'scripts/pack.mjs'), folder]);
  const tarballs = JSON.parse(stdout);
  problems.push(...overBudget(measureSizes(tarballs)));
  for (const [name, tarball] of Object.entries(tarballs)) {
    const manifest = workspacePackages().find((candidate) => candidate.name === name)?.manifest;
    await hold(name, 'publint', [tarball, '--strict']);
    // A package that is only a binary has no types to be wrong.
    if (manifest.exports)
      await hold(name, 'attw', [tarball, '--profile', 'esm-only', '--no-emoji', '--format', 'ascii']);
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
report(problems);

async function hold(name, tool, argv) {
  await run(tool, argv, { cwd: root, env: taskEnv() }).catch((error) => {
    problems.push(`${name}: ${tool} objects`, `${error.stdout}${error.stderr}`.trim());
  });
}
