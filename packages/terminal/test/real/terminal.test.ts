import { execFileSync } from 'node:child_process';
import { expect, test } from '@jest/globals';
import { Terminal } from '../../../../test/support/terminal.js';
import { PlayedRemote, program } from '../support/remote.js';

/** A shell in a real terminal runs the program and says how the terminal is set before and after it. */
async function inTerminal(options: object, { ignoring = '' } = {}): Promise<AsyncDisposable & Started> {
  const remote = new PlayedRemote();
  const port = await remote.listen();
  const ignore = ignoring ? `trap '' ${ignoring};` : '';
  // The program takes the place of a shell that has told its pid. The outer one stays: a terminal whose last program
  // ends may lose what that program wrote last.
  const script = `${ignore} echo "tty=$(tty)."; echo "before=$(stty -g)."; ( echo "pid=$(exec sh -c 'echo $PPID')."; exec "$0" "$1" "$2" "$3" ); echo "code=$?."; echo "after=$(stty -g)."; read _`;
  const terminal = new Terminal(
    'sh',
    ['-c', script, process.execPath, program, String(port), JSON.stringify(options)],
    { size: { columns: 91, rows: 33 } },
  );
  const found = async (name: string): Promise<string> =>
    (await terminal.shows(new RegExp(`${name}=([^.]+)\\.`)))[1] ?? '';
  return {
    remote,
    terminal,
    found,
    kill: async (signal) => void process.kill(Number(await found('pid')), signal),
    settings: async () => execFileSync('stty', ['-F', await found('tty'), '-a'], { encoding: 'utf8' }),
    [Symbol.asyncDispose]: async () => {
      terminal[Symbol.dispose]();
      await remote[Symbol.asyncDispose]();
    },
  };
}

interface Started {
  readonly remote: PlayedRemote;
  readonly terminal: Terminal;
  readonly found: (name: string) => Promise<string>;
  readonly kill: (signal: NodeJS.Signals) => Promise<void>;
  readonly settings: () => Promise<string>;
}

const hasSize = (columns: number, rows: number) => (facts: readonly { size?: object }[]) =>
  facts.some(({ size }) => JSON.stringify(size) === JSON.stringify({ columns, rows }));
const hasEnded = (facts: readonly { how?: object }[]): boolean => facts.some(({ how }) => how !== undefined);

test('the terminal is raw while attached and as before afterwards', async () => {
  await using started = await inTerminal({});
  const { remote, found, settings } = started;
  await remote.until(hasSize(91, 33));
  const raw = await settings();
  for (const off of ['-isig', '-icanon', '-echo', '-icrnl', '-ixon', '-iexten', '-opost']) expect(raw).toContain(off);
  remote.order('show', 'shown\r\n');
  await started.terminal.shows(/shown/);
  remote.order('end');
  await remote.until(hasEnded);
  expect(remote.facts.at(-1)).toEqual({ how: { reason: 'ended' }, isRaw: false });
  expect(await found('after')).toBe(await found('before'));
});

test('output without a terminal of its own still gets its line breaks', async () => {
  await using started = await inTerminal({ rawOutput: false });
  const { remote, settings } = started;
  await remote.until(hasSize(91, 33));
  expect(await settings()).toMatch(/\sopost .*\sonlcr /);
});

test('Ctrl-C, Ctrl-Z, Ctrl-\\, Ctrl-S and Ctrl-Y are bytes for the far side', async () => {
  await using started = await inTerminal({});
  const { remote, terminal } = started;
  await remote.until(hasSize(91, 33));
  terminal.type('\x03\x1a\x1c\x13\x19\r');
  await remote.untilTyped('\r');
  expect(remote.typed.toString('hex')).toBe('031a1c13190d');
});

test('the far side hears of a new size at once, and not of the same one twice', async () => {
  await using started = await inTerminal({});
  const { remote, terminal } = started;
  await remote.until(hasSize(91, 33));
  terminal.resize({ columns: 120, rows: 40 });
  await remote.until(hasSize(120, 40));
  terminal.resize({ columns: 121, rows: 41 });
  await remote.until(hasSize(121, 41));
  expect(remote.facts.filter(({ size }) => size).length).toBe(3);
});

