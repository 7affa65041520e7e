import { readdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { runToEnd } from '../../../../test/support/run-to-end.js';
import { bin, useHawser } from '../support/hawser.js';
import { openWorkshop } from '../support/hub.js';
import { expectSchema } from '../support/schema.js';

const hawser = useHawser();

interface Plan {
  readonly space: string;
  readonly contents: string;
  readonly files: readonly { readonly path: string; readonly action?: string }[];
  readonly change?: { readonly exists: boolean; readonly treeId?: string };
}

describe('hf plan', () => {
  test('names every byte, changes nothing, and its JSON keeps its schema', async () => {
    const { run, hub, writes, write } = await openWorkshop(hawser);
    await run(['hf', 'push', 'echo_env']);
    write({ 'src/core/server.py': 'VALUE = 22\n' });
    const before = writes().length;
    const { stdout, stderr, exitCode } = await run(['hf', 'plan', 'echo_env', '--variable', 'LEVEL=2']);
    expect(stdout).toMatch(
      /^hawser\/echo_env: would change\n {2}~ src\/core\/server\.py \(11 bytes\)\n {2}variable LEVEL=2\n {2}sha256:[0-9a-f]{64}\n$/,
    );
    expect([stderr, exitCode]).toEqual(['', 0]);
    const { json } = await run(['hf', 'plan', 'echo_env', '--json']);
    const { data } = json as { readonly data: Plan };
    expectSchema('hf-plan', data);
    expect(data.files.filter(({ action }) => action !== 'same')).toMatchObject([
      { path: 'src/core/server.py', action: 'update', size: 11 },
    ]);
    expect(writes()).toHaveLength(before);
    await run(['hf', 'push', 'echo_env']);
    expect(hub.head('hawser/echo_env')?.tree).toBe(data.change?.treeId);
  });

  test('--exit-code ends with 3 when something would change, and with 0 when nothing would', async () => {
    const { run } = await openWorkshop(hawser);
    expect((await run(['hf', 'plan', 'echo_env', '--exit-code'])).exitCode).toBe(3);
    await run(['hf', 'push', 'echo_env']);
    const { stdout, exitCode } = await run(['hf', 'plan', 'echo_env', '--exit-code']);
    expect(stdout).toContain('hawser/echo_env: nothing to do\n');
    expect(exitCode).toBe(0);
    expect((await run(['hf', 'plan', 'echo_env', '--exit-code', '--variable', 'A=1'])).exitCode).toBe(3);
  });

  test('of a Space that is to be made shows its settings, and no value of a secret', async () => {
    const { run } = await openWorkshop(hawser);
    const { stdout } = await run(
      ['hf', 'plan', 'echo_env', '--private', '--hardware', 't4-small', '--secret', 'API_KEY'],
      { env: { API_KEY: 'planted-value' } },
    );
    expect(stdout).toMatch(/^hawser\/echo_env: would be made\n/);
    expect(stdout).toContain('  visibility private\n  hardware t4-small\n  secret API_KEY\n');
    expect(stdout).not.toContain('planted');
  });

  test('--offline asks nobody; nor does it when nobody is logged in, and then that is said', async () => {
    const { run, hub } = await openWorkshop(hawser);
    const offline = await run(['hf', 'plan', 'echo_env', '--offline']);
    expect(offline.stdout).toMatch(/^echo_env: would hold\n {2}\+ Dockerfile /);
    expect([offline.stderr, offline.exitCode]).toEqual(['', 0]);
    const { stderr, exitCode } = await run(['hf', 'plan', 'echo_env'], { env: { HF_TOKEN: '' } });
    expect([stderr, exitCode]).toEqual(['! Nobody is logged in: the Space is not looked at.\n', 0]);
    expect(hub.requests).toEqual([]);
  });

  test('a file that cannot be written is an error: HAWSER_HF_LOCAL_FILE', async () => {
    const { run } = await openWorkshop(hawser);
    const { json, exitCode } = await run(['hf', 'plan', 'echo_env', '-o', 'no/such/folder/plan.json', '--json']);
    expect(json).toMatchObject({ ok: false, error: { code: 'HAWSER_HF_LOCAL_FILE', exitCode: 1 } });
    expect(exitCode).toBe(1);
  });

  test('on a full disk the plan that was there stays whole', async () => {
    const { run, folder, env } = await openWorkshop(hawser);
    await run(['hf', 'plan', 'echo_env', '-o', 'plan.json']);
    const before = readFileSync(join(folder, 'plan.json'), 'utf8');
    // The shell lets no file grow beyond a block.
    const limited = `trap '' XFSZ; ulimit -f 1; exec "$0" "$@"`;
    const words = [process.execPath, bin, 'hf', 'plan', 'coding_env', '-o', 'plan.json'];
    const full = await runToEnd('sh', ['-c', limited, ...words], { env, cwd: folder });
    expect(full.stderr).toMatch(/✗ The plan cannot be written to plan\.json: EFBIG.*\n {2}Check that the path exists/);
    expect(full.code).toBe(1);
    expect(readFileSync(join(folder, 'plan.json'), 'utf8')).toBe(before);
    expect(readdirSync(folder).filter((name) => name.includes('.tmp'))).toEqual([]);
  });
});

describe('hf apply', () => {
  test('does what the plan says: the tree it named is there', async () => {
    const { run, hub, write, folder } = await openWorkshop(hawser);
    await run(['hf', 'push', 'echo_env']);
    write({ 'src/envs/echo_env/extra.txt': 'more\n' });
    await run(['hf', 'plan', 'echo_env', '--output', 'plan.json']);
    const plan = JSON.parse(readFileSync(join(folder, 'plan.json'), 'utf8')) as Plan;
    const { json, exitCode } = await run(['hf', 'apply', 'plan.json', '--wait', '--json']);
    const { data } = json as { readonly data: { readonly treeId: string; readonly stage: string } };
    expectSchema('hf-apply', data);
    expect(data).toMatchObject({ treeId: plan.change?.treeId, contents: plan.contents, stage: 'RUNNING' });
    expect([hub.head('hawser/echo_env')?.tree, exitCode]).toEqual([plan.change?.treeId, 0]);
    const again = await run(['hf', 'apply', 'plan.json']);
    expect(again.stdout).toContain('nothing to do, all 12 files are there');
    expect(again.exitCode).toBe(0);
  });

  test('makes the Space of a plan for one that is not there, with the secrets given again', async () => {
    const { run, ask } = await openWorkshop(hawser);
    const env = { API_KEY: 'planted-value' };
    await run(['hf', 'plan', 'echo_env', '--private', '--secret', 'API_KEY', '-o', 'plan.json'], { env });
    const refused = await run(['hf', 'apply', 'plan.json']);
    expect(refused.stderr).toContain('✗ A plan has no values of secrets: API_KEY is missing.\n  Give the value again');
    expect(refused.exitCode).toBe(2);
    expect((await run(['hf', 'apply', 'plan.json', '--secret', 'API_KEY'], { env })).exitCode).toBe(0);
    expect(await ask('/api/spaces/hawser/echo_env')).toMatchObject({ private: true });
    expect(Object.keys((await ask('/api/spaces/hawser/echo_env/secrets')) as object)).toEqual(['API_KEY']);
  });

  test.each([
    ['the files', 'the files or settings are not what they were'],
    ['the Space', 'somebody committed to the Space'],
  ])('is refused when %s changed since: HAWSER_HF_PLAN_STALE, exit code 1', async (what, why) => {
    const { run, hub, write } = await openWorkshop(hawser);
    await run(['hf', 'push', 'echo_env']);
    write({ 'src/core/server.py': 'VALUE = 5\n' });
    await run(['hf', 'plan', 'echo_env', '-o', 'plan.json']);
    if (what === 'the Space') await run(['hf', 'push', 'coding_env', '--repo-id', 'hawser/echo_env']);
    else write({ 'src/core/server.py': 'VALUE = 6\n' });
    const head = hub.head('hawser/echo_env');
    const { stderr, exitCode } = await run(['hf', 'apply', 'plan.json']);
    expect(stderr).toContain(`✗ The plan for hawser/echo_env no longer holds: ${why}.\n`);
    expect([hub.head('hawser/echo_env'), exitCode]).toEqual([head, 1]);
  });

  test.each([
    ['is not there', undefined, 'HAWSER_HF_PLAN_FILE'],
    ['is no JSON', 'plan', 'HAWSER_HF_PLAN_FILE'],
    ['is JSON of another kind', '{"kind":"shopping-list"}', 'HAWSER_HF_PLAN_INVALID'],
  ])('a plan that %s ends with 2', async (_what, text, code) => {
    const { run, folder, hub } = await openWorkshop(hawser);
    if (text !== undefined) await writeFile(join(folder, 'plan.json'), text);
    const { json, exitCode } = await run(['hf', 'apply', 'plan.json', '--json']);
    expect(json).toMatchObject({ ok: false, error: { code, exitCode: 2 } });
    expect([hub.requests, exitCode]).toEqual([[], 2]);
  });

  test('a plan that was edited is refused: HAWSER_HF_PLAN_INVALID', async () => {
    const { run, folder, writes } = await openWorkshop(hawser);
    await run(['hf', 'plan', 'echo_env', '-o', 'plan.json']);
    const path = join(folder, 'plan.json');
    await writeFile(path, readFileSync(path, 'utf8').replaceAll('hawser/echo_env', 'my-org/echo_env'));
    const { json, exitCode } = await run(['hf', 'apply', 'plan.json', '--json']);
    expect(json).toMatchObject({ ok: false, error: { code: 'HAWSER_HF_PLAN_INVALID', exitCode: 2 } });
    expect([writes(), exitCode]).toEqual([[], 2]);
  });
});
