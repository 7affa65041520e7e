import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { scale } from '../../../../test/support/scale.js';
import { LinkError } from '../../src/link/failure.js';
import { type LiveTarget, type SsmWorld, echo, openSsmWorld, roundTrip } from '../support/ssm-world.js';

let world: SsmWorld;
afterEach(async () => {
  await world.close();
});

const local = (port: number) => ({ host: 'localhost', port });

/** The failure that an attempt ends with. */
async function failureOf(attempt: Promise<unknown>): Promise<LinkError['failure']> {
  const error: unknown = await attempt.then(
    () => new Error('it succeeded'),
    (thrown: unknown) => thrown,
  );
  if (error instanceof LinkError) return error.failure;
  throw error;
}

describe('the ssm provider', () => {
  test('carries bytes to two targets, each with its own sessions and its own document', async () => {
    world = await openSsmWorld();
    const [one, other] = [await world.serve(echo), await world.serve((socket) => socket.end('from the other'))];
    const link = await world.open(world.via(), [local(one)]);
    const sent = randomBytes(2 << 20);
    expect((await roundTrip(await link.dial(local(one)), sent)).equals(sent)).toBe(true);
    expect(world.emulator.sessions).toHaveLength(1);
    const stream = await link.dial(local(other));
    expect((await once(stream, 'data')).toString()).toBe('from the other');
    stream.destroy();
    expect(world.emulator.sessions.map(({ document }) => document)).toEqual([
      'AWS-StartPortForwardingSession',
      'AWS-StartPortForwardingSession',
    ]);
    // Agents refuse their own addresses as a remote host, so the call is all there is to see.
    await link.dial({ host: 'db.internal', port: 5432 }).catch(() => {});
    const starts = world.emulator.calls.filter(({ operation }) => operation === 'StartSession');
    expect(starts.at(-1)?.input).toMatchObject({
      DocumentName: 'AWS-StartPortForwardingSessionToRemoteHost',
      Parameters: { host: ['db.internal'], portNumber: ['5432'], localPortNumber: ['0'] },
    });
    await link.close();
    expect(await link.ended).toBeUndefined();
    expect(world.emulator.sessions.map(({ state }) => state)).not.toContain('Connected');
  });

  test('spreads connections over lanes', async () => {
    world = await openSsmWorld();
    const port = await world.serve(echo);
    const link = await world.open(world.via(undefined, { lanes: 3 }), [local(port)]);
    const streams = await Promise.all([1, 2, 3].map(() => link.dial(local(port))));
    for (const stream of streams) {
      stream.write('a word');
      await once(stream, 'data');
    }
    expect(world.emulator.sessions.map(({ received }) => received.bytes > 0)).toEqual([true, true, true]);
  });

  test('takes the first by name of several nodes with a tag, and the next one when it is gone', async () => {
    const first: LiveTarget = { id: 'i-0bbbbbbbbbbbbbbb2', name: 'bastion-a', tags: { role: 'bastion' } };
    const targets = [{ id: 'i-0bbbbbbbbbbbbbbb1', name: 'bastion-b', tags: { role: 'bastion' } }, first];
    world = await openSsmWorld({ targets });
    const port = await world.serve(echo);
    const link = await world.open(world.via('tag:role=bastion'), [local(port)]);
    expect(world.emulator.sessions.map(({ target }) => target)).toEqual(['i-0bbbbbbbbbbbbbbb2']);
    expect(world.debug).toContain('tag:role=bastion is 2 nodes; the first is i-0bbbbbbbbbbbbbbb2 (bastion-a.internal)');
    await link.close();
    first.online = false;
    await world.open(world.via('tag:role=bastion'), [local(port)]);
    expect(world.emulator.sessions.at(-1)?.target).toBe('i-0bbbbbbbbbbbbbbb1');
  });

  test('without a node says what was looked for; a node that was there is waited for', async () => {
    const node: LiveTarget = { id: 'i-0bbbbbbbbbbbbbbb1', tags: { role: 'bastion' } };
    world = await openSsmWorld({ targets: [node] });
    expect(await failureOf(world.open(world.via('tag:role=bastian')))).toMatchObject({
      cause: 'resolve',
      message: 'No managed node answers to tag:role=bastian',
      permanent: true,
    });
    await world.open(world.via('tag:role=bastion'));
    node.online = false;
    expect(await failureOf(world.open(world.via('tag:role=bastion')))).toMatchObject({
      cause: 'not-connected',
      permanent: false,
    });
    node.tags = {};
    expect(await failureOf(world.open(world.via('tag:role=bastion')))).toMatchObject({
      cause: 'resolve',
      permanent: false,
    });
  });

  test('goes on over a websocket that is cut in the middle of a download, and loses no byte', async () => {
    // Agents send lost messages again one at a time: few large ones are soon there again.
    world = await openSsmWorld({ agent: { payloadBytes: 1_000_000 } });
    const sent = randomBytes(scale(3 << 20, 48 << 20));
    const port = await world.serve((socket) => socket.end(sent));
    const link = await world.open(world.via(), [local(port)]);
    const stream = await link.dial(local(port));
    const parts: Buffer[] = [];
    const wanted = scale(2, 8);
    let cuts = 0;
    for await (const chunk of stream) {
      parts.push(chunk as Buffer);
      if (cuts < wanted && parts.length > 10 * cuts && world.emulator.sessions[0]?.reconnects === cuts) {
        cuts += 1;
        world.emulator.gateway.cut(undefined, cuts % 2 === 0 ? { reset: true } : {});
      }
    }
    expect(Buffer.concat(parts).equals(sent)).toBe(true);
    expect(world.emulator.sessions).toMatchObject([{ reconnects: wanted }]);
  });

  test('opens a session again that an administrator terminated', async () => {
    world = await openSsmWorld({}, { flappingMs: 0 });
    const port = await world.serve(echo);
    const link = await world.open(world.via(), [local(port)]);
    const stream = await link.dial(local(port));
    const broken = new Promise((resolve) => stream.once('close', resolve));
    await terminate(world.emulator.sessions[0]?.id);
    await broken;
    expect((await roundTrip(await link.dial(local(port)), Buffer.from('again'))).toString()).toBe('again');
    expect(world.emulator.sessions.map(({ state }) => state)).toEqual(['Terminated', 'Connected']);
    // What cannot be opened again ends the link, with the reason.
    world.refuse['StartSession'] = 'AccessDeniedException';
    await terminate(world.emulator.sessions[1]?.id);
    expect(await link.ended).toMatchObject({ cause: 'access-denied' });
  });

  test('leaves sessions that end as soon as they are opened to the pauses of the supervisor', async () => {
    world = await openSsmWorld();
    const port = await world.serve(echo);
    const link = await world.open(world.via(), [local(port)]);
    await terminate(world.emulator.sessions[0]?.id);
    expect(await link.ended).toMatchObject({ cause: 'closed', permanent: false });
    expect(world.emulator.sessions).toHaveLength(1);
  });

  test('new connections wait while the session is away, and give up with their caller', async () => {
    world = await openSsmWorld({}, { tuning: { resume: { firstMs: 5, longestMs: 20 } } });
    const port = await world.serve(echo);
    const link = await world.open(world.via(), [local(port)]);
    const away = until(() => world.debug.some((line) => line.includes('resuming')));
    await world.emulator.gateway.stop();
    await away;
    const impatient = new AbortController();
    const given = link.dial(local(port), { signal: impatient.signal });
    const waiting = link.dial(local(port));
    impatient.abort(new Error('held for too long'));
    await expect(given).rejects.toThrow('held for too long');
    await world.emulator.gateway.start();
    const sent = Buffer.from('after the outage');
    expect(await roundTrip(await waiting, sent)).toEqual(sent);
  });

  test('asks the agent for a sign of life', async () => {
    world = await openSsmWorld();
    const port = await world.serve(echo);
    const link = await world.open(world.via(), [local(port)]);
    await link.check({ signal: new AbortController().signal });
    world.emulator.gateway.killAgent();
    const patience = new AbortController();
    const asked = failureOf(link.check({ signal: patience.signal }));
    patience.abort(new Error('too long'));
    expect(await asked).toMatchObject({ cause: 'timeout' });
  });

  test('a refused call is named with its permission', async () => {
    world = await openSsmWorld();
    world.refuse['StartSession'] = 'AccessDeniedException';
    expect(await failureOf(world.open(world.via(), [local(80)]))).toMatchObject({
      cause: 'access-denied',
      hint: 'Ask for the permission ssm:StartSession, or use a profile that has it.',
      permanent: true,
    });
    world.refuse['DescribeInstanceInformation'] = 'AccessDeniedException';
    expect((await failureOf(world.open(world.via('tag:role=bastion')))).hint).toContain(
      'ssm:DescribeInstanceInformation',
    );
  });

  test('throttled calls, wrong clocks and targets out of reach are told apart', async () => {
    world = await openSsmWorld();
    world.refuse['StartSession'] = 'ThrottlingException';
    expect(await failureOf(world.open(world.via(), [local(80)]))).toMatchObject({
      cause: 'throttled',
      permanent: false,
    });
    world.refuse['StartSession'] = 'RequestTimeTooSkewed';
    expect(await failureOf(world.open(world.via(), [local(80)]))).toMatchObject({ cause: 'auth', permanent: false });
    expect(await failureOf(world.open(world.via(), [{ path: '/run/x.sock' }]))).toMatchObject({ cause: 'config' });
  });

  test('expired credentials come with the login command and the file to watch, and new keys in it are seen', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'hawser-ssm-'));
    const file = join(folder, 'credentials');
    try {
      const env = { AWS_SHARED_CREDENTIALS_FILE: file, AWS_CONFIG_FILE: join(folder, 'config'), HOME: folder };
      world = await openSsmWorld();
      const { AWS_ENDPOINT_URL, AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY } = world.emulator.env;
      await world.close();
      world = await openSsmWorld(
        { port: Number(new URL(AWS_ENDPOINT_URL ?? '').port) },
        {
          env: { ...env, AWS_ENDPOINT_URL, AWS_REGION, AWS_EC2_METADATA_DISABLED: 'true' },
        },
      );
      const keys = (id: string) =>
        writeFile(file, `[staging]\naws_access_key_id = ${id}\naws_secret_access_key = ${AWS_SECRET_ACCESS_KEY}\n`);
      await keys('AKIAGONE');
      const port = await world.serve(echo);
      const via = world.via(undefined, { profile: 'staging' });
      expect(await failureOf(world.open(via, [local(port)]))).toMatchObject({
        cause: 'credentials',
        authCommand: 'aws configure --profile staging',
        watch: file,
      });
      await keys(AWS_ACCESS_KEY_ID ?? '');
      const link = await world.open(via, [local(port)]);
      expect((await roundTrip(await link.dial(local(port)), Buffer.from('again'))).toString()).toBe('again');
      expect(await readFile(file, 'utf8')).toContain(AWS_ACCESS_KEY_ID);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test('a profile of IAM Identity Center without a login names aws sso login and its token cache', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'hawser-ssm-'));
    const config = join(folder, 'config');
    const [sso, account] = ['sso_session = corp', 'sso_account_id = 123456789012\nsso_role_name = operator'];
    const session = '[sso-session corp]\nsso_region = us-east-1\nsso_start_url = https://corp.awsapps.com/start';
    await writeFile(config, `[profile staging]\n${sso}\n${account}\n${session}\n`);
    world = await openSsmWorld();
    const { AWS_ENDPOINT_URL, AWS_REGION } = world.emulator.env;
    await world.close();
    const home = process.env['HOME'];
    // The SDK looks for the token cache below the home folder of the process.
    process.env['HOME'] = folder;
    try {
      world = await openSsmWorld({}, { env: { AWS_ENDPOINT_URL, AWS_REGION, AWS_CONFIG_FILE: config, HOME: folder } });
      expect(await failureOf(world.open(world.via(undefined, { profile: 'staging' }), [local(80)]))).toMatchObject({
        cause: 'credentials',
        authCommand: 'aws sso login --profile staging',
        watch: expect.stringMatching(/\.aws\/sso\/cache\/[0-9a-f]{40}\.json$/),
      });
    } finally {
      process.env['HOME'] = home;
      await rm(folder, { recursive: true });
    }
  });

  test('credentials that expire under a session are told when it would be resumed', async () => {
    world = await openSsmWorld();
    const port = await world.serve(echo);
    const link = await world.open(world.via(), [local(port)]);
    world.refuse['ResumeSession'] = 'ExpiredTokenException';
    world.emulator.gateway.cut();
    expect(await link.ended).toMatchObject({
      cause: 'credentials',
      message: 'The AWS credentials have expired',
      hint: expect.stringContaining('set new ones'),
    });
    expect(await failureOf(link.dial(local(port)))).toMatchObject({ cause: 'credentials' });
  });

  test('describes what a person could run, without a secret', async () => {
    world = await openSsmWorld();
    const more = { profile: 'staging', region: 'eu-west-1', lanes: 2 };
    const target = { host: 'db.internal', port: 5432 };
    expect(world.provider.describe(world.via(undefined, more), [{ to: target, localPort: 15432 }])).toEqual({
      commands: [
        [
          'aws',
          'ssm',
          'start-session',
          '--target',
          'i-0123456789abcdef0',
          '--document-name',
          'AWS-StartPortForwardingSessionToRemoteHost',
          '--parameters',
          '{"host":["db.internal"],"portNumber":["5432"],"localPortNumber":["15432"]}',
          '--profile',
          'staging',
          '--region',
          'eu-west-1',
        ],
      ],
      summary: 'Session Manager through i-0123456789abcdef0, in this process',
    });
    expect(world.provider.describe(world.via('tag:role=bastion'), [{ to: local(80) }])).toEqual({
      commands: [['hawser', 'ssm', 'forward', 'tag:role=bastion', '--remote-port', '80']],
      summary: 'Session Manager through tag:role=bastion, in this process',
    });
  });

  test('diagnoses hop by hop, up to the first that fails', async () => {
    world = await openSsmWorld();
    const port = await world.serve(echo);
    const verdicts = async (target: string, to: number) => {
      const hops: string[] = [];
      const options = { signal: new AbortController().signal, runtimeDirectory: '/nonexistent' };
      for await (const { hop, verdict } of world.provider.diagnose?.(world.via(target), local(to), options) ?? []) {
        hops.push(`${hop} ${verdict}`);
      }
      return hops;
    };
    const way = ['credentials pass', 'config pass', 'auth pass', 'session pass'];
    expect(await verdicts('web-1', port)).toEqual([...way, 'target pass']);
    expect(await verdicts('web-1', 1)).toEqual([...way, 'target fail']);
    expect(await verdicts('i-0fffffffffffffff0', port)).toEqual([...way.slice(0, 2), 'auth fail']);
    expect(await verdicts('tag:role=bastion', port)).toEqual([...way.slice(0, 1), 'config fail']);
    expect(world.emulator.sessions.map(({ state }) => state)).not.toContain('Connected');
  });
});

async function terminate(sessionId: string | undefined): Promise<void> {
  const { createAwsApi } = await import('@hawser/ssm-channel/aws');
  using api = createAwsApi({ env: world.emulator.env });
  await api.terminateSession(sessionId ?? '', {});
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 5));
}
