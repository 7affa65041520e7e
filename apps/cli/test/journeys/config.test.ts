import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import type { HawserEnd } from '@hawser/cli-kit/testing';
import { bin } from '../support/hawser.js';
import { runHawser } from '../support/held.js';

const home = mkdtempSync(join(tmpdir(), 'hc-'));
const project = join(home, 'project');
const configDir = join(home, 'config');
mkdirSync(join(project, '.git'), { recursive: true });
afterAll(() => rmSync(home, { recursive: true, force: true }));

const run = (args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<HawserEnd> =>
  runHawser({ bin, args, cwd: project, env: { HOME: home, HAWSER_CONFIG_DIR: configDir, ...env } });
const put = (path: string, text: string, mode = 0o644): void => {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text, { mode });
};
const projectFile = join(project, '.hawser.yaml');
const userFile = join(configDir, 'config.yaml');

interface Data<T> {
  readonly data: T;
  readonly error?: { readonly code: string; readonly message: string; readonly hint?: string };
}

describe('hawser config', () => {
  test('writes settings where they belong, keeping comments and order, and says where each value is from', async () => {
    put(userFile, '# mine\nbackends: {} # none yet\n', 0o600);
    expect((await run(['config', 'set', 'aws.region', 'eu-west-1'])).exitCode).toBe(0);
    expect(readFileSync(userFile, 'utf8')).toBe(
      '# mine\nbackends: {} # none yet\nsettings:\n  aws.region: eu-west-1\n',
    );
    expect(statSync(userFile).mode & 0o777).toBe(0o600);

    const set = await run(['config', 'set', 'aws.region', 'us-east-1', '--project', '--json']);
    expect(set.json).toMatchObject({ data: { key: 'settings.aws.region', file: projectFile, changed: true } });
    expect(readFileSync(projectFile, 'utf8')).toBe(
      '# yaml-language-server: $schema=https://hawser.dev/schemas/project-1.json\nsettings:\n  aws.region: us-east-1\n',
    );
    const ofProject = await run(['config', 'get', 'aws.region', '--json']);
    expect(ofProject.json).toMatchObject({
      data: {
        value: 'us-east-1',
        source: 'project',
        where: '.hawser.yaml:3 (settings.aws.region)',
        line: 3,
        over: [{ source: 'user', value: 'eu-west-1', line: 4 }],
      },
    });
    const explained = await run(['config', 'list', 'aws', '--explain'], { AWS_REGION: 'ap-south-1' });
    expect(explained.stdout).toMatch(
      /aws\.region +ap-south-1 +from AWS_REGION\n.*not us-east-1 +from \.hawser\.yaml:3/,
    );
    expect(explained.stdout).toMatch(/aws\.profile +\(what the credential chain .*\) +by default/);

    const gone = await run(['config', 'unset', 'aws.region', '--project', '--json']);
    expect(gone.json).toMatchObject({ data: { changed: true, isSet: false } });
    expect((await run(['config', 'get', 'aws.region'])).stdout).toBe('eu-west-1\n');
  });

  test('shows secrets as set or not set, and writes none', async () => {
    const secret = 'sk_live_0123456789abcdef';
    const env = { HAWSER_EXEC_API_KEY: secret, HF_TOKEN: secret };
    for (const flags of [[], ['--json']]) {
      const { stdout, stderr } = await run(['config', 'list', '--explain', ...flags], env);
      expect(stdout).toMatch(/exec\.api-key/);
      expect(stdout + stderr).not.toContain(secret);
    }
    const { json } = await run(['config', 'set', 'exec.api-key', secret, '--json']);
    expect((json as Data<never>).error).toMatchObject({ code: 'HAWSER_CONFIG_NOT_OURS' });
  });

  test.each([
    [['get', 'aws.regoin'], 'HAWSER_CONFIG_UNKNOWN'],
    [['list', 'awz'], 'HAWSER_CONFIG_UNKNOWN'],
    [['schema', 'tunnel'], 'HAWSER_CONFIG_UNKNOWN'],
    [['set', 'net.prefect-port', 'many'], 'HAWSER_CONFIG_INVALID'],
    [['set', 'hf.endpoint', 'https://hub.example.com', '--project'], 'HAWSER_CONFIG_NOT_OURS'],
    [['set', 'sessions.url', 'https://s.example.com'], 'HAWSER_CONFIG_NOT_OURS'],
    [['set', 'places.state', '/tmp/x'], 'HAWSER_CONFIG_NOT_OURS'],
  ])('%j ends with %s', async (words, code) => {
    const { json, exitCode } = await run(['config', ...words, '--json']);
    expect([exitCode, (json as Data<never>).error?.code]).toEqual([2, code]);
  });

  test('refuses a file that says what it may not, with its line', async () => {
    put(projectFile, 'image: x\nsettings:\n  hf.endpoint: https://elsewhere.example.com\n');
    const whoami = await run(['hf', 'whoami', '--json'], { HF_TOKEN: 'hf_x' });
    expect((whoami.json as Data<never>).error).toMatchObject({
      code: 'HAWSER_CONFIG_INVALID',
      message: '.hawser.yaml:3: hf.endpoint cannot stand here.',
    });
    put(projectFile, 'settings: { net.prefect-port: many }\n');
    const up = await run(['net', 'up', '--host', 'b.example.com', '--dry-run', '--json']);
    expect((up.json as Data<never>).error?.message).toBe(
      '.hawser.yaml:1: settings.net.prefect-port may be a port from 1 to 65535.',
    );
    rmSync(projectFile);
  });

  test('prints the schema of each file that is read', async () => {
    const listed = (await run(['config', 'schema', '--json'])).json as Data<{ files: { name: string; id: string }[] }>;
    for (const { name, id } of listed.data.files.slice(0, 2)) {
      const { stdout } = await run(['config', 'schema', name]);
      expect(JSON.parse(stdout)).toMatchObject({ $id: id });
    }
  });
});

