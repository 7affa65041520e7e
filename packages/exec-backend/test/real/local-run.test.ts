import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeReal } from '../../../../test/support/counterparts.js';
import { GitHttpServer, makeRepository, type Repository } from '../../../../test/support/git-server.js';
import { openService, processes, wordsOf, type LocalService } from '../support/local-service.js';

let outside: string;
let repository: Repository;
let service: LocalService;

beforeAll(async () => {
  outside = mkdtempSync(join(tmpdir(), 'hawser-outside-'));
  writeFileSync(join(outside, 'private'), 'mine\n');
  repository = makeRepository({
    path: join(outside, 'project.git'),
    files: { 'README.md': 'hello\n', 'sub/a': '1\n' },
  });
  service = await openService({
    env: {
      PATH: process.env['PATH'],
      HOME: outside,
      USER: 'somebody',
      LANG: 'C.UTF-8',
      AWS_SECRET_ACCESS_KEY: 'planted-secret',
    },
  });
});

afterAll(async () => {
  await service[Symbol.asyncDispose]();
  rmSync(outside, { recursive: true, force: true });
});

async function run(request: Parameters<LocalService['start']>[0]): ReturnType<LocalService['finish']> {
  return service.finish((await service.start(request)).execution_id);
}

describe('a command on this machine', () => {
  test('sees declared variables and its own place, and nothing of the person', async () => {
    const { text, record } = await run({
      repo: repository.path,
      isolation: 'process',
      command: 'env | sort; ls; git status --short',
      env: { GREETING: 'good day' },
      lock: 'one',
    });
    const names = text.split('\n').flatMap((line) => /^([A-Za-z_]+)=/.exec(line)?.[1] ?? []);
    expect(names).toEqual(
      [
        'GREETING',
        'HAWSER_EXEC_ATTEMPT',
        'HAWSER_EXEC_COMMIT',
        'HAWSER_EXEC_FENCE',
        'HAWSER_EXEC_ID',
        'HAWSER_EXEC_LOCK',
      ].concat(['HOME', 'LANG', 'PATH', 'PWD', 'TERM', 'TMPDIR']),
    );
    expect(text).toContain(`HAWSER_EXEC_COMMIT=${repository.commitOf('main')}\n`);
    expect(text).toContain('README.md\nsub\n');
    expect(text).not.toContain('planted-secret');
    expect(record).toMatchObject({
      phase: 'succeeded',
      created_by: { name: 'somebody' },
      backend: { isolation: 'process' },
    });
  });

  test('both outputs come in the order of writing, also by their names, and last words without a newline', async () => {
    const { text, events } = await run({
      no_repo: true,
      isolation: 'process',
      command: 'for i in 1 2 3; do echo out $i; echo err $i >&2; echo dev $i > /dev/stderr; done; printf last',
    });
    const expected = [1, 2, 3].map((i) => `out ${i}\nerr ${i}\ndev ${i}\n`).join('');
    expect(text).toBe(`${expected}last`);
    expect(events.at(-1)).toMatchObject({ message: 'last', partial: true });
  });

  test('what it leaves running does not keep the run open, and what that wrote is not lost', async () => {
    const { text, record, complete } = await run({
      no_repo: true,
      isolation: 'process',
      command: '(trap "" TERM; echo from behind; exec sleep 1000) & (sleep 1001 >/dev/null 2>&1 &) ; echo done',
    });
    expect(text.split('\n').toSorted()).toEqual(['', 'done', 'from behind']);
    expect({ complete, record }).toMatchObject({ complete: true, record: { phase: 'succeeded', exit_code: 0 } });
    const left = processes().map((pid) => wordsOf(pid).slice(0, 2).join(' '));
    expect(left.filter((words) => /^sleep 100[01]$/.test(words))).toEqual([]);
  });

  test('exit code and signal are those of the command; a missing program is said', async () => {
    const [signalled, missing, trapped] = await Promise.all([
      run({ no_repo: true, isolation: 'process', command: 'kill -USR1 $$' }),
      run({ no_repo: true, isolation: 'process', argv: ['no-such-program', '--now'] }),
      run({ no_repo: true, isolation: 'process', command: 'trap "exit 9" TERM; kill -TERM $$; sleep 1' }),
    ]);
    expect(signalled.record).toMatchObject({ phase: 'failed', exit_code: 138, signal: 'SIGUSR1' });
    expect(missing.record).toMatchObject({ phase: 'failed', exit_code: 127, reason_code: 'command_not_found' });
    expect(missing.record.reason).toContain('/usr/local/bin');
    expect(trapped.record).toMatchObject({ phase: 'failed', exit_code: 9 });
    expect(trapped.record.signal).toBeUndefined();
  });

  test('git’s credentials are for the clone alone, unless the request says that the command has them too', async () => {
    const access = { username: 'somebody', password: 'planted-password' };
    await using server = await GitHttpServer.start({ root: outside, access });
    const repo = server.url('project.git');
    expect((await run({ repo, isolation: 'process', command: 'true' })).record).toMatchObject({
      reason_code: 'clone_auth',
    });
    await service.call('POST', '/secrets', { name: 'git/127.0.0.1', value: 'somebody:planted-password' });
    const command = 'env | grep -c GIT_; git ls-remote --heads $REPO >/dev/null 2>&1 && echo in || echo out';
    const env = { REPO: repo };
    expect((await run({ repo, isolation: 'process', command, env })).text).toBe('0\nout\n');
    expect((await run({ repo, isolation: 'process', command, env, git_credentials: 'run' })).text).toBe('3\nin\n');
  });

  test('a folder that is not in the repository is said before anything runs', async () => {
    const { record } = await run({ repo: repository.path, isolation: 'process', workdir: 'no/such', command: 'true' });
    expect(record).toMatchObject({ phase: 'error', reason: expect.stringContaining('no/such') });
  });

  test('at its time limit it gets TERM, then KILL; its own words on the way are kept', async () => {
    const { text, record } = await run({
      no_repo: true,
      isolation: 'process',
      command: 'exec 2>/dev/null; trap "echo not yet" TERM; echo begun; while :; do sleep 0.05 & wait $!; done',
      timeout_seconds: 1,
      grace_seconds: 1,
    });
    expect(text).toBe('begun\nnot yet\n');
    expect(record).toMatchObject({ phase: 'timed_out', reason_code: 'timeout', signal: 'SIGKILL', exit_code: 137 });
  });

  test('a cancelled command has its grace period; what it then says of itself is the truth', async () => {
    const { execution_id: id } = await service.start({
      no_repo: true,
      isolation: 'process',
      command: 'exec 2>/dev/null; trap "echo tidied; exit 0" TERM; echo begun; while :; do sleep 0.05 & wait $!; done',
    });
    await service.until(id, (text) => text.includes('begun'));
    await service.call('POST', `/executions/${id}/cancel`, { reason: 'enough' });
    const { text, record } = await service.finish(id);
    expect(text).toBe('begun\ntidied\n');
    expect(record).toMatchObject({ phase: 'succeeded', exit_code: 0, cancel_requested: true, cancel_reason: 'enough' });
  });

  test('nothing of a run is left but its record and its log; files are the owner’s alone', async () => {
    const { record } = await run({
      repo: repository.path,
      isolation: 'process',
      command: 'mkdir -p shut/inside && touch shut/inside/file && chmod 0500 shut/inside shut',
      secrets: {},
    });
    const run1 = join(service.folder, 'runs', record.execution_id, '1');
    const gone = async (): Promise<void> => {
      while (existsSync(run1)) await new Promise((resolve) => setTimeout(resolve, 10));
    };
    await gone();
    expect(statSync(join(service.folder, 'api-key')).mode & 0o777).toBe(0o600);
    expect(statSync(join(service.folder, 'signer-key.pem')).mode & 0o777).toBe(0o600);
    expect(statSync(service.folder).mode & 0o777).toBe(0o700);
  });

  test('an image is reported as not used; an isolation that is missing is an error, not another isolation', async () => {
    const { record } = await run({ no_repo: true, isolation: 'process', image: 'alpine:3', command: 'true' });
    expect(record.backend.note).toContain('The image alpine:3 is not used');
    const bare = await openService({ env: { PATH: '/nonexistent' } });
    try {
      for (const isolation of ['sandbox', 'container'] as const) {
        const { status, body } = await bare.call<{ error: string }>('POST', '/executions', {
          no_repo: true,
          isolation,
          image: 'alpine:3',
          command: 'true',
        });
        expect({ status, body }).toMatchObject({
          body: {
            details: { code: 'HAWSER_EXEC_BACKEND_ISOLATION_MISSING' },
            error: expect.stringMatching(/was asked for/),
          },
        });
        expect(status).toBeGreaterThanOrEqual(400);
      }
      expect((await bare.start({ no_repo: true, command: 'true' })).backend.isolation).toBe('process');
    } finally {
      await bare[Symbol.asyncDispose]();
    }
  });
});

