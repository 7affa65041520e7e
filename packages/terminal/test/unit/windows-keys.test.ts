import { expect, test } from '@jest/globals';
import { windowsKey } from '../../src/windows-keys.js';

/** Key, what Node's raw mode reads for it on Windows, what the original plugin's Windows build sends for it (hex). */
const keys: readonly [key: string, read: string, sent: string][] = [
  ['Esc', '\x1b', '1b'],
  ['Enter', '\r', '0d'],
  ['Space', ' ', '20'],
  ['Tab', '\t', '09'],
  ['Backspace', '\x08', '7f'],
  ['Ctrl-Backspace', '\x7f', '08'],
  ['ArrowUp', '\x1b[A', '1b4f41'],
  ['ArrowDown', '\x1b[B', '1b4f42'],
  ['ArrowRight', '\x1b[C', '1b4f43'],
  ['ArrowLeft', '\x1b[D', '1b4f44'],
  ['F1', '\x1b[[A', '1b4f50'],
  ['F2', '\x1b[[B', '1b4f51'],
  ['F3', '\x1b[[C', '1b4f52'],
  ['F4', '\x1b[[D', '1b4f53'],
  ['F5', '\x1b[[E', '1b5b31357e'],
  ['F6', '\x1b[17~', '1b5b31377e'],
  ['F7', '\x1b[18~', '1b5b31387e'],
  ['F8', '\x1b[19~', '1b5b31397e'],
  ['F9', '\x1b[20~', '1b5b32307e'],
  ['F10', '\x1b[21~', '1b5b32317e'],
  ['F12', '\x1b[24~', '1b5b32347e'],
  ['Home', '\x1b[1~', '1b5b48'],
  ['End', '\x1b[4~', '1b5b46'],
  ['Insert', '\x1b[2~', '1b5b327e'],
  ['Delete', '\x1b[3~', '1b5b337e'],
  ['PageUp', '\x1b[5~', '1b5b357e'],
  ['PageDown', '\x1b[6~', '1b5b367e'],
];

test.each(keys)('%s is sent as the original sends it', (_key, read, sent) => {
  expect(windowsKey(Buffer.from(read, 'latin1')).toString('hex')).toBe(sent);
});

test('letters, and text that merely contains a key, pass unchanged', () => {
  for (const text of ['a', 'ü', 'x\x1b[A', '\x1b[A\x1b[A', '\x08\x08'])
    expect(windowsKey(Buffer.from(text)).toString()).toBe(text);
});
