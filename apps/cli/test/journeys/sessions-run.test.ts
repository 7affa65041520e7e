import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { createSessionsClient } from '@hawser/k8s-sessions/client';
import type { CreatedSession, SessionView } from '@hawser/k8s-sessions/protocol';
import { useSessions } from '../support/sessions.js';

interface Listed {
  readonly sessions: readonly SessionView[];
}
interface Shown {
  readonly session: SessionView;
  readonly screen?: { readonly rows: readonly string[] };
}

const hawser = useSessions();
const root = join(import.meta.dirname, '../../../..');
const example = join(root, 'examples/sample-cli/index.js');

describe('with nothing configured', () => {
  test('run starts the service of this machine, says so, and ends with the exit code', async () => {
    expect(await hawser.run(['sessions', 'list'])).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('No service is configured, and none runs on this machine.'),
    });
    const first = await hawser.run(['sessions', 'run', '--', 'sh', '-c', 'echo "$0 $1"; exit 5', 'a b', 'c']);
    expect(first).toMatchObject({ stdout: 'a b c\r\n', exitCode: 5 });
    expect(first.stderr).toMatch(
      /No service is configured: starting one on this machine\.\n {2}\S.*(?:sandbox|isolation)/i,
    );
    expect(first.stderr).toMatch(/Session [0-9a-f-]{36} exited with 5\./);

    const second = await hawser.run(['sessions', 'run', '--prompt', 'Hi there', 'echo "$HAWSER_PROMPT"']);
    expect(second).toMatchObject({ stdout: 'Hi there\r\n', exitCode: 0 });
    expect(second.stderr).not.toMatch(/starting one/);

    const { sessions } = await hawser.data<Listed>(['sessions', 'list']);
    expect(sessions.map(({ exit }) => exit?.code)).toEqual([0, 5]);
  });

  test('run says its own ends with codes of its own', async () => {
    const late = hawser.run(['sessions', 'run', '--deadline', '1s', '--json', 'sleep 60']);
    const signalled = hawser.run(['sessions', 'run', 'kill -9 $$']);
    const refused = hawser.run(['sessions', 'run', '--source', 'https://127.0.0.1/x.zip', 'true']);
    expect(await late).toMatchObject({ exitCode: 124, json: { data: { exit: { code: 124, origin: 'timed_out' } } } });
    expect(await signalled).toMatchObject({ exitCode: 137, stderr: expect.stringContaining('was ended by SIGKILL') });
    expect(await refused).toMatchObject({ exitCode: 125, stderr: expect.stringContaining('✗') });
  });

  test('Ctrl-C cancels where no terminal is: 130', async () => {
    const run = hawser.start(['sessions', 'run', 'echo started; sleep 60']);
    await run.until(/started/);
    run.kill('SIGINT');
    expect(await run.ended).toMatchObject({ exitCode: 130, stderr: expect.stringContaining('was cancelled') });
  });

  test('what cannot be asked for is said before anything is asked', async () => {
    for (const [args, message] of [
      [['run'], 'COMMAND is missing.'],
      [['run', 'echo', 'hi'], 'Give them as they are: hawser sessions run -- echo hi'],
      [['run', 'true', '--', 'false'], 'There are two commands'],
      [['run', '--size', '0x0', 'true'], 'is no size of a terminal'],
    ] as const) {
      const { stderr, exitCode } = await hawser.run(['sessions', ...args]);
      expect(stderr).toContain(message);
      expect([2, 125]).toContain(exitCode);
    }
  });
});

