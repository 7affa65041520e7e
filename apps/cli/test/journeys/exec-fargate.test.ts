import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ExecutionRecord } from '@hawser/exec-client/contract';
import { ExecProject } from '../support/exec.js';

let project: ExecProject;
let env: Record<string, string>;

beforeAll(async () => {
  project = new ExecProject();
  const emulator = project.startOther(['emulate', 'aws', '--json']);
  ({ env } = JSON.parse((await emulator.until(/^\{.*\}$/m))[0]) as { readonly env: Record<string, string> });
  const made = await project.run(['init', '--yes', '--parameter', 'EnableAttach=true'], { env });
  if (made.exitCode !== 0) throw new Error(`The service could not be made: ${made.stderr}`);
});
afterAll(() => project[Symbol.asyncDispose]());

/** Who uses a backend has its key, and no credentials of AWS. */
describe('a run on AWS Fargate', () => {
  test('says where it runs, prints what the command prints, ends as it did, and leaves a receipt that holds', async () => {
    const { stdout, stderr, exitCode } = await project.run([
      '--no-repo',
      '--receipt',
      'receipt.json',
      '--env',
      'A=b c',
      'echo "hello $A"; exit 7',
    ]);
    expect([stdout, exitCode]).toEqual(['hello b c\n', 7]);
    expect(stderr).toMatch(/^→ Runs on: hawser, 127\.0\.0\.1:\d+, us-east-1 \(from config\.yaml\)\n/);
    expect(stderr).toContain('→ Isolation: fargate: ECS Fargate, cluster hawser\n');
    // Its key was pinned when the backend was saved.
    expect(await project.run(['verify', 'receipt.json'])).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('The receipt holds.'),
    });
    const [record] = (await project.data<{ executions: readonly ExecutionRecord[] }>(['list'])).executions;
    expect(record).toMatchObject({ phase: 'failed', exit_code: 7, backend: { kind: 'aws' }, log: { complete: true } });
  });

  test('attach runs a command in it, with its exit code, and leaves it alone; cancel ends it', async () => {
    const { stderr } = await project.run(['--no-repo', '--detach', '--attachable', 'echo up; sleep 600']);
    const id = /exec_\d{14}_\w+/.exec(stderr)?.[0] ?? '';
    const log = project.start(['logs', '--follow', id]);
    await log.until(/up\n/);
    log.kill('SIGKILL');
    const inside = await project.run(['attach', id, '--', 'sh', '-c', 'echo "inside it"; exit 5']);
    expect([inside.exitCode, inside.stdout]).toEqual([5, expect.stringContaining('inside it')]);
    expect(await project.run(['attach', id, '--json', '--', 'sh', '-c', 'echo talk; exit 4'])).toMatchObject({
      exitCode: 4,
      stderr: expect.stringContaining('talk'),
      json: { data: { execution_id: id, exit_code: 4 } },
    });
    expect((await project.data<ExecutionRecord>(['status', id])).phase).toBe('running');
    expect(await project.run(['cancel', id, '--force', '--wait'])).toMatchObject({ exitCode: 0 });
    expect(await project.run(['wait', id])).toMatchObject({ exitCode: 130 });
  });
});
