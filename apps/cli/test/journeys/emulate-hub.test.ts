import { mkdirSync, mkdtempSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from '@jest/globals';
import { bin, useHawser } from '../support/hawser.js';
import { repository } from '../support/hub.js';

const hawser = useHawser();
const leftovers = (): string[] => readdirSync(hawser.temp).filter((name) => /^hawser-(?:emulate|hub)-/.test(name));

describe('emulate hub without a command', () => {
  test('--json prints exactly one line when it is ready, and SIGTERM ends it with 143', async () => {
    const emulate = hawser.start(['emulate', 'hub', '--json']);
    const [line] = await emulate.until(/^\{.*\}\n/);
    const ready = JSON.parse(line) as { endpoint: string; env: Record<string, string>; account: { name: string } };
    const schema = JSON.parse(
      readFileSync(join(import.meta.dirname, '../../schemas/emulate-hub.json'), 'utf8'),
    ) as object;
    const validate = new Ajv2020().compile(schema);
    validate(ready);
    expect(validate.errors).toBeNull();
    const whoami = await fetch(`${ready.env['HF_ENDPOINT']}/api/whoami-v2`, {
      headers: { Authorization: `Bearer ${ready.env['HF_TOKEN']}` },
    });
    expect(await whoami.json()).toMatchObject({ name: ready.account.name });
    emulate.kill('SIGTERM');
    expect(await emulate.ended).toMatchObject({ stdout: line, stderr: '', exitCode: 143 });
    expect(leftovers()).toEqual([]);
  });

  test('people see the variables and what to try; Ctrl-C ends it with 130', async () => {
    const emulate = hawser.start(['emulate', 'hub']);
    await emulate.until(/Ctrl-C ends it\.\n/);
    emulate.kill('SIGINT');
    const { stdout, exitCode } = await emulate.ended;
    expect(stdout).toMatch(/export HF_ENDPOINT='http:\/\/127\.0\.0\.1:\d+'/);
    expect(stdout).toMatch(/export HF_TOKEN='hf_[^[]/);
    expect(stdout).toContain('hf upload hawser/demo . --repo-type space');
    expect(exitCode).toBe(130);
  });

  test('--port is the port, and a taken one is said', async () => {
    const first = hawser.start(['emulate', 'hub', '--json']);
    const [line] = await first.until(/^\{.*\}\n/);
    const { port } = new URL((JSON.parse(line) as { endpoint: string }).endpoint);
    const { json, exitCode } = await hawser.run(['emulate', 'hub', '--json', '--port', port]);
    expect(json).toMatchObject({ ok: false, error: { code: 'HAWSER_EMULATOR_LISTEN', exitCode: 1 } });
    expect(exitCode).toBe(1);
    first.kill('SIGINT');
    await first.ended;
  });
});

describe('emulate hub with a command', () => {
  const emulate = (...command: string[]) => hawser.run(['emulate', 'hub', '--', ...command]);

  test('runs it with the environment set, and ends with its exit code', async () => {
    const script = [
      "const answer = await fetch(process.env.HF_ENDPOINT + '/api/repos/create', { method: 'POST',",
      "  headers: { authorization: 'Bearer ' + process.env.HF_TOKEN },",
      "  body: JSON.stringify({ type: 'space', sdk: 'docker', name: 'echo' }) });",
      'console.log((await answer.json()).name); process.exitCode = 7;',
    ].join('\n');
    const { stdout, stderr, exitCode } = await emulate(process.execPath, '--input-type=module', '-e', script);
    expect([stdout, stderr, exitCode]).toEqual(['hawser/echo\n', '', 7]);
    expect(leftovers()).toEqual([]);
  });

  test('nothing of the person’s own Hugging Face settings reaches it, and a login there stays there', async () => {
    const { stdout } = await hawser.run(['emulate', 'hub', '--', 'env'], {
      env: { HF_HOME: 'mine', HF_TOKEN_PATH: 'mine', HUGGING_FACE_HUB_TOKEN: 'mine', HAWSER_PROFILE: 'mine' },
    });
    expect(stdout).not.toContain('mine');
    expect(stdout).toMatch(/^HF_HOME=.*hawser-emulate-.*$/m);
    expect(stdout).toMatch(/^HF_HUB_DISABLE_XET=1$/m);
    expect(stdout).toMatch(/^NO_PROXY=127\.0\.0\.1,localhost,::1$/m);
  });

  test('a command that cannot be started ends it with 125: HAWSER_EMULATE_COMMAND_NOT_STARTED', async () => {
    const { json, exitCode } = await hawser.run(['emulate', 'hub', '--json', '--', 'no-such-program']);
    expect(json).toMatchObject({ ok: false, error: { code: 'HAWSER_EMULATE_COMMAND_NOT_STARTED', exitCode: 125 } });
    expect(exitCode).toBe(125);
    expect(leftovers()).toEqual([]);
  });
});

describe('hawser hf around the emulated Hub', () => {
  test('pushes, finds nothing to do, plans nothing, and what was pushed can be cloned', async () => {
    const folder = mkdtempSync(join(hawser.temp, 'hub-'));
    for (const [path, text] of Object.entries(repository())) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    writeFileSync(join(folder, 'hawser'), `#!/bin/sh\nexec '${process.execPath}' '${bin}' "$@"\n`, { mode: 0o755 });
    const script = [
      'hawser hf push echo_env --wait',
      'hawser hf push echo_env --json',
      'hawser hf plan echo_env',
      'git clone --quiet "$HF_ENDPOINT/spaces/hawser/echo_env" clone',
      'git -C clone rev-parse "HEAD^{tree}"',
    ].join(' && ');
    const { stdout, stderr, exitCode } = await hawser.run(['emulate', 'hub', '--', 'sh', '-c', script], {
      cwd: folder,
      env: { PATH: `${folder}:${process.env['PATH'] ?? ''}` },
    });
    expect([stderr, exitCode]).toEqual(['Pushing echo_env …\n', 0]);
    const [made, named, runs, second, plan, , tree] = stdout.split('\n');
    expect(made).toMatch(/^✓ .*\/spaces\/hawser\/echo_env: made, with 11 files$/);
    expect(named).toMatch(new RegExp(`^  commit [0-9a-f]{40}, tree ${tree}$`));
    expect(runs).toMatch(/^ {2}RUNNING at /);
    expect(JSON.parse(second ?? '')).toMatchObject({
      ok: true,
      data: {
        pushes: [{ result: { unchanged: true, treeId: tree, commit: named?.slice('  commit '.length).slice(0, 40) } }],
      },
    });
    expect(plan).toBe('hawser/echo_env: nothing to do');
    expect(readFileSync(join(folder, 'clone/Dockerfile'), 'utf8')).toContain('ENV ENABLE_WEB_INTERFACE=true');
    expect(readdirSync(folder)).not.toContain('hf-staging');
  });
});
