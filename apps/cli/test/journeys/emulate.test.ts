import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { bin, useHawser } from '../support/hawser.js';
import { target } from '../support/emulator.js';

const hawser = useHawser();
const node = process.execPath;
const leftovers = (): string[] => readdirSync(hawser.temp).filter((name) => name.startsWith('hawser-emulate-'));

describe('emulate ssm without a command', () => {
  test('--json prints exactly one line when it is ready, and SIGTERM ends it with 143', async () => {
    const emulate = hawser.start(['emulate', 'ssm', '--json']);
    const [line] = await emulate.until(/^\{.*\}\n/);
    const ready = JSON.parse(line) as { endpoint: string; env: Record<string, string>; targets: { id: string }[] };
    const schema = JSON.parse(
      readFileSync(join(import.meta.dirname, '../../schemas/emulate-ssm.json'), 'utf8'),
    ) as object;
    const validate = new Ajv2020().compile(schema);
    validate(ready);
    expect(validate.errors).toBeNull();
    expect(ready.targets.map(({ id }) => id)).toContain(target);
    expect(await hawser.run(['ssm', 'run', target, '--', 'sh', '-c', 'exit 5'], { env: ready.env })).toMatchObject({
      exitCode: 5,
    });
    emulate.kill('SIGTERM');
    expect(await emulate.ended).toMatchObject({ stdout: line, stderr: '', exitCode: 143 });
    expect(await hawser.run(['ssm', 'list'], { env: ready.env })).toMatchObject({ exitCode: 1 });
  });

  test('people see the variables and what to try; Ctrl-C ends it with 130', async () => {
    const emulate = hawser.start([
      'emulate',
      'ssm',
      '--seed',
      '7',
      '--chaos',
      'lose=0.01',
      '--agent-version',
      '3.1.0.0',
      '--paced',
    ]);
    await emulate.until(/Ctrl-C ends it\.\n/);
    emulate.kill('SIGINT');
    const { stdout, exitCode } = await emulate.ended;
    expect(stdout).toMatch(/export AWS_ENDPOINT_URL='http:\/\/127\.0\.0\.1:\d+'/);
    expect(stdout).toMatch(/export AWS_SECRET_ACCESS_KEY='[^[]/);
    expect(stdout).toContain(`hawser ssm start ${target}`);
    expect(exitCode).toBe(130);
  });

  test('--port is the port, and a taken one is said', async () => {
    const first = hawser.start(['emulate', 'ssm', '--json']);
    const [line] = await first.until(/^\{.*\}\n/);
    const { port } = new URL((JSON.parse(line) as { endpoint: string }).endpoint);
    const { json, exitCode } = await hawser.run(['emulate', 'ssm', '--json', '--port', port]);
    expect(json).toMatchObject({ ok: false, error: { code: 'HAWSER_EMULATOR_LISTEN', exitCode: 1 } });
    expect(exitCode).toBe(1);
    first.kill('SIGINT');
    await first.ended;
  });

  test.each(['lose', 'lose=2', 'gremlins=1', 'lose='])('chaos %s is refused: HAWSER_EMULATE_CHAOS', async (chaos) => {
    const { json, exitCode } = await hawser.run(['emulate', 'ssm', '--json', '--chaos', chaos]);
    expect(json).toMatchObject({ ok: false, error: { code: 'HAWSER_EMULATE_CHAOS', exitCode: 2 } });
    expect(exitCode).toBe(2);
  });
});

describe('emulate ssm with a command', () => {
  const emulate = (...command: string[]) => hawser.run(['emulate', 'ssm', '--', ...command]);

  test('runs it with the environment set, and ends with its exit code', async () => {
    const { stdout, stderr, exitCode } = await emulate(
      node,
      bin,
      'ssm',
      'run',
      target,
      '--',
      'sh',
      '-c',
      'echo $((6*7)); exit 7',
    );
    expect([stdout, stderr, exitCode]).toEqual(['42\n', '', 7]);
    expect(leftovers()).toEqual([]);
  });

  test('standard input and output are its own', async () => {
    const { stdout, exitCode } = await hawser.run(['emulate', 'ssm', '--', 'cat'], { stdin: 'straight through' });
    expect([stdout, exitCode]).toEqual(['straight through', 0]);
  });

  test('a command that dies of a signal ends it with 128 and the number of that', async () => {
    expect(await emulate('sh', '-c', 'kill -KILL $$')).toMatchObject({ exitCode: 137 });
  });

  test('a command that cannot be started ends it with 125: HAWSER_EMULATE_COMMAND_NOT_STARTED', async () => {
    const { json, exitCode } = await hawser.run(['emulate', 'ssm', '--json', '--', 'no-such-program']);
    expect(json).toMatchObject({
      ok: false,
      error: {
        code: 'HAWSER_EMULATE_COMMAND_NOT_STARTED',
        exitCode: 125,
        details: { program: 'no-such-program', reason: 'ENOENT' },
      },
    });
    expect(exitCode).toBe(125);
    expect(leftovers()).toEqual([]);
  });

  test('nothing of the person’s own AWS settings reaches it, and loopback goes around the proxy', async () => {
    const { stdout } = await hawser.run(['emulate', 'ssm', '--', 'env'], {
      env: {
        AWS_PROFILE: 'mine',
        AWS_SESSION_TOKEN: 'mine',
        AWS_ENDPOINT_URL_SSM: 'http://mine',
        HAWSER_PROFILE: 'mine',
        NO_PROXY: 'corp',
      },
    });
    expect(stdout).not.toContain('mine');
    expect(stdout).toContain('NO_PROXY=corp,127.0.0.1,localhost,::1');
  });

  describe('with an aws on PATH', () => {
    const folder = () => join(hawser.home, 'bin');
    beforeAll(async () => {
      await mkdir(folder());
      await writeFile(join(folder(), 'aws'), '#!/bin/sh\necho "aws $*"\n');
      await chmod(join(folder(), 'aws'), 0o755);
    });

    test('aws goes to the emulator even where it does not know AWS_ENDPOINT_URL', async () => {
      const { stdout } = await hawser.run(['emulate', 'ssm', '--', 'aws', 'ssm', 'describe-sessions'], {
        env: { PATH: `${folder()}:${process.env['PATH'] ?? ''}` },
      });
      expect(stdout).toMatch(/^aws --endpoint-url http:\/\/127\.0\.0\.1:\d+ ssm describe-sessions\n$/);
    });
  });

  test('our session-manager-plugin is the first on its PATH', async () => {
    const { stdout, exitCode } = await emulate('session-manager-plugin', '--version');
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\.\d+\n$/);
    expect(exitCode).toBe(0);
  });

  test('SIGTERM reaches the command, and everything is gone', async () => {
    const emulating = hawser.start([
      'emulate',
      'ssm',
      '--',
      'sh',
      '-c',
      'trap "exit 3" TERM; echo $$; while :; do sleep 0.05; done',
    ]);
    const [, pid] = await emulating.until(/^(\d+)\n/);
    emulating.kill('SIGTERM');
    expect(await emulating.ended).toMatchObject({ exitCode: 3 });
    expect(existsSync(`/proc/${pid}`)).toBe(false);
    expect(leftovers()).toEqual([]);
  });

  test('the second Ctrl-C kills what does not listen to the first, and everything is gone', async () => {
    const emulating = hawser.start([
      'emulate',
      'ssm',
      '--',
      'sh',
      '-c',
      'trap "echo asked" INT; echo $$; while :; do sleep 0.05; done',
    ]);
    const [, pid] = await emulating.until(/^(\d+)\n/);
    emulating.kill('SIGINT');
    await emulating.until(/asked/);
    emulating.kill('SIGINT');
    expect(await emulating.ended).toMatchObject({ exitCode: 130 });
    expect(existsSync(`/proc/${pid}`)).toBe(false);
    expect(leftovers()).toEqual([]);
  });
});