describe('one session, by every verb', () => {
  test('the sample draws, asks and ends in a real terminal', async () => {
    // Brought along: a sandbox does not show every checkout.
    const text = readFileSync(example).toString('base64');
    const script = `echo ${text} | base64 -d > index.mjs; exec ${process.execPath} index.mjs run --steps 1 --exit 3`;
    const words = ['sessions', 'run', '--', 'sh', '-c', script];
    using terminal = hawser.terminal(words);
    await terminal.shows(/80×24[^]*█[^]*100 %[^]*Who is there\? /);
    terminal.type('Ada\r');
    await terminal.shows(/Hello, [^]*Ada[^]*ending with 3, as asked/);
    expect((await terminal.exited).exitCode).toBe(3);
  });

  test('a link opens a terminal that is left with ~. and taken up where it stands', async () => {
    const command = 'printf "Name? "; read name; echo "Hello, $name"; read more; exit 6';
    const created = await hawser.data<CreatedSession>(['sessions', 'create', command]);
    const { sessionId: id, terminalUrl } = created;
    expect(terminalUrl).toBe(`${hawser.service().url}/ws/${id}#t=${created.token}`);

    using first = hawser.terminal(['sessions', 'attach', terminalUrl]);
    await first.shows(/Name\? /);
    first.type('Ada\r');
    await first.shows(/Hello, Ada/);
    first.type('~.');
    expect((await first.exited).exitCode).toBe(75);

    using second = hawser.terminal(['sessions', 'attach', id.slice(0, 8)]);
    await second.shows(/Name\? Ada[^]*Hello, Ada/);
    const { session } = await hawser.data<Shown>(['sessions', 'show', id]);
    expect(session).toMatchObject({ state: 'running', exit: null });
    second.type('\r');
    expect((await second.exited).exitCode).toBe(6);

    // The link was good once.
    expect(await hawser.run(['sessions', 'attach', terminalUrl])).toMatchObject({
      exitCode: 125,
      stderr: expect.stringContaining('This link was used already.'),
    });
    const shown = await hawser.data<Shown>(['sessions', 'show', id, '--screen']);
    expect(shown.screen?.rows.join('\n')).toContain('Hello, Ada');
    expect(shown.session.exit).toMatchObject({ reason: 'nonzero', code: 6 });
    expect(await hawser.run(['sessions', 'attach', id, '--json'])).toMatchObject({
      exitCode: 6,
      stderr: expect.stringContaining('Hello, Ada'),
      json: { data: { sessionId: id, reason: 'exited', exit: { code: 6, origin: 'command' } } },
    });
  });

  test('logs, replay and the form that is kept', async () => {
    const watched = await hawser.data<{ readonly session: SessionView }>([
      'sessions',
      'run',
      String.raw`printf '\033[31mred\033[0m\n'; exit 0`,
    ]);
    const id = watched.session.sessionId;
    const bytes = '\u001B[31mred\u001B[0m\r\n';
    const file = join(hawser.home, 'session.cast');
    const [raw, text, followed, replayed, played, cast] = await Promise.all([
      hawser.run(['sessions', 'logs', id]),
      hawser.run(['sessions', 'logs', id, '--format', 'text']),
      hawser.run(['sessions', 'logs', id, '--follow']),
      hawser.run(['sessions', 'replay', id, '--speed', '100']),
      hawser.data(['sessions', 'replay', id, '--speed', '100']),
      hawser.data(['sessions', 'logs', id, '--format', 'cast', '--output', file]),
    ]);
    expect(raw).toMatchObject({ stdout: bytes, exitCode: 0 });
    expect(text.stdout.trim()).toBe('red');
    expect(followed).toMatchObject({ stdout: bytes, exitCode: 0 });
    expect(replayed).toMatchObject({ stdout: bytes, exitCode: 0 });
    expect(played).toMatchObject({ sessionId: id, events: expect.any(Number) });
    expect(cast).toEqual({ sessionId: id, bytes: statSync(file).size, file });
    expect(JSON.parse(readFileSync(file, 'utf8').split('\n')[0] ?? '')).toMatchObject({ version: 3 });
    expect(statSync(file).mode & 0o077).toBe(0);
  });

  test('shared links only look, and are taken back; stop ends it', async () => {
    const { sessionId: id } = await hawser.data<CreatedSession>(['sessions', 'create', 'cat']);
    const shared = await hawser.data<{ readonly link: { readonly terminalUrl: string; readonly role: string } }>([
      'sessions',
      'share',
      id,
    ]);
    expect(shared.link.role).toBe('view');
    using looker = hawser.terminal(['sessions', 'attach', '--read-only', shared.link.terminalUrl]);
    using typist = hawser.terminal(['sessions', 'attach', id]);
    typist.type('typed\r');
    await typist.shows(/typed\r\ntyped/);
    await looker.shows(/typed/);
    const { viewers } = await hawser.data<{
      readonly viewers: readonly { readonly id: string; readonly role: string }[];
    }>(['sessions', 'share', id, '--viewers']);
    expect(viewers.map(({ role }) => role).toSorted()).toEqual(['control', 'view']);
    const { id: grant = '' } = viewers.find(({ role }) => role === 'view') ?? {};
    await hawser.data(['sessions', 'share', id, '--revoke', grant]);
    await looker.shows(/revoked/);
    expect((await looker.exited).exitCode).toBe(75);
    const stopped = await hawser.data<Shown>(['sessions', 'stop', id, '--wait', '--grace', '1s']);
    expect(stopped.session.exit?.reason).toBe('cancelled');
    expect((await typist.exited).exitCode).toBe(130);
  });
});

