// What a push costs beside the official Python client: whole processes against the same emulated Hub, interleaved, and
// medians. The official client gets what we staged, and no Xet.
// node bench/hf/push.mjs [--rounds=N] [--only=NAME]
import { execFile, fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { quick, record } from '../support/figures.mjs';
import { stageEnvironment, writeStaging } from '../../packages/hf-push/dist/index.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const support = (name) => fileURLToPath(new URL(`support/${name}`, import.meta.url));
const option = (name) => process.argv.find((word) => word.startsWith(`--${name}=`))?.split('=')[1];
const rounds = Number(option('rounds') ?? (quick ? 2 : 5));
const python = pythonOf();
// In memory where that can be had: what a disk does meanwhile would be measured else.
const place = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
const folder = mkdtempSync(join(place, 'hawser-bench-hf-'));
const run = promisify(execFile);
// Bundled as the command line is: that is what people run.
const pusher = join(folder, 'bundle', 'push.mjs');
await build({
  entryPoints: [support('push.mjs')],
  outdir: dirname(pusher),
  outExtension: { '.js': '.mjs' },
  bundle: true,
  splitting: true,
  minifyWhitespace: true,
  minifySyntax: true,
  platform: 'node',
  format: 'esm',
  mainFields: ['module', 'main'],
  banner: { js: "import{createRequire as __own}from'node:module';const require=__own(import.meta.url);" },
  logLevel: 'error',
});

const cases = [
  { name: 'unchanged push, 100 files', files: () => texts(100, 4096), isUnchanged: true, limit: 0.5, requests: 4 },
  { name: '2,000 × 8 KiB, first push', files: () => texts(2000, 8192), limit: 0.7 },
  { name: '2,000 × 8 KiB, unchanged', files: () => texts(2000, 8192), isUnchanged: true, limit: 0.5, requests: 4 },
  { name: '10 × 50 MB, first push', files: () => blobs(10, 50_000_000), limit: 0.75 },
  // Both read and hash all of it: what is promised of a push that changes nothing is promised of the cases above.
  { name: '10 × 50 MB, unchanged', files: () => blobs(10, 50_000_000), isUnchanged: true, limit: 1 },
];

let missed = 0;
try {
  process.stdout.write(
    `Node ${process.version}, ${rounds} rounds, medians of whole processes\n\n` +
      '| case | ours ms | Python ms | ratio | limit | ours requests | Python requests | ours MB | Python MB |\n' +
      '|---|---|---|---|---|---|---|---|---|\n',
  );
  for (const each of cases) if (each.name.includes(option('only') ?? '')) await measure(each);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = missed > 0 ? 1 : 0;

async function measure({ name, files, isUnchanged = false, limit, requests }) {
  const home = mkdtempSync(join(folder, 'case-'));
  environment(join(home, 'envs', 'bench_env'), files());
  const staged = await stageEnvironment({ from: home, environment: 'bench_env', spaceName: 'bench_env' });
  const flat = await writeStaging(staged, join(home, 'flat'));
  const ours = [];
  const theirs = [];
  for (let round = 0; round < rounds; round++) {
    const state = join(home, `state-${round}`);
    // A Hub each: its LFS store knows a content whoever brought it.
    ours.push(await measured(home, isUnchanged, process.execPath, [pusher, home, 'bench_env', 'ours', state]));
    theirs.push(await measured(home, isUnchanged, python, [support('push.py'), flat, 'theirs']));
  }
  const [we, they] = [ours, theirs].map((runs) => ({
    ms: median(runs.map(({ ms }) => ms)),
    rss: Math.max(...runs.map(({ rss }) => rss)),
    requests: median(runs.map((each) => each.requests)),
  }));
  const ratio = we.ms / they.ms;
  const isKept = ratio <= limit && we.rss < 120 && (requests === undefined || we.requests <= requests);
  if (!isKept) missed++;
  const msOf = (runs) => runs.map((each) => each.ms);
  const beside = { name: 'huggingface_hub (Python)', values: msOf(theirs) };
  record({ what: name, unit: 'ms', better: 'less', ours: msOf(ours), beside, promised: `≤ ${limit} ×`, isKept });
  const figures = [we.ms.toFixed(0), they.ms.toFixed(0), ratio.toFixed(2), `≤ ${limit}${isKept ? '' : ' MISSED'}`];
  process.stdout.write(
    `| ${[name, ...figures, we.requests, they.requests, we.rss.toFixed(0), they.rss.toFixed(0)].join(' | ')} |\n`,
  );
  rmSync(home, { recursive: true, force: true });
}

/** One run; `isUnchanged`: after one that brought everything. */
async function measured(home, isUnchanged, program, args) {
  const hub = await startHub();
  try {
    const env = {
      PATH: process.env.PATH,
      HOME: home,
      HF_HUB_DISABLE_PROGRESS_BARS: '1',
      ...hub.env,
      HF_HUB_DISABLE_XET: '1',
    };
    if (isUnchanged) await run(program, args, { env });
    const before = await hub.requests();
    const start = performance.now();
    const { stdout } = await run(program, args, { env });
    const ms = performance.now() - start;
    return { ...JSON.parse(stdout), ms, requests: (await hub.requests()) - before };
  } finally {
    await hub.close();
  }
}

async function startHub() {
  const child = fork(support('hub.mjs'), { env: { ...process.env, TMPDIR: place } });
  const [{ env }] = await once(child, 'message');
  return {
    env,
    requests: async () => {
      child.send('requests');
      const [{ requests }] = await once(child, 'message');
      return requests;
    },
    close: async () => {
      child.send('close');
      await once(child, 'exit');
    },
  };
}

/** An environment in today's layout, with these files in `data/`. */
function environment(path, files) {
  const write = (name, content) => {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), content);
  };
  write(
    'openenv.yaml',
    'spec_version: 1\nname: bench_env\ntype: space\nruntime: fastapi\napp: server.app:app\nport: 8000\n',
  );
  write(
    'pyproject.toml',
    '[project]\nname = "bench-env"\nversion = "0.1.0"\ndependencies = ["openenv"]\n[project.scripts]\nserver = "bench_env.server.app:main"\n',
  );
  write(
    'README.md',
    '---\ntitle: Bench\nemoji: 🚢\ncolorFrom: blue\ncolorTo: green\nsdk: docker\napp_port: 8000\n---\n# Bench\n',
  );
  for (const name of ['__init__.py', 'client.py', 'models.py', 'server/__init__.py']) write(name, '\n');
  write('server/app.py', 'def main():\n    pass\n\n\nif __name__ == "__main__":\n    main()\n');
  write(
    'server/Dockerfile',
    'FROM ghcr.io/huggingface/openenv-base:latest\nWORKDIR /app\nCOPY . /app\nEXPOSE 8000\nCMD ["uvicorn", "server.app:app", "--host", "0.0.0.0", "--port", "8000"]\n',
  );
  for (const [name, content] of files) write(`data/${name}`, content);
}

function* texts(count, bytes) {
  for (let index = 0; index < count; index++) {
    const line = `${randomBytes(30).toString('base64')} line of file ${index}\n`;
    yield [`part-${index % 20}/file-${index}.txt`, line.repeat(Math.ceil(bytes / line.length)).slice(0, bytes)];
  }
}

function* blobs(count, bytes) {
  for (let index = 0; index < count; index++) {
    const content = Buffer.alloc(bytes, randomBytes(4096));
    content.writeUInt32LE(index);
    yield [`weights-${index}.bin`, content];
  }
}

function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}

function pythonOf() {
  const state = `${root}.cache/counterparts/state.json`;
  const { found = {} } = existsSync(state) ? JSON.parse(readFileSync(state, 'utf8')) : {};
  if (!found.huggingface_hub) throw new Error('huggingface_hub is missing: node scripts/counterparts.mjs --install');
  return found.huggingface_hub.path;
}
