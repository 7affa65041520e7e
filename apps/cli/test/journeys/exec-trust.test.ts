import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ExecutionRecord, KeyCreated, KeyRecord, SecretRecord } from '@hawser/exec-client/contract';
import { createSigningKey } from '@hawser/receipts';
import { ExecProject } from '../support/exec.js';
import { expectSchema } from '../support/schema.js';

let project: ExecProject;
beforeAll(() => {
  project = new ExecProject();
});
afterAll(() => project[Symbol.asyncDispose]());

describe('secrets', () => {
  const value = 'planted-secret-77d1e0c2a9';

  test('come from standard input, reach a command as a variable, are masked in its log, and are never shown', async () => {
    const stored = await project.run(['secrets', 'set', 'deploy/token', '--json'], { stdin: `${value}\n` });
    expectSchema('exec-secrets-set', (stored.json as { data: SecretRecord }).data);
    const listed = await project.data<{ secrets: readonly SecretRecord[] }>(['secrets', 'list']);
    expect(listed.secrets).toMatchObject([{ name: 'deploy/token', version: 1 }]);
    expectSchema('exec-secrets', listed);
    const run = await project.run(['--secret', 'TOKEN=deploy/token', 'echo "<$TOKEN>"; printf %s "$TOKEN" | wc -c']);
    expect(run.stdout).toMatch(new RegExp(`^<(?!${value})[^\\n]+>\\n\\s*${value.length}\\n$`));
    const said = await Promise.all(
      [['list', '--json'], ['status', /exec_\w+/.exec(run.stderr)?.[0] ?? '', '--json'], ['secrets']].map((args) =>
        project.run(args),
      ),
    );
    for (const { stdout, stderr } of [stored, run, ...said]) expect(`${stdout}${stderr}`).not.toContain(value);
    expectSchema('exec-secrets-remove', await project.data(['secrets', 'remove', 'deploy/token']));
    expect((await project.run(['secrets'])).stdout).toBe('There are no secrets.\n');
  });

  test('a run that names one that is not there never begins: 125', async () => {
    const { exitCode, stderr } = await project.run(['--secret', 'NO_SUCH', 'echo no']);
    expect(exitCode).toBe(125);
    expect(stderr).toContain('NO_SUCH');
  });

  test('an empty value is refused: HAWSER_EXEC_SETTING', async () => {
    const { json, exitCode } = await project.run(['secrets', 'set', 'empty', '--json'], { stdin: '\n' });
    expect([exitCode, json]).toMatchObject([2, { error: { code: 'HAWSER_EXEC_SETTING' } }]);
  });

  test('a person types it unseen', async () => {
    using terminal = project.terminal(['secrets', 'set', 'typed']);
    await terminal.shows(/Value of typed:/);
    terminal.type(`${value}\r`);
    await terminal.shows(/typed is stored, version 1/);
    expect((await terminal.exited).exitCode).toBe(0);
    expect(terminal.screen).not.toContain(value);
  });
});

describe('keys', () => {
  test('are made, shown once, used over HTTP as far as their scopes go, rotated and revoked', async () => {
    const server = project.start(['serve', '--json']);
    const { endpoint } = JSON.parse((await server.until(/^\{.*\}$/m))[0]) as { readonly endpoint: string };
    const made = await project.run(['keys', 'create', 'ada', '--scope', 'read', '--expires-in', '1h']);
    expect(made.stdout).toMatch(/^sk_live_[0-9a-f]{64}\n$/);
    const as = (key: string): { readonly env: Record<string, string> } => ({
      env: { HAWSER_EXEC_ENDPOINT: endpoint, HAWSER_EXEC_API_KEY: key.trim() },
    });
    await using other = new ExecProject();
    expect((await other.run(['list', '--json'], as(made.stdout))).json).toMatchObject({ ok: true });
    const forbidden = await other.run(['--json', '--repo', project.origin.path, 'true'], as(made.stdout));
    expect([forbidden.exitCode, forbidden.json]).toMatchObject([125, { error: { code: 'HAWSER_EXEC_FORBIDDEN' } }]);
    const listed = await project.data<{ keys: readonly KeyRecord[] }>(['keys', 'list']);
    const [key] = listed.keys.filter(({ name }) => name === 'ada');
    expect(key).toMatchObject({ scopes: ['read'] });
    expect(JSON.stringify(listed)).not.toContain(made.stdout.trim());
    expectSchema('exec-keys', listed);
    const id = key?.key_id ?? '';
    const rotated = await project.data<KeyCreated>(['keys', 'rotate', id, '--overlap', '1h']);
    expectSchema('exec-keys-rotate', rotated);
    for (const one of [made.stdout, rotated.api_key]) {
      expect((await other.run(['list', '--json'], as(one))).json).toMatchObject({ ok: true });
    }
    expectSchema('exec-keys-revoke', await project.data(['keys', 'revoke', rotated.key_id]));
    expect((await other.run(['list', '--json'], as(rotated.api_key))).json).toMatchObject({
      error: { code: 'HAWSER_EXEC_UNAUTHORIZED' },
    });
  });
});

