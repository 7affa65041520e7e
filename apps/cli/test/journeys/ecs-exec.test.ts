import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from '@jest/globals';
import { container, useEmulator } from '../support/emulator.js';
import { useHawser } from '../support/hawser.js';

const hawser = useHawser();
const aws = useEmulator();

describe('ecs exec', () => {
  test('runs a command in a container and ends with its exit code', async () => {
    const { stdout, exitCode } = await hawser.run(['ecs', 'exec', container, '--', 'sh', '-c', 'echo inside; exit 9'], {
      env: aws.env,
    });
    expect([stdout, exitCode]).toEqual(['inside\r\n', 9]);
  });

  test('words arrive as they were typed', async () => {
    const words = ['a b', `it's`, '$HOME', '*', '--', '--json'];
    const { stdout } = await hawser.run(['ecs', 'exec', container, '--', 'printf', '<%s>', ...words], { env: aws.env });
    expect(stdout).toBe(words.map((word) => `<${word}>`).join(''));
  });

  test('without a command it is a shell', async () => {
    const { stdout, exitCode } = await hawser.run(['ecs', 'exec', `ecs:${container}`], {
      env: aws.env,
      stdin: 'echo answer-$((6 * 7))\nexit 4\n',
    });
    expect(stdout).toContain('answer-42');
    expect(exitCode).toBe(0);
  });

  test('its JSON keeps its schema, and the output shows on stderr', async () => {
    const { stdout, stderr, json, exitCode } = await hawser.run(
      ['ecs', 'exec', container, '--json', '--', 'sh', '-c', 'echo inside; exit 9'],
      {
        env: aws.env,
      },
    );
    const { ok, data } = json as { ok: boolean; data: unknown };
    expect(ok).toBe(true);
    expect(data).toMatchObject({ cluster: 'default', container: 'app', exitCode: 9 });
    const schema = JSON.parse(readFileSync(join(import.meta.dirname, '../../schemas/ecs-exec.json'), 'utf8')) as object;
    const validate = new Ajv2020().compile(schema);
    validate(data);
    expect(validate.errors).toBeNull();
    expect(stderr).toContain('inside');
    expect([stdout.trimEnd().split('\n').length, exitCode]).toEqual([1, 9]);
  });

  test('a task with several containers lists them, and nothing has run: 125', async () => {
    const { json, exitCode } = await hawser.run(
      ['ecs', 'exec', container.replace('/app', ''), '--json', '--', 'true'],
      { env: aws.env },
    );
    expect(json).toMatchObject({
      ok: false,
      error: { code: 'HAWSER_SSM_TARGET_AMBIGUOUS', exitCode: 125, details: { candidates: ['app', 'sidecar'] } },
    });
    expect(exitCode).toBe(125);
  });

  test('an id that names a container without its task is refused: HAWSER_ECS_TARGET', async () => {
    const id = 'ecs:default_0123456789abcdef0123456789abcdef_0123456789abcdef0123456789abcdef-1234567890';
    const { json, exitCode } = await hawser.run(['ecs', 'exec', id, '--json'], { env: aws.env });
    expect(json).toMatchObject({ ok: false, error: { code: 'HAWSER_ECS_TARGET', exitCode: 2 } });
    expect(exitCode).toBe(2);
  });
});