describeReal('bubblewrap', () => {
  test('in a sandbox the home folder is not there, the machine is read-only, and no process of it stays', async () => {
    const { text, record } = await run({
      repo: repository.path,
      isolation: 'sandbox',
      command: [
        `ls -A ${outside} | head`,
        `cat ${join(outside, 'private')} 2>/dev/null || echo no private file`,
        `cat ${join(service.folder, 'api-key')} 2>/dev/null || echo no key`,
        'touch /usr/x 2>/dev/null || echo read-only',
        'mount -o remount,rw / 2>/dev/null || echo no rights',
        'echo written > here && cat here',
        '[ $(ls /proc | grep -c "^[0-9]") -lt 10 ] && echo alone',
        'sleep 1002 >/dev/null 2>&1 & exit 3',
      ].join('\n'),
    });
    expect(text).toBe('no private file\nno key\nread-only\nno rights\nwritten\nalone\n');
    expect(record).toMatchObject({ exit_code: 3, backend: { isolation: 'sandbox (bubblewrap)' } });
    expect(record.backend.note).toContain('Network and kernel are shared');
  });

  test('in a sandbox too, TERM comes to the command first; values of variables are in no list of processes', async () => {
    const { execution_id: id } = await service.start({
      no_repo: true,
      isolation: 'sandbox',
      env: { SECRET_ONE: 'planted-in-env' },
      command: 'exec 2>/dev/null; trap "echo tidied; exit 4" TERM; echo begun; while :; do sleep 0.05 & wait $!; done',
    });
    await service.until(id, (text) => text.includes('begun'));
    const lists = processes().map((pid) => wordsOf(pid).join(' '));
    expect(lists.filter((words) => words.includes('planted-in-env'))).toEqual([]);
    await service.call('POST', `/executions/${id}/cancel`, {});
    const { text, record } = await service.finish(id);
    expect(text).toBe('begun\ntidied\n');
    expect(record).toMatchObject({ phase: 'cancelled', exit_code: 4 });
  });
});

