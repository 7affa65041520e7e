import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { describeReal } from '../../../../test/support/counterparts.js';
import { Program } from '../../../../test/support/program.js';
import { target, World } from '../support/plugin.js';
import { comesTrue } from '../support/polling.js';
import { startSshd, type Sshd } from '../support/sshd.js';

const digest = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

describeReal(['sshd', 'ssh', 'ssh-keygen', 'scp', 'rsync', 'aws-cli-v1', 'aws-cli-v2'], (path) => {
  let world: World;
  let sshd: Sshd;
  beforeAll(async () => {
    world = await World.start();
    sshd = await startSshd(path);
  });
  afterAll(async () => {
    await sshd[Symbol.asyncDispose]();
    await world[Symbol.asyncDispose]();
  });

  /** The lines that AWS documents for ~/.ssh/config, as options. */
  const options = (cli: string): string[] => [
    ...sshd.options,
    '-o',
    `ProxyCommand=${path(cli)} --endpoint-url ${world.ssm.endpoint} ssm start-session --target %h --document-name AWS-StartSSHSession --parameters portNumber=%p`,
  ];
  const run = (program: string, args: readonly string[], input?: string | Buffer): Program =>
    new Program(path(program), args, { env: world.env, ...(input === undefined ? { input: '' } : { input }) });

  test.each(['aws-cli-v1', 'aws-cli-v2'])('ssh through %s runs a command and ends with its exit code', async (cli) => {
    await using ssh = run('ssh', [...options(cli), target, 'echo out; echo err >&2; cat; exit 5'], 'from here\n');
    expect(await ssh.ended).toEqual({ code: 5, signal: null });
    expect(ssh.text).toBe('out\nfrom here\n');
    expect(ssh.stderr).toBe('err\n');
  });

  test('ssh carries bytes both ways unharmed', async () => {
    const bytes = randomBytes(3 << 20);
    await using ssh = run('ssh', [...options('aws-cli-v2'), target, 'cat'], bytes);
    expect(await ssh.ended).toEqual({ code: 0, signal: null });
    expect(digest(ssh.stdout)).toBe(digest(bytes));
  });

  test('scp copies a file there and back', async () => {
    const [here, there, back] = ['here', 'there', 'back'].map((name) => join(world.folder, `scp-${name}`)) as [
      string,
      string,
      string,
    ];
    const bytes = randomBytes(5 << 20);
    await writeFile(here, bytes);
    for (const words of [
      [here, `${target}:${there}`],
      [`${target}:${there}`, back],
    ]) {
      await using scp = run('scp', ['-q', ...options('aws-cli-v2'), ...words]);
      expect(await scp.ended).toEqual({ code: 0, signal: null });
    }
    expect(digest(await readFile(there))).toBe(digest(bytes));
    expect(digest(await readFile(back))).toBe(digest(bytes));
  });

  test('rsync copies a tree, and then only what changed', async () => {
    const [here, there] = ['tree', 'copy'].map((name) => join(world.folder, name)) as [string, string];
    await mkdir(join(here, 'sub'), { recursive: true });
    const files = { 'a.bin': randomBytes(1 << 20), 'sub/b.bin': randomBytes(1 << 18), 'sub/empty': Buffer.alloc(0) };
    for (const [name, bytes] of Object.entries(files)) await writeFile(join(here, name), bytes);
    const shell = [path('ssh'), ...options('aws-cli-v2')].map((word) => `'${word}'`).join(' ');
    const sent: number[] = [];
    for (let time = 1; time <= 2; time += 1) {
      await using rsync = run('rsync', ['-a', '--stats', '-e', shell, `${here}/`, `${target}:${there}/`]);
      expect(await rsync.ended).toEqual({ code: 0, signal: null });
      sent.push(Number(/Total bytes sent: ([\d,]+)/.exec(rsync.text)?.[1]?.replaceAll(',', '')));
    }
    for (const [name, bytes] of Object.entries(files)) {
      expect(digest(await readFile(join(there, name)))).toBe(digest(bytes));
    }
    expect(sent[0]).toBeGreaterThan(1 << 20);
    expect(sent[1]).toBeLessThan(1 << 12);
  });

  test('a link that is cut in the middle loses nothing', async () => {
    const bytes = randomBytes(8 << 20);
    await using ssh = run('ssh', [...options('aws-cli-v2'), target, 'cat'], bytes);
    for (const share of [0.1, 0.4, 0.7]) {
      await ssh.until(() => ssh.stdout.length > bytes.length * share || undefined, 'sending back');
      world.ssm.gateway.cut();
    }
    expect(await ssh.ended).toEqual({ code: 0, signal: null });
    expect(digest(ssh.stdout)).toBe(digest(bytes));
    expect(world.ssm.sessions.at(-1)?.reconnects).toBeGreaterThan(0);
  });

  test('when ssh is gone nothing of the session stays', async () => {
    await using ssh = run('ssh', [...options('aws-cli-v2'), target, 'echo there; exec cat']);
    await ssh.shows(/there/);
    const session = world.ssm.sessions.at(-1);
    ssh.child.kill('SIGKILL');
    await ssh.ended;
    const state = (): string | undefined => world.ssm.sessions.find(({ id }) => id === session?.id)?.state;
    await comesTrue(() => state() === 'Terminated');
    expect(state()).toBe('Terminated');
  });
});
