import { createHash } from 'node:crypto';
import { appendFile, cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { describeReal } from '../../../../test/support/counterparts.js';
import { runToEnd, type Ended } from '../../../../test/support/run-to-end.js';
import { readme, useHub } from '../support/hub.js';

const bench = useHub();
let home = '';
let before = '';
let after = '';
/** Trees of Spaces that went through the scenario, by client. */
const trees = new Map<string, string>();

const hfjs = join(dirname(createRequire(import.meta.url).resolve('@huggingface/hub')), 'cli.js');

/** Bytes no text has, the same in every run. */
function noise(seed: string, size: number): Buffer {
  const blocks = Array.from({ length: Math.ceil(size / 32) }, (_, index) =>
    createHash('sha256').update(`${seed}/${index}`).digest(),
  );
  return Buffer.concat(blocks).subarray(0, size);
}

async function fill(folder: string, files: Readonly<Record<string, string | Buffer>>): Promise<string> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
  return folder;
}

const first = {
  'README.md': readme,
  Dockerfile: 'FROM python:3.11-slim\n',
  '.dockerignore': '*.pyc\n',
  'old.txt': 'goes away\n',
  'src/__init__.py': '',
  'src/app.py': 'print("é")\n',
  'src/app/deep/er.txt': 'sorted behind app.py, before app/\n',
  'src/data.db': noise('data', 700),
  'model.bin': noise('model', 300_000),
};
const second = { ...first, 'src/app.py': 'print("è")\n', 'model.bin': noise('model again', 200_000) };

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'hub-clients-'));
  before = await fill(join(home, 'before'), first);
  after = await fill(join(home, 'after'), second);
});
afterAll(async () => await rm(home, { recursive: true, force: true }));

/** Runs a client that knows nothing but the Hub, and fails with what it said. */
async function run(program: string, args: readonly string[], cwd: string = home): Promise<Ended> {
  const ended = await runToEnd(program, args, {
    cwd,
    env: {
      PATH: process.env['PATH'],
      HOME: home,
      TMPDIR: home,
      GIT_TERMINAL_PROMPT: '0',
      GIT_CONFIG_NOSYSTEM: '1',
      HF_HUB_DISABLE_PROGRESS_BARS: '1',
      ...bench.hub.env,
    },
  });
  if (ended.code !== 0) throw new Error(`${program} ${args.join(' ')}\n${ended.stdout}\n${ended.stderr}`);
  return ended;
}

function keep(client: string): void {
  const head = bench.hub.head(`hawser/${client}`);
  trees.set(client, head?.tree ?? 'none');
}