test('~? shows help, ~. lets go, and nothing of either is sent', async () => {
  await using started = await inTerminal({});
  const { remote, terminal, found } = started;
  await remote.until(hasSize(91, 33));
  terminal.type('ls\r~?');
  await terminal.shows(/Supported escape sequence commands:/);
  terminal.type('\r~.');
  await remote.until(hasEnded);
  expect(remote.facts.at(-1)?.how).toEqual({ reason: 'escape' });
  expect(remote.typed.toString()).toBe('ls\r\r'.slice(0, remote.typed.length));
  expect(remote.typed.toString()).not.toContain('~');
  expect(await found('after')).toBe(await found('before'));
});

test('escapes can be switched off', async () => {
  await using started = await inTerminal({ escapes: false });
  const { remote, terminal } = started;
  await remote.until(hasSize(91, 33));
  terminal.type('\r~.');
  await remote.until(() => remote.typed.length === 3);
  expect(remote.typed.toString()).toBe('\r~.');
});

test('a lone newline is Enter only when asked for', async () => {
  for (const newlineIsEnter of [true, false]) {
    await using started = await inTerminal({ newlineIsEnter });
    const { remote, terminal } = started;
    await remote.until(hasSize(91, 33));
    terminal.type('\n');
    await remote.until(() => remote.typed.length > 0);
    expect(remote.typed.toString()).toBe(newlineIsEnter ? '\r' : '\n');
  }
});

test.each(['SIGTERM', 'SIGHUP'] as const)('%s lets go and puts the terminal back', async (signal) => {
  await using started = await inTerminal({});
  const { remote, kill, found } = started;
  await remote.until(hasSize(91, 33));
  await kill(signal);
  await remote.until(hasEnded);
  expect(remote.facts.at(-1)).toEqual({ how: { reason: 'signal', signal }, isRaw: false });
  expect(await found('after')).toBe(await found('before'));
});

test('signals the parent ignores still reach the far side as bytes', async () => {
  await using started = await inTerminal({}, { ignoring: 'INT QUIT TSTP' });
  const { remote, kill } = started;
  await remote.until(hasSize(91, 33));
  for (const [signal, byte] of [
    ['SIGINT', '\x03'],
    ['SIGQUIT', '\x1c'],
    ['SIGTSTP', '\x1a'],
  ] as const) {
    await kill(signal);
    await remote.untilTyped(byte);
  }
  expect(remote.typed.toString('hex')).toBe('031c1a');
});

test('interrupts may let go instead', async () => {
  await using started = await inTerminal({ interrupts: 'leave' });
  const { remote, kill } = started;
  await remote.until(hasSize(91, 33));
  await kill('SIGINT');
  await remote.until(hasEnded);
  expect(remote.facts.at(-1)?.how).toEqual({ reason: 'signal', signal: 'SIGINT' });
});

test('a crash leaves the terminal as it was', async () => {
  await using started = await inTerminal({});
  const { remote, found, terminal } = started;
  await remote.until(hasSize(91, 33));
  remote.order('crash');
  await terminal.shows(/planned crash/);
  expect(await found('code')).not.toBe('0');
  expect(await found('after')).toBe(await found('before'));
});

test('stopped and continued, the terminal is raw again', async () => {
  await using started = await inTerminal({});
  const { remote, kill, settings, found } = started;
  await remote.until(hasSize(91, 33));
  await kill('SIGSTOP');
  execFileSync('stty', ['-F', await found('tty'), 'sane']);
  await kill('SIGCONT');
  await remote.until((facts) => facts.some(({ continued }) => continued));
  expect(await settings()).toContain('-icanon');
});

test('when the terminal is hung up, the program lets go', async () => {
  await using started = await inTerminal({});
  const { remote, terminal } = started;
  await remote.until(hasSize(91, 33));
  terminal.hangUp();
  await remote.until(hasEnded);
  expect(remote.facts.at(-1)?.how?.reason).toMatch(/^(signal|output-closed)$/);
});
