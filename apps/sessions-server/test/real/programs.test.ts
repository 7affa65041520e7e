import { spawnSync } from 'node:child_process';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startKubeEmulator, type KubeEmulator } from '@hawser/emulators/kube';
import { startPostgres, type PostgresServer } from '../../../../test/support/postgres.js';
import { Program } from '../../../../test/support/program.js';

const bin = join(import.meta.dirname, '../../bin/hawser-sessions.js');
const secret = 'postgres://u:planted-password@127.0.0.1:1/x';

describe('a program of the images', () => {
  test('names every setting that is wrong, at once, and repeats none', () => {
    const { status, stderr, stdout } = spawnSync(process.execPath, [bin, 'controller'], {
      env: {
        HAWSER_SESSIONS_DATABASE_URL: secret,
        HAWSER_SESSIONS_DATABASE_SSL: 'planted-ssl',
        HAWSER_SESSIONS_RATE_PER_MINUTE: 'planted-rate',
        HAWSER_SESSIONS_API_KEY_FILE: '/nowhere',
      },
      encoding: 'utf8',
    });
    expect([status, stdout]).toEqual([2, '']);
    for (const name of [
      'DATABASE_SSL',
      'RATE_PER_MINUTE',
      'API_KEY_FILE',
      'TICKET_KEYS_FOLDER',
      'SEALING_KEY_FILE',
      'RUNNER_TEMPLATE',
    ])
      expect(stderr).toContain(`HAWSER_SESSIONS_${name}`);
    expect(stderr).not.toMatch(/planted|    at /);
  });

  test('is one of five, and says so', () => {
    const { status, stderr } = spawnSync(process.execPath, [bin, 'teapot'], { encoding: 'utf8' });
    expect([status, stderr]).toEqual([2, 'Usage: hawser-sessions controller|gateway|runner|migrate|probe\n']);
  });
});

describe('with a real PostgreSQL', () => {
  let postgres: PostgresServer;
  let url: string;
  let kube: KubeEmulator;
  const folder = mkdtempSync(join(tmpdir(), 'sessions-server-'));
  const env = (more: Readonly<Record<string, string>> = {}): Record<string, string> => ({
    PATH: process.env['PATH'] ?? '',
    HOME: folder,
    HAWSER_SESSIONS_DATABASE_URL: url,
    ...more,
  });

  beforeAll(async () => {
    postgres = await startPostgres();
    url = await postgres.createDatabase();
    kube = await startKubeEmulator();
    mkdirSync(join(folder, 'tickets'));
    const pem = { type: 'pkcs8', format: 'pem' } as const;
    writeFileSync(
      join(folder, 'tickets/ticket.pem'),
      generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export(pem),
    );
    writeFileSync(join(folder, 'receipt.pem'), generateKeyPairSync('ed25519').privateKey.export(pem), { mode: 0o600 });
    writeFileSync(join(folder, 'sealing.key'), randomBytes(32).toString('base64'));
    writeFileSync(join(folder, 'API_KEY'), `sk_live_${randomBytes(32).toString('hex')}`);
    writeFileSync(join(folder, 'kubeconfig'), kube.kubeconfig());
    const template = {
      namespace: 'default',
      instance: 'x',
      image: 'x',
      controllerUrl: 'http://127.0.0.1:1',
      serviceAccountName: 'default',
    };
    writeFileSync(join(folder, 'template.json'), JSON.stringify(template));
  });
  afterAll(async () => {
    await kube.close();
    await postgres.stop();
    rmSync(folder, { recursive: true });
  });

  const migrate = (...args: readonly string[]) =>
    spawnSync(process.execPath, [bin, 'migrate', ...args], { env: env(), encoding: 'utf8' });

  test('migrates a real PostgreSQL, says where it stands, and goes back', () => {
    expect(migrate('status')).toMatchObject({ status: 1, stdout: expect.stringMatching(/^pending \d{14}/) });
    expect(migrate('latest', '--wait')).toMatchObject({ status: 0, stdout: expect.stringMatching(/^applied \d{14}/) });
    expect(migrate('latest')).toMatchObject({ status: 0, stdout: '', stderr: 'Nothing to do.\n' });
    expect(migrate('status')).toMatchObject({ status: 0, stdout: expect.not.stringMatching(/pending/) });
    expect(migrate('rollback')).toMatchObject({ status: 0, stdout: expect.stringMatching(/^taken back/) });
    expect(migrate('latest').status).toBe(0);
    expect(migrate('sideways')).toMatchObject({ status: 2, stderr: expect.stringContaining('Usage') });
  });

  test('run as in their images, and end cleanly at SIGTERM', async () => {
    await using controller = new Program(process.execPath, [bin, 'controller'], {
      env: env({
        KUBECONFIG: join(folder, 'kubeconfig'),
        HAWSER_SESSIONS_PORT: '0',
        HAWSER_SESSIONS_INTERNAL_PORT: '0',
        HAWSER_SESSIONS_TICKET_KEYS_FOLDER: join(folder, 'tickets'),
        HAWSER_SESSIONS_RECEIPT_KEY_FILE: join(folder, 'receipt.pem'),
        HAWSER_SESSIONS_SEALING_KEY_FILE: join(folder, 'sealing.key'),
        HAWSER_SESSIONS_API_KEY_FILE: join(folder, 'API_KEY'),
        HAWSER_SESSIONS_RUNNER_TEMPLATE: join(folder, 'template.json'),
      }),
    });
    const port = async (program: Program): Promise<string> =>
      await program.until(() => /"event":"listening","url":"([^"]+)"/.exec(program.stderr)?.[1], 'listening');
    const api = await port(controller);
    await using gateway = new Program(process.execPath, [bin, 'gateway'], {
      env: env({
        HAWSER_SESSIONS_PORT: '0',
        HAWSER_SESSIONS_JWKS_URL: `${api}/.well-known/jwks.json`,
        HAWSER_SESSIONS_DRAIN_SECONDS: '0',
      }),
    });
    const edge = await port(gateway);
    expect((await fetch(`${api}/readyz`)).status).toBe(200);
    expect((await fetch(`${edge}/readyz`)).status).toBe(200);
    const page = await fetch(`${edge}/ws/00000000-0000-4000-8000-000000000000`);
    expect([page.status, page.headers.get('content-type')]).toEqual([200, expect.stringContaining('text/html')]);
    for (const program of [gateway, controller]) {
      program.child.kill('SIGTERM');
      expect(await program.ended).toEqual({ code: 0, signal: null });
    }
  });
});
