// The steps of a release, in the order in which .github/workflows/release.yml takes them:
//   node scripts/release.mjs version            next versions and change logs from the changesets, and the lock file
//   node scripts/release.mjs publish            builds, and publishes what the registry does not have
//   node scripts/release.mjs artifacts FOLDER   tarballs, bills of materials, the plugin as an executable, checksums
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { root, toolEnv } from './workspace.mjs';

const [step, folder] = process.argv.slice(2);
const script = (name, ...argv) => run(process.execPath, join(root, 'scripts', name), ...argv);

if (step === 'version') {
  script('run.mjs', 'build');
  run('changeset', 'version');
  run('pnpm', 'install', '--lockfile-only');
} else if (step === 'publish') {
  // The version is built into the programs.
  script('run.mjs', 'build');
  run('changeset', 'publish');
} else if (step === 'artifacts' && folder) {
  const out = resolve(folder);
  mkdirSync(out, { recursive: true });
  script('run.mjs', 'build');
  script('pack.mjs', out);
  script('inventory.mjs', 'sbom', out);
  const executable = `session-manager-plugin-${process.platform}-${process.arch}`;
  run(process.execPath, join(root, 'apps/session-manager-plugin/sea.mjs'), join(out, executable));
  const digest = (name) =>
    createHash('sha256')
      .update(readFileSync(join(out, name)))
      .digest('hex');
  const names = readdirSync(out).filter((name) => name !== 'SHA256SUMS');
  writeFileSync(
    join(out, 'SHA256SUMS'),
    names
      .toSorted()
      .map((name) => `${digest(name)}  ${name}\n`)
      .join(''),
  );
} else {
  process.stderr.write('Usage: node scripts/release.mjs version | publish | artifacts FOLDER\n');
  process.exitCode = 2;
}

/** Provenance can be signed where the runner proves who it is; elsewhere npm would refuse to publish at all. */
function run(command, ...argv) {
  const canProve = process.env.ACTIONS_ID_TOKEN_REQUEST_URL !== undefined;
  const env = { ...toolEnv(), npm_config_provenance: String(canProve) };
  const { status } = spawnSync(command, argv, { cwd: root, env, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}
