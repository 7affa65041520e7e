import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { Terminal } from '../../../../test/support/terminal.js';
import { bin, useHawser } from '../support/hawser.js';
import { openWorkshop, type Workshop } from '../support/hub.js';
import { expectSchema } from '../support/schema.js';

const hawser = useHawser();
/** Codes are asked for at once, so that nobody waits. */
const device = { intervalSeconds: 0.05 };
const nobody = { HF_TOKEN: '' };

/** `hawser` in a terminal, where nobody is logged in. */
function inTerminal({ env, folder }: Workshop, args: readonly string[], more: Record<string, string> = {}): Terminal {
  return new Terminal(process.execPath, [bin, ...args], {
    cwd: folder,
    env: { PATH: process.env['PATH'], TERM: 'xterm', ...env, ...nobody, ...more },
    size: { columns: 160, rows: 24 },
  });
}

const tokenFileOf = ({ home }: Workshop): string => join(home, '.cache/huggingface/token');

describe('where nobody is logged in, on a terminal', () => {
  test('push offers to log in by a code, and goes on', async () => {
    const workshop = await openWorkshop(hawser, { device });
    const { hub } = workshop;
    using terminal = inTerminal(workshop, ['hf', 'push', 'echo_env']);
    await terminal.shows(/Nobody is logged in to Hugging Face\. How do you want to log in\?[^]*With a token/);
    terminal.type('\r');
    const [, code = ''] = await terminal.shows(/Open http\S+ and type (\S+?)[\r\n]/);
    expect(hub.approve(code)).toBe(true);
    expect(await terminal.exited).toMatchObject({ exitCode: 0 });
    expect(hub.head('hawser/echo_env')?.commits).toBe(2);
    const file = tokenFileOf(workshop);
    expect([readFileSync(file, 'utf8'), statSync(file).mode & 0o777]).toEqual([expect.stringMatching(/^hf_/), 0o600]);
    expect(terminal.screen).not.toContain(readFileSync(file, 'utf8').trim());
  });

  test('push takes a pasted token that the Hub knows, and does not show it', async () => {
    const workshop = await openWorkshop(hawser);
    const { hub, env } = workshop;
    using terminal = inTerminal(workshop, ['hf', 'push', 'echo_env']);
    await pasteToken(terminal, env['HF_TOKEN'] ?? '');
    expect(await terminal.exited).toMatchObject({ exitCode: 0 });
    expect(hub.head('hawser/echo_env')?.commits).toBe(2);
    expect(readFileSync(tokenFileOf(workshop), 'utf8').trim()).toBe(env['HF_TOKEN']);
    expect(terminal.screen).not.toContain(env['HF_TOKEN']);
  });

  test('a pasted token that the Hub does not know is not kept, and nothing is made', async () => {
    const workshop = await openWorkshop(hawser);
    using terminal = inTerminal(workshop, ['hf', 'push', 'echo_env']);
    await pasteToken(terminal, 'hf_planted_wrong');
    expect(await terminal.exited).toMatchObject({ exitCode: 1 });
    expect([existsSync(tokenFileOf(workshop)), workshop.writes()]).toEqual([false, []]);
    expect(terminal.screen).not.toContain('hf_planted_wrong');
  });

  test('an environment that is not there is told before anybody is asked', async () => {
    const workshop = await openWorkshop(hawser);
    using terminal = inTerminal(workshop, ['hf', 'push', 'no_such_env']);
    expect(await terminal.exited).toMatchObject({ exitCode: 2 });
    expect(terminal.screen).not.toContain('How do you want');
  });

  test.each([
    ['under CI', { CI: 'true' }, 'hf push echo_env'],
    ['with a token that is not valid', { HF_TOKEN: 'hf_planted_wrong' }, 'hf push echo_env'],
    ['where the Space is only looked at', {}, 'hf status echo_env'],
  ])('nobody is asked %s', async (_when, more, line) => {
    const workshop = await openWorkshop(hawser);
    using terminal = inTerminal(workshop, line.split(' '), more);
    expect(await terminal.exited).toMatchObject({ exitCode: 1 });
    expect(terminal.screen).not.toContain('How do you want');
    expect(workshop.writes()).toEqual([]);
  });
});

async function pasteToken(terminal: Terminal, token: string): Promise<void> {
  await terminal.shows(/❯ With a code[^]*With a token/);
  terminal.type('\u001b[B');
  await terminal.shows(/❯ With a token/);
  terminal.type('\r');
  await terminal.shows(/Token:/);
  terminal.type(`${token}\r`);
}

