import { cp, mkdir, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { spawn } from '@lydell/node-pty';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { bin, useHawser } from '../support/hawser.js';

const hawser = useHawser();

/** The commands of support/probe-plugin, linked: each does one thing the base command promises something about. */
beforeAll(async () => {
  const plugin = join(hawser.home, 'probe');
  await cp(join(import.meta.dirname, '../support/probe-plugin'), plugin, { recursive: true });
  await mkdir(join(plugin, 'node_modules/@hawser'), { recursive: true });
  await mkdir(join(plugin, 'node_modules/@oclif'), { recursive: true });
  const folderOf = (name: string): string => dirname(createRequire(import.meta.url).resolve(`${name}/package.json`));
  await symlink(folderOf('@hawser/cli-kit'), join(plugin, 'node_modules/@hawser/cli-kit'));
  await symlink(folderOf('@oclif/core'), join(plugin, 'node_modules/@oclif/core'));
  const linked = await hawser.run(['plugins', 'link', '--no-install', plugin]);
  if (linked.exitCode !== 0) throw new Error(linked.stderr);
});

describe('words', () => {
  test('behind the first -- arrive untouched, a second one included', async () => {
    const { json } = await hawser.run(['probe', 'words', 'a', '--json', '--', '--json', '--', '-x', '']);
    expect(json).toMatchObject({ ok: true, data: { args: { first: 'a' }, rest: ['--json', '--', '-x', ''] } });
  });

  test('a repeatable flag takes one word each time', async () => {
    const { json } = await hawser.run(['probe', 'words', '--json', '--item', 'one', 'a', '--item', 'two', 'b']);
    expect(json).toMatchObject({ data: { args: { first: 'a', second: 'b' }, item: ['one', 'two'], rest: [] } });
  });
});

describe('errors', () => {
  test('are known by their shape, whoever threw them', async () => {
    const { stderr, exitCode } = await hawser.run(['probe', 'foreign']);
    expect([stderr, exitCode]).toEqual(['✗ The tea is cold.\n  Make new tea.\n', 1]);
    const { json } = await hawser.run(['probe', 'foreign', '--json']);
    expect(json).toEqual({
      ok: false,
      error: {
        code: 'HAWSER_TEA_COLD',
        message: 'The tea is cold.',
        hint: 'Make new tea.',
        exitCode: 1,
        details: { celsius: 21 },
      },
    });
  });

  test('a bug is one line and where to report it; the stack is shown with --debug only', async () => {
    const { stdout, stderr, exitCode } = await hawser.run(['probe', 'crash']);
    expect(stderr).toBe(
      '✗ Something unexpected happened: TypeError: nothing is not a function\n' +
        '  This is a bug in Hawser. Please report it with the output of --debug: https://github.com/hawser/hawser/issues\n',
    );
    expect([stdout, exitCode]).toEqual(['', 1]);
    const { stderr: debugged } = await hawser.run(['probe', 'crash', '--debug']);
    expect(debugged).toMatch(/HAWSER_CLI_BUG, exit code 1: hawser explain HAWSER_CLI_BUG\n[\s\S]*at Crash\.work/);
    const { json } = await hawser.run(['probe', 'crash', '--json']);
    expect(json).toMatchObject({ ok: false, error: { code: 'HAWSER_CLI_BUG', exitCode: 1 } });
  });

  test('a command that waits for nothing has failed', async () => {
    const { json, exitCode } = await hawser.run(['probe', 'stuck', '--json']);
    expect([json, exitCode]).toMatchObject([
      {
        error: {
          code: 'HAWSER_CLI_BUG',
          message: expect.stringMatching(/the command stopped before it was done/) as unknown,
        },
      },
      1,
    ]);
  });
});

describe('output', () => {
  test('data goes to stdout and talk to stderr, without secrets', async () => {
    const { stdout, stderr } = await hawser.run(['probe', 'say', '--debug']);
    expect(stdout).toBe('text [redacted]\nLEARNED\n[redacted]\n');
    expect(stderr.split('\n')).toEqual([
      'say [redacted] [redacted]',
      'debug: debug [redacted] [redacted]',
      '! warn [redacted] [redacted]',
      'step [redacted] …',
      'debug: progress [redacted]',
      '! late [redacted]',
      '',
    ]);
  });

  test('--quiet leaves data', async () => {
    const { stdout, stderr } = await hawser.run(['probe', 'say', '--quiet']);
    expect(stdout).toBe('text [redacted]\nLEARNED\n[redacted]\n');
    expect(stderr).toBe('');
  });

  test('--json leaves JSON, one value a line, warnings included', async () => {
    const { stdout, stderr } = await hawser.run(['probe', 'say', '--json']);
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual([
      { record: '[redacted]', secret: '[redacted]' },
      {
        ok: true,
        data: { learned: '[redacted]', secret: '[redacted]', stepped: 7 },
        warnings: ['warn [redacted] [redacted]', 'late [redacted]'],
      },
    ]);
    expect(stderr).toBe('');
  });
});

describe('a command that does not hear', () => {
  test('is asked by the first Ctrl-C, and taken down by the second, every clean-up run', async () => {
    const deaf = hawser.start(['probe', 'deaf']);
    await deaf.until(/up\n/);
    deaf.kill('SIGINT');
    await deaf.until(/asked: AbortError by SIGINT\n/);
    deaf.kill('SIGINT');
    const { stdout, stderr, exitCode } = await deaf.ended;
    expect(stdout).toMatch(/last made, first gone\nfirst made, last gone\n$/);
    expect([stderr, exitCode]).toEqual(['✗ Cancelled.\n', 130]);
  });
});

describe('where nobody is at a terminal', () => {
  test('a question is refused with the flag that answers it: HAWSER_CLI_NOT_INTERACTIVE', async () => {
    const { stderr, exitCode } = await hawser.run(['probe', 'ask'], { stdin: 'y\n' });
    expect(stderr).toBe(
      "✗ Nobody is here to answer 'Are you sure?'.\n  Answer it with --yes, or run it in a terminal.\n",
    );
    expect(exitCode).toBe(2);
    const { json } = await hawser.run(['probe', 'ask', '--json']);
    expect(json).toMatchObject({
      ok: false,
      error: { code: 'HAWSER_CLI_NOT_INTERACTIVE', details: { flag: '--yes' } },
    });
  });
});

describe('at a terminal', () => {
  const escape = '\u001b';

  test('a question is asked and answered', async () => {
    const { said, exitCode } = await terminal(['probe', 'ask'], [[/Are you sure\?/, 'y\r']]);
    expect(said).toMatch(/Yes[^]*sure\r\n/);
    expect(exitCode).toBe(0);
  });

  test('Ctrl-C at a question ends with 130', async () => {
    const { said, exitCode } = await terminal(['probe', 'ask'], [[/Are you sure\?/, '\u0003']]);
    expect(said).toContain('✗');
    expect(exitCode).toBe(130);
  });

  test('under CI a question is refused', async () => {
    expect(await terminal(['probe', 'ask'], [], { CI: 'true' })).toMatchObject({ exitCode: 2 });
  });

  test('there are colours and moving steps', async () => {
    const { said } = await terminal(['probe', 'style']);
    expect(said).toContain(`${escape}[32mgood${escape}[39m`);
    expect(said).toContain('Thinking');
    expect(said).toContain(`${escape}[?25l`);
  });

  test.each([{ NO_COLOR: '1' }, { CI: '1' }, { TERM: 'dumb' }])('there are no colours with %j', async (env) => {
    const { said } = await terminal(['probe', 'style', '--quiet'], [], env);
    expect(said).toContain('good link');
    expect(said).not.toContain(`${escape}[3`);
  });

  test('with --json there is nothing but JSON', async () => {
    const { said } = await terminal(['probe', 'style', '--json']);
    expect(said.trim()).toBe('{"ok":true,"data":{},"warnings":[]}');
  });
});

/** Runs a command on a terminal, and types each answer when its question has been seen. */
async function terminal(
  args: readonly string[],
  answers: readonly (readonly [RegExp, string])[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<{ said: string; exitCode: number }> {
  // The shell stays until everything was read: a terminal whose last program is gone loses what is still in it.
  const pty = spawn('sh', ['-c', '"$@"; echo "[ended $?]"; read wait', 'sh', process.execPath, bin, ...args], {
    cwd: hawser.home,
    env: { PATH: process.env['PATH'] ?? '', HOME: hawser.home, TERM: 'xterm', ...env },
    cols: 100,
    rows: 30,
  });
  const waiting = [...answers];
  let said = '';
  return new Promise((resolve) => {
    pty.onData((text) => {
      said += text;
      const [question, answer] = waiting[0] ?? [];
      if (question?.test(said) && answer !== undefined) {
        waiting.shift();
        pty.write(answer);
      }
      const ended = /\[ended (\d+)\]\r\n/.exec(said);
      if (!ended) return;
      pty.kill('SIGKILL');
      resolve({ said: said.slice(0, ended.index), exitCode: Number(ended[1]) });
    });
  });
}