describe('the same scenario: make a Space, upload a folder, upload it changed, delete a file', () => {
  describeReal('huggingface_hub', (path) => {
    test('by the official Python library, which makes no commit of nothing', async () => {
      const script = `
import sys
from huggingface_hub import HfApi
before, after, space = sys.argv[1:]
api = HfApi()
api.create_repo(space, repo_type="space", space_sdk="docker")
one = api.upload_folder(folder_path=before, repo_id=space, repo_type="space")
same = api.upload_folder(folder_path=before, repo_id=space, repo_type="space")
assert one.oid == same.oid
api.upload_folder(folder_path=after, repo_id=space, repo_type="space")
api.delete_file("old.txt", space, repo_type="space")
print(api.wait_for_space(space, poll_interval=0.01).stage)
`;
      const { stdout } = await run(path('huggingface_hub'), ['-c', script, before, after, 'hawser/python']);
      expect(stdout.trim()).toBe('RUNNING');
      expect(bench.hub.head('hawser/python')?.commits).toBe(4);
      keep('python');
    });

    test('by the official hf command', async () => {
      const hf = join(dirname(path('huggingface_hub')), 'hf');
      await run(hf, ['repos', 'create', 'hawser/hf', '--type', 'space', '--space-sdk', 'docker']);
      await run(hf, ['upload', 'hawser/hf', before, '.', '--repo-type', 'space']);
      await run(hf, ['upload', 'hawser/hf', after, '.', '--repo-type', 'space']);
      await run(hf, ['repos', 'delete-files', 'hawser/hf', 'old.txt', '--type', 'space']);
      const { stdout } = await run(hf, ['spaces', 'logs', 'hawser/hf', '--build']);
      expect(stdout).toContain('Building image.');
      keep('hf');
    });
  });

  test('by the official JavaScript library', async () => {
    const script = `
import { createRepo, deleteFiles, uploadFiles } from ${JSON.stringify(pathToFileURL(join(dirname(hfjs), 'index.mjs')).href)};
import { pathToFileURL } from 'node:url';
const [before, after, name] = process.argv.slice(1);
const to = { repo: { type: 'space', name }, hubUrl: process.env.HF_ENDPOINT, accessToken: process.env.HF_TOKEN };
await createRepo({ ...to, sdk: 'docker' });
for (const folder of [before, after]) await uploadFiles({ ...to, files: [{ path: '', content: pathToFileURL(folder) }] });
await deleteFiles({ ...to, paths: ['old.txt'] });
`;
    await run(process.execPath, ['--input-type=module', '-e', script, before, after, 'hawser/javascript']);
    keep('javascript');
  });

  test('by the official hfjs command, which deletes nothing: that is done for it', async () => {
    for (const folder of [before, after])
      await run(process.execPath, [hfjs, 'upload', 'hawser/hfjs', folder, '--repo-type', 'space']);
    expect((await bench.commit('hawser/hfjs', [{ key: 'deletedFile', value: { path: 'old.txt' } }])).status).toBe(200);
    keep('hfjs');
  });

  describeReal(['git', 'git-lfs'], (path) => {
    test('by git and git-lfs, pushing', async () => {
      const git = async (...args: string[]): Promise<Ended> => await run(path('git'), args, join(home, 'pushed'));
      await bench.ask('POST', '/api/repos/create', { body: { type: 'space', sdk: 'docker', name: 'git' } });
      await run(path('git'), ['lfs', 'install']);
      const address = `http://hawser:${bench.hub.env['HF_TOKEN']}@${new URL(bench.hub.endpoint).host}/spaces/hawser/git`;
      await run(path('git'), ['clone', '-q', address, 'pushed']);
      await git('config', 'user.name', 'Somebody');
      await git('config', 'user.email', 'somebody@example.com');
      await appendFile(join(home, 'pushed/.gitattributes'), 'src/data.db filter=lfs diff=lfs merge=lfs -text\n');
      for (const folder of [before, after]) {
        await cp(folder, join(home, 'pushed'), { recursive: true });
        await git('add', '-A');
        await git('commit', '-q', '-m', 'Upload');
        await git('push', '-q', 'origin', 'main');
      }
      await git('rm', '-q', 'old.txt');
      await git('commit', '-q', '-m', 'Delete');
      await git('push', '-q', 'origin', 'main');
      const { stdout } = await git('rev-parse', 'HEAD', 'HEAD^{tree}');
      const head = bench.hub.head('hawser/git');
      expect(stdout.split('\n')).toEqual([head?.commit, head?.tree, '']);
      keep('git');
    });

    test('a clone of each is sound, is what was uploaded, and git computes the ids the Hub has', async () => {
      await run(path('git'), ['lfs', 'install']);
      for (const [client, tree] of trees) {
        const clone = join(home, `clone-${client}`);
        await run(path('git'), ['clone', '-q', `${bench.hub.endpoint}/spaces/hawser/${client}`, clone]);
        const git = async (...args: string[]): Promise<string> => (await run(path('git'), args, clone)).stdout.trim();
        const { stderr } = await run(path('git'), ['fsck', '--strict', '--full', '--no-progress'], clone);
        const facts = [
          stderr,
          await git('status', '--porcelain'),
          await git('rev-parse', 'HEAD^{tree}'),
          await git('write-tree'),
        ];
        expect([client, ...facts]).toEqual([client, '', '', tree, tree]);
        await rm(join(clone, '.gitattributes'));
        await rm(join(clone, '.git'), { recursive: true });
        await writeFile(join(clone, 'old.txt'), first['old.txt']);
        expect((await runToEnd('diff', ['-r', after, clone])).stdout).toBe('');
      }
    });
  });

  test('all their trees are the same', () => {
    expect(trees.size).toBeGreaterThanOrEqual(2);
    expect([...new Set(trees.values())]).toEqual([trees.get('javascript')]);
  });
});