describe('from outside', () => {
  test('a transcript is checked offline, and a changed one names its segment', async () => {
    const { sessionId: id } = await hawser.data<CreatedSession>(['sessions', 'create', 'seq 100']);
    const client = createSessionsClient(hawser.service());
    // The receipt is signed when all is kept.
    for await (const event of client.events(id)) if (event.kind === 'archived') break;
    const file = join(hawser.home, 'session.transcript');
    await hawser.run(['sessions', 'logs', id, '--format', 'transcript', '--output', file]);
    expect(await hawser.run(['sessions', 'verify', file])).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('complete and unaltered'),
    });
    expect(await hawser.data(['sessions', 'verify', file])).toMatchObject({ ok: true, kind: 'session' });
    const sound = readFileSync(file, 'utf8');
    writeFileSync(file, sound.replace('"lines":100', '"lines":101'));
    expect(await hawser.run(['sessions', 'verify', file])).toMatchObject({
      exitCode: 1,
      stdout: expect.stringContaining('Segment 0 is the first that is wrong.'),
    });
    const { exitCode, stderr } = await hawser.run(['sessions', 'verify', 'nowhere']);
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('nowhere cannot be read.')]);
  });

  test('configure asks the service before it keeps address and key, for their owner only', async () => {
    const { url, apiKey } = hawser.service();
    const file = join(hawser.home, '.config/hawser/sessions.json');
    const wrong = await hawser.run(['sessions', 'configure', url], { stdin: 'sk_live_wrong\n' });
    expect(wrong.exitCode).toBe(1);
    expect(existsSync(file)).toBe(false);
    const right = await hawser.run(['sessions', 'configure', url], { stdin: `${apiKey}\n` });
    expect(right).toMatchObject({ exitCode: 0, stdout: `Saved ${url} to ${file}.\n` });
    expect(`${right.stdout}${right.stderr}`).not.toContain(apiKey);
    expect(statSync(file).mode & 0o077).toBe(0);
    expect(await hawser.run(['sessions', 'configure', url, '--json'], { stdin: `${apiKey}\n` })).toMatchObject({
      exitCode: 0,
      json: { data: { url, config_file: file } },
    });
    const { checks } = await hawser.data<{ readonly checks: readonly object[] }>(['sessions', 'doctor']);
    expect(checks).not.toContainEqual(expect.objectContaining({ state: 'fail' }));
    const doctor = await hawser.run(['sessions', 'doctor']);
    expect(doctor).toMatchObject({ exitCode: 0, stdout: expect.stringContaining(`as ${file} says`) });
    rmSync(file);
  });

  test('the example that drives a session, and that of the README, run', () => {
    const { url, apiKey } = hawser.service();
    const env = { ...process.env, HAWSER_SESSIONS_URL: url, HAWSER_SESSIONS_API_KEY: apiKey };
    const run = (cwd: string, program: string): string =>
      execFileSync(process.execPath, ['--input-type=module', '--eval', program], { cwd, env, encoding: 'utf8' });
    const watch = join(root, 'examples/sessions-watch');
    expect(run(watch, readFileSync(join(watch, 'watch.mjs'), 'utf8'))).toMatch(
      /^Name\? Ada\nHello, Ada\nexit code 4, 23 bytes, sha256 [0-9a-f]{64}\nsigned by [0-9a-f]{64}\n$/,
    );
    const readme = readFileSync(join(root, 'packages/k8s-sessions/README.md'), 'utf8');
    const [, code = ''] = /```ts\n(.*?)```/su.exec(readme) ?? [];
    const said = [...code.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)].map(([, comment]) => `${comment}\n`);
    expect(said).toHaveLength(2);
    expect(run(watch, code)).toBe(said.join(''));
  });
});
