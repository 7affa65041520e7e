import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from '@jest/globals';
import { target, useEmulator } from '../support/emulator.js';
import { useHawser } from '../support/hawser.js';

const hawser = useHawser();
const aws = useEmulator();
const place = (name: string): string => join(hawser.home, name);

describe('ssm cp', () => {
  test('copies a file up and down, digests compared, and its JSON keeps its schema', async () => {
    const content = randomBytes(300_000);
    const digest = { algorithm: 'sha256', value: createHash('sha256').update(content).digest('hex') };
    await writeFile(place('here.bin'), content);
    await mkdir(place('back'));

    const up = await hawser.run(['ssm', 'cp', 'here.bin', `tag:Role=web:${place('there.bin')}`], { env: aws.env });
    expect(up.stdout).toBe(`✓ ${target}:${place('there.bin')}: 293 KiB, sha256 ${digest.value} at both ends\n`);
    expect(up.exitCode).toBe(0);
    expect(await readFile(place('there.bin'))).toEqual(content);

    const down = await hawser.run(['ssm', 'cp', `${target}:${place('there.bin')}`, 'back', '--json'], { env: aws.env });
    const { ok, data } = down.json as { ok: boolean; data: unknown };
    expect(ok).toBe(true);
    expect(data).toMatchObject({ target, way: 'down', bytes: 300_000, resumedAt: 0, digest });
    const schema = JSON.parse(readFileSync(join(import.meta.dirname, '../../schemas/ssm-cp.json'), 'utf8')) as object;
    const validate = new Ajv2020().compile(schema);
    validate(data);
    expect(validate.errors).toBeNull();
    expect(await readFile(place('back/there.bin'))).toEqual(content);
  });

  test('a file that is not there is said', async () => {
    const args = ['ssm', 'cp', `${target}:/no/such/file`, '.', '--json'];
    const { json, exitCode } = await hawser.run(args, { env: aws.env });
    expect(json).toMatchObject({ ok: false, error: { code: 'HAWSER_SSM_COPY_REMOTE_FILE', exitCode: 1 } });
    expect(exitCode).toBe(1);
  });

  test.each([
    ['a', 'b', 'Both ends are here.'],
    ['i-1:/a', 'i-2:/b', 'Both ends are on a node.'],
    ['./a:b', '/c:d', 'Both ends are here.'],
    ['C:\\a', 'b', 'Both ends are here.'],
  ])('from %s to %s is refused: HAWSER_SSM_CP_ARGUMENTS', async (from, to, message) => {
    const { json, exitCode } = await hawser.run(['ssm', 'cp', from, to, '--json'], { env: aws.env });
    expect(json).toMatchObject({ ok: false, error: { code: 'HAWSER_SSM_CP_ARGUMENTS', message, exitCode: 2 } });
    expect(exitCode).toBe(2);
  });
});
