import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from '@jest/globals';
import { bin, useHawser } from '../support/hawser.js';

const hawser = useHawser();
const node = process.execPath;

describe('emulate aws', () => {
  test('--json prints exactly one line when it is ready, and SIGTERM ends it with 143', async () => {
    const emulate = hawser.start(['emulate', 'aws', '--json']);
    const [line] = await emulate.until(/^\{.*\}\n/);
    const ready = JSON.parse(line) as { endpoint: string; env: Record<string, string> };
    const schema = JSON.parse(
      readFileSync(join(import.meta.dirname, '../../schemas/emulate-aws.json'), 'utf8'),
    ) as object;
    const validate = new Ajv2020().compile(schema);
    validate(ready);
    expect(validate.errors).toBeNull();
    expect(ready.env).toMatchObject({ AWS_ENDPOINT_URL: ready.endpoint, AWS_EC2_METADATA_DISABLED: 'true' });
    emulate.kill('SIGTERM');
    expect(await emulate.ended).toMatchObject({ stdout: line, stderr: '', exitCode: 143 });
  });

  test('a command behind -- meets it as its account, and its exit code is passed on', async () => {
    const { stdout, exitCode } = await hawser.run(['emulate', 'aws', '--', node, bin, 'aws', 'check', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ ok: true, data: { identity: { account: '123456789012' } } });
    expect(exitCode).toBe(0);
    expect(await hawser.run(['emulate', 'aws', '--', 'sh', '-c', 'exit 9'])).toMatchObject({ exitCode: 9 });
  });

  test('people see the variables and what to try; Ctrl-C ends it with 130', async () => {
    const emulate = hawser.start(['emulate', 'aws']);
    await emulate.until(/Ctrl-C ends it\.\n/);
    emulate.kill('SIGINT');
    const { stdout, exitCode } = await emulate.ended;
    expect(stdout).toMatch(/export AWS_ENDPOINT_URL='http:\/\/127\.0\.0\.1:\d+'/);
    expect(stdout).toContain('hawser exec init');
    expect(exitCode).toBe(130);
  });
});