describe('single verbs', () => {
  test('take as defaults what setup was told, what the project says, and what you say, in this order', async () => {
    put(userFile, 'settings:\n  net.host: mine.example.com\n  net.ssh-user: me\n  net.prefect-port: 14200\n', 0o600);
    put(projectFile, 'settings:\n  net.host: ours.example.com\n  env.target: review\n');
    const dry = async (...words: string[]): Promise<string> =>
      JSON.stringify((await run(['net', 'up', '--dry-run', '--json', ...words])).json);
    const first = await dry();
    expect(first).toContain('ours.example.com');
    expect(first).toContain('14200');

    const setup = ['setup', '--preset', 'local', '--host', 'told.invalid', '--namespace', 'web', '--target', 'told'];
    expect(await run([...setup, '--yes', '--json'])).toMatchObject({ exitCode: 0 });
    expect(await dry()).toContain('told.invalid');
    expect(await dry('--host', 'flag.example.com')).not.toContain('told.invalid');
    expect(
      JSON.stringify((await run(['net', 'up', '--dry-run', '--json'], { HAWSER_BASTION_HOST: 'env.invalid' })).json),
    ).toContain('env.invalid');
    const listed = (await run(['config', 'list', '--json'])).json as Data<
      { name: string; source: string; where: string }[]
    >;
    expect(listed.data.find(({ name }) => name === 'ctx.namespace')).toMatchObject({
      source: 'project',
      where: '.hawser/setup.json (choices.local.namespace)',
    });

    // The file that setup has written is that of the target it was told, and not of the project's.
    expect((await run(['env', 'check', '--json'])).json).toMatchObject({ data: { target: 'told' } });
  });
});

describe('hawser explain', () => {
  test('shows what happened, why, and what to do, from what is installed', async () => {
    const { stdout, exitCode } = await run(['explain', 'net_not_ready']);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^HAWSER_NET_NOT_READY \(@hawser\/tunnels, exit code 1\)\n/);
    for (const heading of ['What happened', 'Why', 'What to do']) expect(stdout).toContain(`\n${heading}\n`);
    expect((await run(['explain', 'HAWSER_NET_NOT_REDY', '--json'])).json).toMatchObject({
      error: { code: 'HAWSER_EXPLAIN_UNKNOWN', hint: 'Did you mean HAWSER_NET_NOT_READY?' },
    });
    expect((await run(['explain', 'HAWSER_STATE_LOCKED', '--json'])).json).toMatchObject({
      data: { page: 'https://hawser.dev/reference/errors/HAWSER_STATE_LOCKED' },
    });
  });
});
