// Has the built command line leave behind what it leaves behind, and keeps that for all later releases to read:
//   node scripts/state-fixture.mjs
// Writes test/fixtures/state/VERSION.json: files of a home and of a project by path. Run once, at a release; what an
// earlier release wrote is never written again.
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { gzipSync } from 'node:zlib';
import { readText, root } from './workspace.mjs';

const { version } = JSON.parse(readText('apps/cli/package.json'));
const folder = realpathSync(mkdtempSync(join(tmpdir(), 'hawser-state-')));
const [home, project] = [join(folder, 'home'), join(folder, 'project')];

/** What lives only as long as a process does. */
const passing = /(?:^|\/)(?:\.git|node_modules|door|process\.json|sessions\.db-shm|service\.log|cache|\.npm)(?:\/|$)/;

try {
  for (const path of [home, project]) mkdirSync(path);
  writeFileSync(
    join(project, 'tunnels.yaml'),
    'sets:\n  staging:\n    via: { kind: ssh-bastion, host: bastion.example }\n    tunnels:\n      web: { local: 18080, to: web.internal:80 }\n',
  );
  run('git', 'init', '--quiet');
  hawser(
    3,
    'exec',
    '--local',
    '--no-repo',
    '--isolation',
    'process',
    '--receipt',
    'receipt.json',
    'echo kept by exec; exit 3',
  );
  hawser(4, 'sessions', 'run', '--', 'sh', '-c', 'echo kept by sessions; exit 4');
  hawser(0, 'net', 'trust', '--yes');
  hawser(0, 'hf', 'init', 'echo_env');
  hawser(0, 'emulate', 'hub', '--', process.execPath, bin(), 'hf', 'push', 'echo_env');

  stopSessions();
  const files = {};
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name);
    const path = relative(folder, file);
    if (!entry.isFile() || passing.test(path)) continue;
    const bytes = readFileSync(file);
    const text = bytes.toString();
    const mode = (statSync(file).mode & 0o777).toString(8);
    files[path] =
      Buffer.from(text).equals(bytes) && !text.includes('\0')
        ? { mode, text: text.replaceAll(folder, '@FOLDER@') }
        : { mode, gzip: gzipSync(bytes, { level: 9 }).toString('base64') };
  }
  const target = join(root, `test/fixtures/state/${version}.json`);
  mkdirSync(dirname(target), { recursive: true });
  const sorted = Object.fromEntries(Object.entries(files).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  writeFileSync(target, `${JSON.stringify({ version, atMs: Date.now(), files: sorted }, null, 2)}\n`);
  process.stdout.write(`${relative(root, target)}: ${Object.keys(files).length} files\n`);
} finally {
  stopSessions();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}

function bin() {
  return join(root, 'apps/cli/bin/hawser.js');
}

function hawser(code, ...argv) {
  return run(process.execPath, bin(), ...argv, code);
}

/** The last word may be the exit code that is right. */
function run(command, ...argv) {
  const code = typeof argv.at(-1) === 'number' ? argv.pop() : 0;
  const env = { PATH: process.env.PATH, HOME: home, LANG: 'C.UTF-8', TMPDIR: folder };
  const ended = spawnSync(command, argv, { cwd: project, env, encoding: 'utf8' });
  if (ended.status === code) return ended.stdout;
  throw new Error(`${argv.join(' ')} ended with ${ended.status}, not ${code}:\n${ended.stdout}${ended.stderr}`);
}

/** The service of this home, so that its database is one file. */
function stopSessions() {
  const door = join(home, '.local/share/hawser/sessions/door/service.json');
  if (!existsSync(door)) return;
  const { pid } = JSON.parse(readFileSync(door, 'utf8'));
  // A service that has ended leaves a door that leads nowhere.
  if (!(pid > 0)) return;
  for (;;) {
    try {
      process.kill(pid, 'SIGTERM');
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
    } catch {
      return;
    }
  }
}
