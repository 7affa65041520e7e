// A person's folders and a project for benchmarks of `hawser exec`: nothing of who runs them is measured or touched.
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const hawser = fileURLToPath(new URL('../../../apps/cli/bin/hawser.js', import.meta.url));
export const option = (name) => process.argv.find((word) => word.startsWith(`--${name}=`))?.split('=')[1];

/** With a repository whose origin is a bare one beside it, and the environment in which commands are to run. */
export function makeHome() {
  const folder = mkdtempSync(join(tmpdir(), 'hawser-bench-exec-'));
  const project = join(folder, 'project');
  const origin = join(folder, 'origin.git');
  const env = {
    PATH: process.env.PATH,
    HOME: folder,
    HAWSER_CONFIG_DIR: join(folder, 'config'),
    HAWSER_DATA_DIR: join(folder, 'data'),
    HAWSER_CACHE_DIR: join(folder, 'cache'),
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
  };
  const git = (...args) => execFileSync('git', args, { cwd: project, env, stdio: 'ignore' });
  mkdirSync(project);
  for (let count = 0; count < 50; count += 1) writeFileSync(join(project, `${count}.tf`), `# ${count}\n`.repeat(50));
  git('init', '--quiet', '--initial-branch', 'main');
  git('add', '.');
  git('-c', 'user.name=bench', '-c', 'user.email=bench@example.com', 'commit', '--quiet', '--message', 'Begin');
  git('clone', '--quiet', '--bare', project, origin);
  git('remote', 'add', 'origin', origin);
  git('fetch', '--quiet', 'origin');
  git('branch', '--quiet', '--set-upstream-to', 'origin/main');
  return {
    folder,
    project,
    origin,
    env,
    remove: () => rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 }),
  };
}

/** Runs a program to its end: how long it took, what it printed. */
export async function timed(program, args, { cwd, env, onOutput = () => {} }) {
  const start = performance.now();
  const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const said = { out: [], err: [] };
  child.stdout.on('data', (chunk) => (onOutput(chunk), said.out.push(chunk)));
  child.stderr.on('data', (chunk) => said.err.push(chunk));
  const code = await new Promise((resolve) => child.once('close', resolve));
  const ms = performance.now() - start;
  const stdout = Buffer.concat(said.out).toString();
  if (code !== 0)
    throw new Error(`${program} ${args.join(' ')} ended with ${code}: ${String(Buffer.concat(said.err))}${stdout}`);
  return { ms, stdout };
}

export function quantile(values, part) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
}
