// Packs every package and holds the tarballs to publint and are-the-types-wrong.
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { report, root, taskEnv, workspacePackages } from './workspace.mjs';

const run = promisify(execFile);
const folder = await mkdtemp(join(tmpdir(), 'hawser-packed-'));
const problems = [];
try {
  const { stdout } = await run(process.execPath, [join(root, 'scripts/pack.mjs'), folder]);
  for (const [name, tarball] of Object.entries(JSON.parse(stdout))) {
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
