import { describe, expect, test } from '@jest/globals';
import { plainAddress, readEntry } from '../../src/entry.js';
import { controlled } from '../../src/controlled.js';
import { layoutOf } from '../../src/layout.js';
import { clipboardText } from '../../src/queries.js';
import { pageAction } from '../../src/shortcuts.js';
import { paletteColour, themes } from '../../src/themes.js';
import { clockOf, counted, stageOf, stateText } from '../../src/words.js';

const address = (text: string): { pathname: string; search: string; hash: string } => new URL(text, 'http://host');
const none = { offset: 0, digest: null };

describe('the address', () => {
  test('gives session, ticket and moment, in the fragment or as a query', () => {
    expect(readEntry(address('/ws/abc#t=tick.et&at=12.5'))).toEqual({
      session: 'abc',
      ticket: 'tick.et',
      atMs: 12_500,
    });
    expect(readEntry(address('/ws/abc?token=tick.et'))).toEqual({ session: 'abc', ticket: 'tick.et', atMs: null });
    expect(readEntry(address('/ws/a%20b#at=nonsense'))).toEqual({ session: 'a b', ticket: null, atMs: null });
    expect(readEntry(address('/elsewhere')).session).toBe('');
  });

  test('keeps no ticket', () => {
    expect(plainAddress(readEntry(address('/ws/abc?token=secret#t=secret&at=3.25')))).toBe('/ws/abc#at=3.25');
    expect(plainAddress(readEntry(address('/ws/abc#t=secret')))).toBe('/ws/abc');
  });
});

describe('the layout', () => {
  test('fits as many cells as there is room for, and shrinks what is larger', () => {
    const cell = { width: 8, height: 16 };
    expect(layoutOf({ width: 1000, height: 640 }, cell, { cols: 125, rows: 40 })).toEqual({
      proposed: { cols: 125, rows: 40 },
      scale: 1,
    });
    expect(layoutOf({ width: 400, height: 640 }, cell, { cols: 100, rows: 30 }).scale).toBe(0.5);
    expect(layoutOf({ width: 10, height: 10 }, cell, { cols: 80, rows: 24 }).proposed).toEqual({ cols: 20, rows: 4 });
  });
});

describe('words', () => {
  test('say how long, how many, and how it stands', () => {
    expect([-5, 7000, 760_000, 10_931_000].map(clockOf)).toEqual(['0:00', '0:07', '12:40', '3:02:11']);
    expect([counted(1, 'line'), counted(12_400, 'line')]).toEqual(['1 line', '12,400 lines']);
    expect(stateText('installing', null)).toBe('Installing');
    expect(stateText('exited', { reason: 'ok', code: 0, signal: null, ...none })).toBe('Finished, exit 0');
    expect(stateText('exited', { reason: 'nonzero', code: 3, signal: null, ...none })).toBe('Finished, exit 3');
    expect(stateText('exited', { reason: 'oom', code: null, signal: 'SIGKILL', ...none })).toBe(
      'Out of memory, SIGKILL',
    );
    expect(stateText('exited', { reason: 'signal', code: null, signal: 'SIGTERM', ...none })).toBe('Killed, SIGTERM');
    expect(stateText('exited', { reason: 'fetch_failed', code: null, signal: null, ...none })).toBe(
      'The code could not be fetched',
    );
    expect(stageOf('exited', { reason: 'nonzero', code: 3, signal: null, ...none })).toBe('failed');
    expect([stageOf('queued', null), stageOf('draining', null), stageOf('expired', null)]).toEqual([
      'starting',
      'running',
      'closed',
    ]);
  });
});

describe('keys', () => {
  const key = (code: string, held: string): Parameters<typeof pageAction>[0] => ({
    code,
    ctrlKey: held.includes('c'),
    shiftKey: held.includes('s'),
    metaKey: held.includes('m'),
    altKey: held.includes('a'),
  });

  test('are the page’s only with Ctrl and Shift, or with Command', () => {
    expect(['KeyF', 'KeyH', 'KeyE', 'KeyC'].map((code) => pageAction(key(code, 'cs')))).toEqual([
      'search',
      'lines',
      'leave',
      'copy',
    ]);
    expect([pageAction(key('KeyF', 'm')), pageAction(key('KeyC', 'm'))]).toEqual(['search', 'copy']);
    for (const held of ['', 'c', 's', 'a', 'ca', 'csa', 'ms'])
      for (const code of ['KeyF', 'KeyH', 'KeyE', 'KeyC', 'Tab', 'F6', 'Escape'])
        expect(pageAction(key(code, held))).toBeNull();
  });

  test('become control characters under a held Control', () => {
    expect(['a', 'C', '[', '@', '_', '1', 'ab'].map(controlled)).toEqual([
      '\u0001',
      '\u0003',
      '\u001B',
      '\u0000',
      '\u001F',
      '1',
      'ab',
    ]);
  });
});

describe('what a program wants on the clipboard', () => {
  test('is its base64; questions and what is no base64 are nothing', () => {
    expect(clipboardText('c;aMOpbGxv')).toBe('héllo');
    expect([clipboardText('c;?'), clipboardText('c;'), clipboardText('c;***')]).toEqual([null, null, null]);
  });
});

describe('colours', () => {
  test('are the theme’s, the cube’s and the greys’', () => {
    expect(paletteColour(1, themes.dark)).toBe(themes.dark.red);
    expect([16, 208, 231, 232, 255].map((index) => paletteColour(index, themes.light))).toEqual([
      'rgb(0 0 0)',
      'rgb(255 135 0)',
      'rgb(255 255 255)',
      'rgb(8 8 8)',
      'rgb(238 238 238)',
    ]);
  });

  test('can be read on their ground', () => {
    for (const theme of [themes.light, themes.dark])
      for (const name of [
        'foreground',
        'red',
        'green',
        'yellow',
        'blue',
        'magenta',
        'cyan',
        'white',
        'brightBlack',
      ] as const)
        expect([name, contrast(theme[name] ?? '', theme.background ?? '') >= 4.5]).toEqual([name, true]);
  });
});

/** Contrast of two colours `#rrggbb`, as of WCAG 2.2. */
function contrast(one: string, other: string): number {
  const light = (colour: string): number => {
    const [red = 0, green = 0, blue = 0] = [1, 3, 5]
      .map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255)
      .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const [brighter = 0, darker = 0] = [light(one), light(other)].toSorted((a, b) => b - a);
  return (brighter + 0.05) / (darker + 0.05);
}
