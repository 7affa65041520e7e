import { describe, expect, test } from '@jest/globals';
import headless from '@xterm/headless';
import { emptied, handedBack, setAside } from '../../src/sessions/screen.js';

const esc = '\u001B';

/** What a terminal of 6 lines holds after all this: what is above its window, the window, and its cursor. */
async function after(...written: readonly string[]): Promise<{
  readonly lines: readonly string[];
  readonly above: number;
  readonly cursor: readonly [number, number];
}> {
  const terminal = new headless.Terminal({ cols: 20, rows: 6, allowProposedApi: true, logLevel: 'off' });
  for (const text of written) await new Promise<void>((done) => terminal.write(text, done));
  const { active } = terminal.buffer;
  const lines = Array.from({ length: active.length }, (_, row) => active.getLine(row)?.translateToString(true) ?? '');
  const above = active.baseY;
  terminal.dispose();
  return { lines: lines.join('\n').trimEnd().split('\n'), above, cursor: [active.cursorX, active.cursorY] };
}

describe('the terminal of somebody who looked at a session', () => {
  test('is handed back with its cursor where it was, and what is printed next comes behind', async () => {
    expect(await after('$ run\r\nterm\r\n', handedBack, 'ended\r\n$ ')).toMatchObject({
      lines: ['$ run', 'term', 'ended', '$'],
      cursor: [2, 3],
    });
  });

  test('is handed back from an alternate screen, margins and a kept cursor', async () => {
    const program = `${esc}[2;4H${esc}7${esc}[5;1H${esc}[?1049h${esc}[2;3r${esc}[?6h${esc}[?25lfull screen`;
    expect(await after('one\r\ntwo\r\n', program, handedBack, 'ended')).toMatchObject({
      lines: ['one', 'two', '', '', 'ended'],
    });
  });

  test('keeps what its window showed above it when a session is shown first, and nothing of the session later', async () => {
    const first = await after('1\r\n2\r\n3\r\n4\r\n5\r\nlast', setAside(6), 'of the session');
    expect(first.lines.slice(0, first.above)).toEqual(['1', '2', '3', '4', '5', 'last']);
    expect(first.lines.slice(first.above)).toEqual(['of the session']);
    const again = await after('1\r\nlast', emptied, 'of the session');
    expect(again).toMatchObject({ lines: ['of the session'], above: 0 });
  });
});
