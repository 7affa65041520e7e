import { describe, expect, test } from '@jest/globals';
import headless from '@xterm/headless';
import type { Terminal } from '@xterm/headless';
import { emptied } from '../../src/emptied.js';

const esc = '\u001B';
const mess = [
  `${esc}[?1049h${esc}[?1;6;1003;1006;2004h${esc}[4h${esc}[20h${esc}[?7l${esc}[3;5r${esc}[3g${esc}[1;31;44m${esc}(0`,
  `${esc}[?1000h${esc}[?9h${esc}[?1004h${esc}[?2026h${esc}=${esc}[?66h${esc}[?45h${esc}[?25l`,
];
const probe = `ab\tcd${esc}[20Gx\r\nlqk\r\n${'long '.repeat(12)}\r\n${esc}[4;1Hfour`;

const write = (terminal: Terminal, text: string): Promise<void> => new Promise((done) => terminal.write(text, done));

function openTerminal(cols: number, rows: number): Terminal {
  return new headless.Terminal({ cols, rows, scrollback: 100, allowProposedApi: true, logLevel: 'off' });
}

function shown(terminal: Terminal): unknown {
  const { active } = terminal.buffer;
  const lines = Array.from({ length: terminal.rows }, (_, row) =>
    active.getLine(active.baseY + row)?.translateToString(true),
  );
  return { lines, type: active.type, x: active.cursorX, y: active.cursorY, modes: terminal.modes };
}

describe('an emptied terminal', () => {
  test.each(mess)('goes on like a new one, whatever was set before', async (before) => {
    const used = openTerminal(40, 8);
    const fresh = openTerminal(40, 8);
    await write(used, `${before}some text\r\nmore`);
    await write(used, emptied({ cols: 40, rows: 8 }, 0));
    expect(shown(used)).toEqual(shown(fresh));
    await write(used, probe);
    await write(fresh, probe);
    expect(shown(used)).toEqual(shown(fresh));
  });

  test('keeps the lines above its screen, also those a larger screen had taken', async () => {
    const terminal = openTerminal(40, 8);
    for (let line = 1; line <= 20; line += 1) await write(terminal, `line ${line}\r\n`);
    const above = terminal.buffer.normal.baseY;
    terminal.resize(40, 12);
    const pulled = above - terminal.buffer.normal.baseY;
    expect(pulled).toBe(4);
    await write(terminal, emptied({ cols: 40, rows: 12 }, pulled));
    const kept = Array.from({ length: terminal.buffer.normal.baseY }, (_, row) =>
      terminal.buffer.normal.getLine(row)?.translateToString(true),
    );
    expect(kept).toEqual(Array.from({ length: above }, (_, row) => `line ${row + 1}`));
  });
});
