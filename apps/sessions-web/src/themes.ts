import type { ITheme } from '@xterm/xterm';

/** Which colours the person asked for. */
export type ThemeChoice = 'auto' | 'light' | 'dark';

/** Colours of a terminal; `extendedAnsi` is the cube and the greys, 16 to 255, as xterm has them. */
export const themes: Readonly<Record<'light' | 'dark', ITheme>> = {
  light: {
    background: '#fbfaf7',
    foreground: '#23262b',
    cursor: '#1f5f8b',
    cursorAccent: '#fbfaf7',
    selectionBackground: '#cfe0ec',
    selectionInactiveBackground: '#e3e8ea',
    black: '#2a2d33',
    red: '#b3372f',
    green: '#2b7a4b',
    yellow: '#8a6100',
    blue: '#1f5f8b',
    magenta: '#8a3f86',
    cyan: '#17747a',
    white: '#6b7079',
    brightBlack: '#5d646e',
    brightRed: '#c4453c',
    brightGreen: '#2f7f4f',
    brightYellow: '#946a05',
    brightBlue: '#2b6da3',
    brightMagenta: '#9a4b96',
    brightCyan: '#197b81',
    brightWhite: '#3c4047',
    scrollbarSliderBackground: '#23262b26',
    scrollbarSliderHoverBackground: '#23262b40',
    scrollbarSliderActiveBackground: '#23262b59',
  },
  dark: {
    background: '#111317',
    foreground: '#dcdfe4',
    cursor: '#7fb5dd',
    cursorAccent: '#111317',
    selectionBackground: '#2c4a61',
    selectionInactiveBackground: '#2a323a',
    black: '#343942',
    red: '#e58277',
    green: '#85c49b',
    yellow: '#dcb76c',
    blue: '#7fb0dc',
    magenta: '#c99bd3',
    cyan: '#74c1c0',
    white: '#c7ccd4',
    brightBlack: '#838b97',
    brightRed: '#f09a90',
    brightGreen: '#9dd6b1',
    brightYellow: '#e9cb8c',
    brightBlue: '#9cc6ea',
    brightMagenta: '#dab4e2',
    brightCyan: '#93d4d3',
    brightWhite: '#f2f4f7',
    scrollbarSliderBackground: '#dcdfe426',
    scrollbarSliderHoverBackground: '#dcdfe440',
    scrollbarSliderActiveBackground: '#dcdfe459',
  },
};

const named = [
  'black',
  'red',
  'green',
  'yellow',
  'blue',
  'magenta',
  'cyan',
  'white',
  'brightBlack',
  'brightRed',
  'brightGreen',
  'brightYellow',
  'brightBlue',
  'brightMagenta',
  'brightCyan',
  'brightWhite',
] as const;

/** A colour of the palette of 256 as CSS. */
export function paletteColour(index: number, theme: ITheme): string {
  const name = named[index];
  if (name) return theme[name] ?? '';
  if (index >= 232) return grey((index - 232) * 10 + 8);
  const step = (value: number): number => (value === 0 ? 0 : value * 40 + 55);
  const cube = index - 16;
  return `rgb(${step(Math.floor(cube / 36))} ${step(Math.floor(cube / 6) % 6)} ${step(cube % 6)})`;
}

function grey(value: number): string {
  return `rgb(${value} ${value} ${value})`;
}
