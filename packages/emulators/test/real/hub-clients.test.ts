import { createHash } from 'node:crypto';
import { appendFile, cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startHubEmulator } from '@hawser/emulators/hub';
import { describeReal } from '../../../../test/support/counterparts.js';
import { Program } from '../../../../test/support/program.js';
import { runToEnd, type Ended } from '../../../../test/support/run-to-end.js';
import { file, readme, useHub, type HubBench } from '../support/hub.js';

const bench = useHub();
/** A Hub that takes large objects in parts. */
const inParts = useHub({ multipartBytes: 65_536 });
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
async function run(
  program: string,
  args: readonly string[],
  cwd: string = home,
  hub: HubBench = bench,
): Promise<Ended> {
  const ended = await runToEnd(program, args, {
    cwd,
    env: {
      PATH: process.env['PATH'],
      HOME: home,
      TMPDIR: home,
      GIT_TERMINAL_PROMPT: '0',
      GIT_CONFIG_NOSYSTEM: '1',
      HF_HUB_DISABLE_PROGRESS_BARS: '1',
      ...hub.hub.env,
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

describe('what official clients do besides', () => {
  const libraryOfJavaScript = JSON.stringify(pathToFileURL(join(dirname(hfjs), 'index.mjs')).href);

  test('the JavaScript library uploads in parts', async () => {
    await inParts.ask('POST', '/api/repos/create', { body: { type: 'space', sdk: 'docker', name: 'parts-js' } });
    const script = `
import { uploadFile } from ${libraryOfJavaScript};
import { pathToFileURL } from 'node:url';
const to = { repo: { type: 'space', name: 'hawser/parts-js' }, hubUrl: process.env.HF_ENDPOINT, accessToken: process.env.HF_TOKEN };
await uploadFile({ ...to, file: { path: 'model.bin', content: pathToFileURL(process.argv[1]) } });
`;
    await run(process.execPath, ['--input-type=module', '-e', script, join(before, 'model.bin')], home, inParts);
    const { text } = await inParts.ask('GET', '/spaces/hawser/parts-js/raw/main/model.bin');
    expect(text).toContain(createHash('sha256').update(first['model.bin']).digest('hex'));
    const puts = inParts.hub.requests.filter(({ method }) => method === 'PUT');
    expect(puts.map(({ bytes }) => bytes).toSorted((a, b) => b - a)).toEqual([65_536, 65_536, 65_536, 65_536, 37_856]);
  });

  describeReal('huggingface_hub', (path) => {
    test('the Python library uploads in parts', async () => {
      const script = `
import sys
from huggingface_hub import HfApi
api = HfApi()
api.create_repo("hawser/parts", repo_type="space", space_sdk="docker")
api.upload_file(path_or_fileobj=sys.argv[1], path_in_repo="model.bin", repo_id="hawser/parts", repo_type="space")
with open(api.hf_hub_download("hawser/parts", "model.bin", repo_type="space", local_dir="parts"), "rb") as got:
    assert got.read() == open(sys.argv[1], "rb").read()
`;
      await run(path('huggingface_hub'), ['-c', script, join(after, 'model.bin')], home, inParts);
      expect(inParts.hub.requests.some(({ path: asked }) => asked.endsWith('/complete'))).toBe(true);
    });

    test('the Python library tells every error for what it is', async () => {
      await bench.ask('POST', '/api/repos/create', { body: { type: 'space', sdk: 'docker', name: 'errors' } });
      await bench.commit('hawser/errors', [file('README.md', readme)]);
      const script = `
from huggingface_hub import HfApi, errors
api = HfApi()
space = dict(repo_id="hawser/errors", repo_type="space")
def told(kind, work):
    try:
        work()
    except kind as error:
        return error
    raise AssertionError(kind)
told(errors.RepositoryNotFoundError, lambda: api.space_info("hawser/none"))
told(errors.RevisionNotFoundError, lambda: api.space_info("hawser/errors", revision="none"))
told(errors.EntryNotFoundError, lambda: api.delete_file("none", **space))
told(errors.EntryNotFoundError, lambda: api.hf_hub_download("hawser/errors", "none", repo_type="space"))
told(ValueError, lambda: api.upload_file(path_or_fileobj=b"---\\nsdk: rails\\n---\\n", path_in_repo="README.md", **space))
told(errors.HfHubHTTPError, lambda: api.create_repo("hawser/errors", repo_type="space", space_sdk="docker"))
head = api.space_info("hawser/errors").sha
api.upload_file(path_or_fileobj=b"a", path_in_repo="a", parent_commit=head, **space)
late = told(errors.HfHubHTTPError, lambda: api.upload_file(path_or_fileobj=b"b", path_in_repo="a", parent_commit=head, **space))
assert late.response.status_code == 412
told(errors.HfHubHTTPError, lambda: HfApi(token="hf_other").whoami())
`;
      await run(path('huggingface_hub'), ['-c', script]);
    });

    test('the Python library changes settings, opens pull requests, squashes and duplicates', async () => {
      const script = `
from huggingface_hub import HfApi
api = HfApi()
secrets = [{"key": "S", "value": "s"}]
variables = [{"key": "V", "value": "v"}]
api.create_repo("my-org/all", repo_type="space", space_sdk="docker", space_secrets=secrets, space_variables=variables, space_hardware="t4-small")
api.upload_file(path_or_fileobj=b"FROM scratch", path_in_repo="Dockerfile", repo_id="my-org/all", repo_type="space")
assert api.wait_for_space("my-org/all", poll_interval=0.01).hardware == "t4-small"
assert list(api.get_space_secrets("my-org/all")) == ["S"]
assert api.get_space_variables("my-org/all")["V"].value == "v"
api.add_space_variable("my-org/all", "W", "w")
api.delete_space_variable("my-org/all", "V")
assert list(api.get_space_variables("my-org/all")) == ["W"]
assert "Building image.\\n" in list(api.fetch_space_logs("my-org/all", build=True))
proposal = api.upload_file(path_or_fileobj=b"x", path_in_repo="x", repo_id="my-org/all", repo_type="space", create_pr=True)
assert proposal.pr_revision == "refs/pr/1", proposal
assert api.get_discussion_details("my-org/all", 1, repo_type="space").is_pull_request
assert [one.name for one in api.list_repo_refs("my-org/all", repo_type="space", include_pull_requests=True).pull_requests] == ["1"]
assert "x" in api.list_repo_files("my-org/all", repo_type="space", revision="refs/pr/1")
api.super_squash_history("my-org/all", repo_type="space")
assert len(api.list_repo_commits("my-org/all", repo_type="space")) == 1
api.duplicate_repo("my-org/all", "hawser/copy", repo_type="space")
assert api.list_repo_files("hawser/copy", repo_type="space") == [".gitattributes", "Dockerfile"]
api.update_repo_settings("hawser/copy", repo_type="space", private=True)
assert api.space_info("hawser/copy").private
assert api.pause_space("hawser/copy").stage == "PAUSED"
assert api.restart_space("hawser/copy", factory_reboot=True).stage == "BUILDING"
api.delete_repo("hawser/copy", repo_type="space")
assert not api.repo_exists("hawser/copy", repo_type="space")
`;
      await run(path('huggingface_hub'), ['-c', script]);
    });

    test('the hf command logs in with a device that a person lets in', async () => {
      await using hub = await startHubEmulator({ device: { intervalSeconds: 0 } });
      await using login = new Program(join(dirname(path('huggingface_hub')), 'hf'), ['auth', 'login'], {
        cwd: home,
        env: { PATH: process.env['PATH'], HOME: home, HF_HOME: join(home, 'login'), HF_ENDPOINT: hub.endpoint },
      });
      const [, code = ''] = await login.shows(/([A-Z]{4}-[A-Z]{4})/u);
      expect(hub.approve(code)).toBe(true);
      expect([(await login.ended).code, login.stderr.includes('Traceback')]).toEqual([0, false]);
      const { stdout } = await runToEnd(join(dirname(path('huggingface_hub')), 'hf'), ['auth', 'whoami'], {
        cwd: home,
        env: { PATH: process.env['PATH'], HOME: home, HF_HOME: join(home, 'login'), HF_ENDPOINT: hub.endpoint },
      });
      expect(stdout).toContain('hawser');
    });
  });
});