describeReal(['podman', 'busybox'], (path) => {
  test('in a container: the image’s programs, the clone, the exit code, and an image that cannot be had', async () => {
    const images = mkdtempSync(join(tmpdir(), 'hawser-images-'));
    const own = `${path('podman')} --root ${images}/root --runroot ${images}/run --storage-driver vfs --cgroup-manager cgroupfs --events-backend none`;
    const programs = join(images, 'bin');
    mkdirSync(join(images, 'image', 'bin'), { recursive: true });
    mkdirSync(programs);
    copyFileSync(path('busybox'), join(images, 'image', 'bin', 'busybox'));
    for (const name of ['sh', 'cat', 'ls', 'env', 'sleep']) symlinkSync('busybox', join(images, 'image', 'bin', name));
    writeFileSync(
      join(images, 'containers.conf'),
      '[containers]\ndefault_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]\nnetns = "host"\n',
    );
    writeFileSync(join(programs, 'podman'), `#!/bin/sh\nCONTAINERS_CONF=${images}/containers.conf exec ${own} "$@"\n`, {
      mode: 0o755,
    });
    execFileSync('/bin/sh', ['-c', `tar -C ${images}/image -c . | ${own} import - localhost/hawser-test:1`], {
      stdio: 'ignore',
    });
    const contained = await openService({ env: { PATH: `${programs}:${process.env['PATH']}`, HOME: images } });
    try {
      const start = async (request: object): ReturnType<LocalService['finish']> =>
        contained.finish(
          (await contained.start({ repo: repository.path, isolation: 'container', ...request })).execution_id,
        );
      const ran = await start({
        image: 'localhost/hawser-test:1',
        env: { VALUE: 'two\nlines' },
        command: 'cat README.md; echo "$VALUE"; echo err >&2; ls /usr 2>/dev/null || echo no usr; exit 7',
      });
      expect(ran.text).toBe('hello\ntwo\nlines\nerr\nno usr\n');
      expect(ran.record).toMatchObject({ phase: 'failed', exit_code: 7, backend: { isolation: 'container (podman)' } });
      const none = await start({ image: 'localhost/no-such-image:1', command: 'true' });
      expect(none.record).toMatchObject({ phase: 'error', reason_code: 'image_pull' });
      expect(none.record.exit_code).toBeUndefined();
    } finally {
      await contained[Symbol.asyncDispose]();
      rmSync(images, { recursive: true, force: true });
    }
  });
});