describe('where there is no terminal', () => {
  test('push ends with 1 and says what to do next: HAWSER_HF_TOKEN_MISSING', async () => {
    const { run, hub } = await openWorkshop(hawser);
    const { stdout, stderr, exitCode } = await run(['hf', 'push', 'echo_env'], { env: nobody });
    expect(stderr).toMatch(/✗ .*\n {2}Run hawser hf login, or set HF_TOKEN to a token with write permission/);
    expect([stdout, exitCode]).toEqual(['', 1]);
    const { json } = await run(['hf', 'push', 'echo_env', '--json'], { env: nobody });
    expect(json).toMatchObject({ ok: false, error: { code: 'HAWSER_HF_TOKEN_MISSING', exitCode: 1 } });
    expect(hub.head('hawser/echo_env')).toBeUndefined();
  });

  test('a token that is not valid is an error, and nothing is made: HAWSER_HF_TOKEN_INVALID', async () => {
    const { run, writes } = await openWorkshop(hawser);
    const { json, stderr, exitCode } = await run(['hf', 'push', 'echo_env', '--json'], {
      env: { HF_TOKEN: 'hf_planted_wrong' },
    });
    expect(json).toMatchObject({ ok: false, error: { code: 'HAWSER_HF_TOKEN_INVALID', exitCode: 1 } });
    expect(JSON.stringify(json) + stderr).not.toContain('hf_planted_wrong');
    expect([writes(), exitCode]).toEqual([[], 1]);
  });

  test('a token that may only read is refused before anything is made: HAWSER_HF_TOKEN_READ_ONLY', async () => {
    const { run, writes } = await openWorkshop(hawser, {
      accounts: [{ name: 'reader', token: 'hf_reader', role: 'read' }],
    });
    const { stderr, exitCode } = await run(['hf', 'push', 'echo_env']);
    expect(stderr).toContain('✗ The token of reader may only read.\n  Make a token with write permission');
    expect([writes(), exitCode]).toEqual([[], 1]);
  });

  test('login is refused, with what to do instead: HAWSER_CLI_NOT_INTERACTIVE', async () => {
    const { run, hub } = await openWorkshop(hawser);
    const { stderr, exitCode } = await run(['hf', 'login'], { env: nobody });
    expect(stderr).toContain('✗ Nobody is here to type a code into a browser.\n  Set HF_TOKEN to a token');
    expect([hub.requests, exitCode]).toEqual([[], 2]);
  });
});

describe('hf login, whoami and logout', () => {
  test('login shows a code, keeps the token, and whoami finds it', async () => {
    const workshop = await openWorkshop(hawser, { device });
    using terminal = inTerminal(workshop, ['hf', 'login']);
    const [, code = ''] = await terminal.shows(/Open http\S+ and type (\S+?)[\r\n]/);
    expect(workshop.hub.approve(code)).toBe(true);
    expect(await terminal.exited).toMatchObject({ exitCode: 0 });
    const { stdout } = await workshop.run(['hf', 'whoami'], { env: nobody });
    expect(stdout).toMatch(/^hawser, token from file, write\nOrganizations: my-org \(admin\)\n$/);
  });

  test('a login that is denied ends with 1: Failed to retrieve token after login', async () => {
    const workshop = await openWorkshop(hawser, { device });
    const line = `'${process.execPath}' '${bin}' hf login; echo "ended with $?"; read -r _`;
    using terminal = new Terminal('sh', ['-c', line], {
      cwd: workshop.folder,
      env: { PATH: process.env['PATH'], TERM: 'xterm', ...workshop.env, ...nobody },
      size: { columns: 160, rows: 24 },
    });
    const [, code = ''] = await terminal.shows(/and type (\S+?)[\r\n]/);
    expect(workshop.hub.deny(code)).toBe(true);
    await terminal.shows(
      /Failed to retrieve token after login: the login was denied[^]*Run hawser hf login again[^]*ended with 1/,
    );
    expect(existsSync(tokenFileOf(workshop))).toBe(false);
  });

  test('a token comes from standard input, is found from then on, and is forgotten', async () => {
    const { run, env, home } = await openWorkshop(hawser);
    const login = await run(['hf', 'login', '--token-stdin'], { env: nobody, stdin: `${env['HF_TOKEN']}\n` });
    expect(login).toMatchObject({ stdout: 'Logged in as hawser.\n', stderr: '', exitCode: 0 });
    const who = await run(['hf', 'whoami', '--json'], { env: nobody });
    const { data } = who.json as { readonly data: unknown };
    expectSchema('hf-whoami', data);
    expect(data).toMatchObject({ name: 'hawser', source: 'file', tokenRole: 'write' });
    const logout = await run(['hf', 'logout', '--json'], { env: nobody });
    expect(logout.json).toMatchObject({ ok: true, data: { removed: true }, warnings: [] });
    expectSchema('hf-logout', (logout.json as { readonly data: unknown }).data);
    expect(existsSync(join(home, '.cache/huggingface/token'))).toBe(false);
    expect((await run(['hf', 'whoami'], { env: nobody })).exitCode).toBe(1);
  });

  test('a token that the Hub does not know is not kept', async () => {
    const workshop = await openWorkshop(hawser);
    const { json, exitCode } = await workshop.run(['hf', 'login', '--token-stdin', '--json'], {
      env: nobody,
      stdin: 'hf_planted_wrong',
    });
    expect(json).toMatchObject({ ok: false, error: { code: 'HAWSER_HF_TOKEN_INVALID' } });
    expect([existsSync(tokenFileOf(workshop)), exitCode]).toEqual([false, 1]);
  });

  test('a variable that wins over what login and logout do is named', async () => {
    const { run, env } = await openWorkshop(hawser);
    const login = await run(['hf', 'login', '--token-stdin'], { stdin: env['HF_TOKEN'] ?? '' });
    expect(login.stderr).toBe('! HF_TOKEN is set, and is used instead: unset it.\n');
    const logout = await run(['hf', 'logout']);
    expect(logout).toMatchObject({
      stdout: 'The token is forgotten.\n',
      stderr: '! HF_TOKEN still holds a token: unset it.\n',
    });
  });
});