describe('a receipt', () => {
  test('says who ran what, on which commit, and how it ended; it holds, and its log is the one that was read', async () => {
    const ran = await project.data<{ execution: ExecutionRecord; receipt: string }>([
      '--receipt',
      'receipt.json',
      '--env',
      'A=value-of-a',
      'echo one; echo two; exit 0',
    ]);
    expect(ran.receipt).toBe('receipt.json');
    const { execution_id: id } = ran.execution;
    writeFileSync(join(project.folder, 'run.log'), (await project.run(['logs', id])).stdout);
    const { stdout, exitCode } = await project.run(['verify', 'receipt.json', '--log', 'run.log']);
    expect(exitCode).toBe(0);
    expect(stdout).toContain(`Execution ${id} ran: echo one; echo two; exit 0\n`);
    expect(stdout).toContain(ran.execution.repo?.commit ?? 'a commit');
    expect(stdout).toMatch(/✓ signature: .*\n[^]*✓ log: .*\n[^]*The receipt holds\.\n$/);
    const verified = await project.data<object>(['verify', 'receipt.json']);
    expectSchema('exec-verify', verified);
    expect(verified).toMatchObject({ ok: true, kind: 'run', madeBy: { known: true }, claim: { subject: id } });
    expect(readFileSync(join(project.folder, 'receipt.json'), 'utf8')).not.toContain('value-of-a');
  });

  test('of a command that failed says so, and still holds', async () => {
    const { exitCode } = await project.run(['--receipt', 'failed.json', 'exit 9']);
    expect(exitCode).toBe(9);
    expect(await project.run(['verify', 'failed.json'])).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/exit.*9/i),
    });
  });

  test('a changed byte, another log and an unknown signer are named: 1', async () => {
    await project.run(['--receipt', 'good.json', 'echo good']);
    const good = JSON.parse(readFileSync(join(project.folder, 'good.json'), 'utf8')) as { payload: string };
    const payload = Buffer.from(good.payload, 'base64').toString().replace('echo good', 'echo evil');
    writeFileSync(
      join(project.folder, 'bad.json'),
      JSON.stringify({ ...good, payload: Buffer.from(payload).toString('base64') }),
    );
    const changed = await project.run(['verify', 'bad.json']);
    expect([changed.exitCode, changed.stdout]).toEqual([
      1,
      expect.stringMatching(/✗ signature: [^]*The receipt is wrong: .*signature/),
    ]);
    writeFileSync(join(project.folder, 'other.log'), 'good\nand more\n');
    const otherLog = await project.run(['verify', 'good.json', '--log', 'other.log']);
    expect([otherLog.exitCode, otherLog.stdout]).toEqual([1, expect.stringMatching(/The receipt is wrong: log\./)]);
    writeFileSync(join(project.folder, 'stranger.pem'), createSigningKey().publicKey);
    const unknown = await project.run(['verify', 'good.json', '--public-key', 'stranger.pem']);
    expect([unknown.exitCode, unknown.stdout]).toEqual([
      1,
      expect.stringMatching(/\? signer: [^]*its signer is unknown/),
    ]);
  });

  test('a file that is not there is an error: HAWSER_RECEIPT_FILE', async () => {
    expect(await project.run(['verify', 'nothing.json', '--json'])).toMatchObject({
      exitCode: 2,
      json: { error: { code: 'HAWSER_RECEIPT_FILE' } },
    });
  });
});
