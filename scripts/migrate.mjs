// The migrations of terminal sessions for people: npm run migrate:latest | migrate:rollback | migrate:status with the
// database's address in HAWSER_SESSIONS_DATABASE_URL; npm run migrate:make NAME writes a new one into the source tree.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root } from './workspace.mjs';

const [verb = '', name = ''] = process.argv.slice(2);
const built = spawnSync(process.execPath, [join(root, 'scripts/run.mjs'), 'build'], { stdio: ['ignore', 2, 2] });
if (built.status !== 0) process.exit(built.status ?? 1);
if (verb === 'make') {
  const { makeMigration } = await import('@hawser/k8s-sessions/store');
  const folder = join(root, 'packages/k8s-sessions/src/store/migrations');
  const { file } = await makeMigration({ folder, name, nowMs: Date.now() });
  process.stdout.write(`${file}\n`);
} else {
  const program = join(root, 'apps/sessions-server/bin/hawser-sessions.js');
  const { status } = spawnSync(process.execPath, [program, 'migrate', verb], { stdio: 'inherit' });
  process.exitCode = status ?? 1;
}
