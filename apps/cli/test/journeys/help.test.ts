import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { journeys } from '../../src/help/journeys.js';
import { bin, useHawser } from '../support/hawser.js';

const hawser = useHawser();
const manifest = JSON.parse(readFileSync(join(import.meta.dirname, '../../oclif.manifest.json'), 'utf8')) as {
  readonly commands: Readonly<Record<string, { readonly summary?: string; readonly examples?: readonly string[] }>>;
};
const commands = Object.keys(manifest.commands).map((id) => id.replaceAll(':', ' '));

interface Screen {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

interface Screens {
  readonly help: Screen;
  readonly misused: Screen;
}

/** What every command says to `--help` and to a flag it does not have. */
const screens = new Map<string, Screens>();
beforeAll(() => {
  const lines = commands.flatMap((command) => {
    const words = command.split(' ');
    return [
      [...words, '--help'],
      [...words, '--no-such-flag', '--json'],
    ];
  });
  const { stdout, stderr } = spawnSync(process.execPath, [join(import.meta.dirname, '../support/screens.cjs'), bin], {
    cwd: hawser.home,
    env: { PATH: process.env['PATH'], HOME: hawser.home, TMPDIR: hawser.temp },
    input: JSON.stringify(lines),
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  // Node itself has nothing to warn of.
  expect(stderr).toBe('');
  const said = JSON.parse(stdout) as Screen[];
  for (const [index, command] of commands.entries()) {
    screens.set(command, { help: said[2 * index] as Screen, misused: said[2 * index + 1] as Screen });
  }
});
const screensOf = (command: string): Screens => screens.get(command) as Screens;

describe('version and help', () => {
  test('--version says product, version, platform and Node', async () => {
    const { stdout, stderr, exitCode } = await hawser.run(['--version']);
    expect(stdout).toBe(`hawser/0.1.0 ${process.platform}-${process.arch} node-${process.version}\n`);
    expect([stderr, exitCode]).toEqual(['', 0]);
  });

  test('without words it shows the journeys, each a command that is an example and so works', async () => {
    const { stdout, stderr, exitCode } = await hawser.run([]);
    expect([stderr, exitCode]).toEqual(['', 0]);
    const shown = [...stdout.matchAll(/^ {2}\$ (.*?) {2,}\S/gm)].map(([, line = '']) => line);
    expect(shown).toEqual(journeys.flatMap(({ steps }) => steps.map(([line]) => line)));
    expect(journeys.map(({ name }) => name)).toEqual(['REACH', 'RUN', 'SHIP', 'TRY']);
    const examples = Object.entries(manifest.commands).flatMap(([id, command]) =>
      (command.examples ?? []).map((line) =>
        line.replaceAll('<%= config.bin %>', 'hawser').replaceAll('<%= command.id %>', id.replaceAll(':', ' ')),
      ),
    );
    expect(examples).toEqual(expect.arrayContaining(shown));
    expect(stdout.split('\n').length).toBeLessThan(25);
  });

  test('--help shows topics and commands', async () => {
    const { stdout, exitCode } = await hawser.run(['--help']);
    expect(exitCode).toBe(0);
    for (const word of ['ssm', 'ecs', 'hf', 'emulate', 'doctor', 'plugins', 'completion'])
      expect(stdout).toContain(word);
  });

  test('what help loads holds none of the libraries', () => {
    const loaded = readFileSync(join(import.meta.dirname, '../../dist/main.cjs'), 'utf8');
    // One word that only the library has, of each.
    for (const word of ['HAWSER_HF_TREE_DIFFERS', 'HAWSER_SSM_TARGET_NOT_CONNECTED'])
      expect(loaded).not.toContain(word);
  });

  test.each(commands)('%s has a summary in the imperative, and examples', (command) => {
    const { summary = '', examples = [] } = manifest.commands[command.replaceAll(' ', ':')] ?? {};
    expect(summary).toMatch(/^[A-Z][a-z]+ .*\.$/);
    expect(summary.split(' ')[0]).not.toMatch(/(?:[^s]s|ing)$/);
    expect(examples.length).toBeGreaterThan(0);
  });

  test.each(commands)('%s --help shows it', (command) => {
    const { stdout, stderr, exitCode } = screensOf(command).help;
    expect(stdout).toContain(`$ hawser ${command}`);
    expect([stderr, exitCode]).toEqual(['', 0]);
  });
});

describe('what was mistyped', () => {
  test.each([
    ['doctr', 'doctor'],
    ['ssm lst', 'ssm list'],
    ['emulate smm extra', 'emulate ssm'],
    ['sms run', 'ssm run'],
  ])('an unknown command %s suggests %s', async (typed, meant) => {
    const { stdout, stderr, exitCode } = await hawser.run(typed.split(' '));
    expect(stderr).toContain(`There is no command 'hawser ${typed}'`);
    expect(stderr).toContain(`Did you mean hawser ${meant}?`);
    expect([stdout, exitCode]).toEqual(['', 2]);
  });

  test('an unknown command in JSON form', async () => {
    const { json, stderr, exitCode } = await hawser.run(['doctr', '--json']);
    expect(json).toEqual({
      ok: false,
      error: {
        code: 'HAWSER_CLI_UNKNOWN_COMMAND',
        message: "There is no command 'hawser doctr'.",
        hint: 'Did you mean hawser doctor?\nhawser --help lists the commands.',
        exitCode: 2,
        details: { suggestion: 'hawser doctor' },
      },
    });
    expect([stderr, exitCode]).toEqual(['', 2]);
  });

  test('a word nothing is like suggests nothing', async () => {
    const { stderr, exitCode } = await hawser.run(['xyzzyplugh']);
    expect(stderr).not.toContain('Did you mean');
    expect(exitCode).toBe(2);
  });

  test('an unknown flag names the one that was meant, and the usage', async () => {
    const { stdout, stderr, exitCode } = await hawser.run(['ssm', 'list', '--regoin', 'x']);
    expect(stderr).toBe(
      '✗ There is no flag --regoin here.\n  Did you mean --region?\n  Usage: hawser ssm list [FLAGS]\n  hawser ssm list --help says more.\n',
    );
    expect([stdout, exitCode]).toEqual(['', 2]);
  });

  test.each([
    [['ssm', 'run'], 'TARGET is missing.'],
    [['ssm', 'run', 'i-1'], 'COMMAND is missing: put it behind --.'],
    [['ssm', 'start', 'i-1', 'i-2'], "Nothing is expected after the arguments, but there is 'i-2'."],
    [['ssm', 'forward', 'i-1'], '--remote-port is missing.'],
    [
      ['ssm', 'forward', 'i-1', '--remote-port', '0'],
      "--remote-port: '0' is no port: it must be a number from 1 to 65535.",
    ],
    [['ssm', 'list', '--region'], 'Flag --region expects a value.'],
    [
      ['ssm', 'list', '--endpoint-url', 'ftp://x'],
      "--endpoint-url: 'ftp://x' is no address: it must begin with https:// or http://.",
    ],
    [['doctor', '--timeout', '5'], "--timeout: '5' is no duration: write it like 90s, 5m, 1h30m or 500ms."],
  ])('%j is refused with the usage', async (args, message) => {
    const { stdout, stderr, exitCode } = await hawser.run(args);
    expect(stderr).toContain(`✗ ${message}\n`);
    expect(stderr).toContain(`Usage: hawser ${args.slice(0, args[0] === 'doctor' ? 1 : 2).join(' ')}`);
    expect([stdout, exitCode]).toEqual(['', 2]);
  });

  test('a missing argument is not read from standard input', async () => {
    const { stderr, exitCode } = await hawser.run(['ssm', 'start'], { stdin: 'i-0123456789abcdef0\n' });
    expect(stderr).toContain('TARGET is missing.');
    expect(exitCode).toBe(2);
  });

  test.each(commands)('%s says usage errors in JSON form too', (command) => {
    const { stdout, stderr, exitCode } = screensOf(command).misused;
    expect(JSON.parse(stdout)).toMatchObject({
      ok: false,
      error: { code: 'HAWSER_CLI_USAGE', exitCode: 2, details: {} },
    });
    expect(stdout.trimEnd().split('\n')).toHaveLength(1);
    expect([stderr, exitCode]).toEqual(['', 2]);
  });
});
