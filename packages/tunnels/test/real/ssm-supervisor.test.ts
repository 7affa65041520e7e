import { createHash, randomBytes } from 'node:crypto';
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createSsmProvider, type SsmProviderOptions, type TunnelStatus } from '@hawser/tunnels';
import { createAwsApi } from '@hawser/ssm-channel/aws';
import type { Foreground } from '@hawser/tunnels/supervisor';
import { patient } from '../../../../test/support/patience.js';
import { Client, Follower, inForeground } from '../support/foreground.js';
import { Project, spec } from '../support/project.js';
import { type LiveTarget, type SsmWorld, echo, openSsmWorld, roundTrip } from '../support/ssm-world.js';

const bastion: LiveTarget = { id: 'i-0bbbbbbbbbbbbbbb1', tags: { role: 'bastion' } };
const via = { kind: 'ssm', target: 'tag:role=bastion' } as const;

let world: SsmWorld;
let project: Project;
let supervisor: Foreground | undefined;
beforeEach(async () => {
  bastion.online = true;
  world = await openSsmWorld({ targets: [bastion] });
  project = await Project.make();
});
afterEach(async () => {
  await supervisor?.close();
  supervisor = undefined;
  await world.close();
  await project[Symbol.asyncDispose]();
});

async function supervise(options: SsmProviderOptions = {}): Promise<Foreground['client']> {
  const provider = createSsmProvider({ env: world.emulator.env, ...options });
  supervisor = await inForeground(project, { ssm: async () => provider });
  return supervisor.client;
}

async function terminateAll(): Promise<void> {
  using api = createAwsApi({ env: world.emulator.env });
  const open = world.emulator.sessions.filter(({ state }) => state === 'Connected');
  await Promise.all(open.map(({ id }) => api.terminateSession(id, {})));
}

const near = (port: number) => ({ host: 'localhost', port });

async function send(tunnel: TunnelStatus | undefined, bytes: Buffer): Promise<Buffer> {
  const socket = connect({ host: '127.0.0.1', port: tunnel?.local.port ?? 0 });
  return await patient(roundTrip(socket, bytes), () => `nothing came back of ${bytes.length} bytes`);
}

describe('a tunnel by Session Manager', () => {
  test('carries every byte to two targets over one link, with lanes for each', async () => {
    const client = await supervise();
    const lanes = { ...via, lanes: 2 };
    const [one, other] = await client.up([
      spec({ name: 'one', via: lanes, to: near(await world.serve(echo)) }),
      spec({ name: 'other', via: lanes, to: near(await world.serve(echo)) }),
    ]);
    expect(one).toMatchObject({ link: { state: 'ready', connects: 1, pids: [] }, probe: { state: 'ok' } });
    const sent = randomBytes(1 << 20);
    for (const tunnel of [one, other]) expect((await send(tunnel, sent)).equals(sent)).toBe(true);
    expect(world.emulator.sessions).toHaveLength(4);
    await client.down({ all: true });
    // State and logs tell of sessions, never of what opens them.
    const kept = await keptIn(project.folder);
    expect(kept).toContain(world.emulator.sessions[0]?.id);
    expect(kept).not.toContain(world.emulator.env['AWS_SECRET_ACCESS_KEY']);
    expect(kept).not.toMatch(/TokenValue|"token/i);
    expect(world.emulator.sessions.filter(({ state }) => state === 'Connected')).toEqual([]);
  });

  test('holds connections while sessions are terminated and the agent is away, and goes on when it is back', async () => {
    const client = await supervise();
    const [tunnel] = await client.up([spec({ via, to: near(await world.serve(echo)), holdMs: 60_000 })]);
    await using follower = new Follower((signal) => client.events({ signal }));
    bastion.online = false;
    await terminateAll();
    await follower.until(({ failure }) => failure?.cause === 'not-connected');
    const held = new Client(tunnel!);
    await held.connected();
    held.socket.write('held meanwhile');
    bastion.online = true;
    await held.hears('held meanwhile');
    held.socket.destroy();
  });

  test('renews its link under a running download, which misses nothing', async () => {
    const client = await supervise({ renewAfterMs: 150 });
    const bytes = randomBytes(2 << 20);
    let finish: () => void = () => {};
    const port = await world.serve((socket) => {
      socket.once('data', () => {
        socket.write(bytes.subarray(0, 1 << 20));
        finish = () => socket.end(bytes.subarray(1 << 20));
      });
    });
    const [tunnel] = await client.up([spec({ via, to: near(port), probe: { kind: 'tcp' } })]);
    const download = connect({ host: '127.0.0.1', port: tunnel?.local.port ?? 0 });
    const hash = createHash('sha256');
    let got = 0;
    const [halfway, whole] = [promise(), promise()];
    download.on('data', (chunk) => {
      hash.update(chunk);
      got += chunk.length;
      if (got === 1 << 20) halfway.resolve();
    });
    download.once('end', whole.resolve);
    download.write('go');
    await patient(halfway.promise, () => `${got} bytes came`);
    const before = (await client.status()).tunnels[0]?.link.connects ?? 0;
    await patient(untilConnects(client, before + 3), () => 'the link was not renewed');
    finish();
    await patient(whole.promise, () => `${got} bytes came`);
    expect([got, hash.digest('hex')]).toEqual([bytes.length, createHash('sha256').update(bytes).digest('hex')]);
  });

  test('asks for a login when credentials are no good, and goes on by itself once the file changed', async () => {
    const file = join(project.folder, 'credentials');
    const { AWS_ENDPOINT_URL, AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY } = world.emulator.env;
    const keys = (id = '') =>
      writeFile(file, `[staging]\naws_access_key_id = ${id}\naws_secret_access_key = ${AWS_SECRET_ACCESS_KEY}\n`);
    await keys(AWS_ACCESS_KEY_ID);
    const env = { AWS_ENDPOINT_URL, AWS_REGION, AWS_SHARED_CREDENTIALS_FILE: file, AWS_CONFIG_FILE: '/dev/null' };
    const client = await supervise({ env: { ...env, HOME: project.folder, AWS_EC2_METADATA_DISABLED: 'true' } });
    const to = near(await world.serve(echo));
    const [tunnel] = await client.up([spec({ via: { ...via, profile: 'staging' }, to })]);
    await using follower = new Follower((signal) => client.events({ signal }));
    await keys('AKIAGONE');
    await terminateAll();
    const { failure } = await follower.until(({ state }) => state === 'needs-auth');
    expect(failure).toMatchObject({ authCommand: 'aws configure --profile staging', watch: file });
    follower.seen.length = 0;
    await keys(AWS_ACCESS_KEY_ID);
    await follower.until(({ state }) => state === 'ready');
    expect((await send(tunnel, Buffer.from('again'))).toString()).toBe('again');
  });

  test('says at once which permission is missing', async () => {
    const client = await supervise();
    world.refuse['StartSession'] = 'AccessDeniedException';
    const failed = client.up([spec({ via, to: near(1) })]);
    await expect(failed).rejects.toMatchObject({ hint: expect.stringContaining('ssm:StartSession') });
  });
});

async function untilConnects(client: Foreground['client'], count: number): Promise<void> {
  for (;;) {
    const [tunnel] = (await client.status()).tunnels;
    if ((tunnel?.link.connects ?? 0) >= count) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function promise(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve: () => void = () => {};
  return { promise: new Promise<void>((settle) => (resolve = settle)), resolve: () => resolve() };
}

/** Everything that stands in the files of a folder. */
async function keptIn(folder: string): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return (await Promise.all(files.map((file) => readFile(join(file.parentPath, file.name), 'utf8')))).join('\n');
}
