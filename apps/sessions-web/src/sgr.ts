/** A run of text that looks the same; colours as an index of the palette (0 to 255) or as a CSS colour. */
export interface Run {
  readonly text: string;
  readonly look: Look;
}

/** How a run of text looks. */
export interface Look {
  readonly ink?: number | string;
  readonly ground?: number | string;
  readonly bold?: boolean;
  readonly faint?: boolean;
  readonly italic?: boolean;
  readonly underline?: boolean;
  readonly inverse?: boolean;
  readonly struck?: boolean;
  readonly concealed?: boolean;
}

const plain: Look = {};
// Any other escape sequence, and what is left of one, is not for the eye.
const sequences =
  // oxlint-disable-next-line no-control-regex -- they are what is looked for
  /\u001B\[([\d;:]*)m|\u001B\[[\d;:?<=>!"'$ ]*[@-~]|\u001B[\]P_^X].*?(?:\u0007|\u001B\\|$)|\u001B[ -/]*[0-~]?|[\u0000-\u0008\u000B-\u001F\u007F]/g;

/**
 * Reads a line of text with SGR sequences into runs, beginning plain. Sequences that do not colour and control
 * characters are left out.
 *
 * @see ECMA-48 §8.3.117 (SGR); the colours 38 and 48 with `;` and with `:` are ITU-T T.416's, as xterm takes them.
 */
export function readSgr(line: string): Run[] {
  const runs: Run[] = [];
  let look = plain;
  let at = 0;
  const take = (text: string): void => {
    if (text !== '') runs.push({ text, look });
  };
  for (const match of line.matchAll(sequences)) {
    take(line.slice(at, match.index));
    at = match.index + match[0].length;
    if (match[1] !== undefined) look = applied(look, match[1]);
  }
  take(line.slice(at));
  return runs;
}

function applied(before: Look, parameters: string): Look {
  const parts = parameters.split(';').map((part) => part.split(':').map((value) => (value === '' ? 0 : Number(value))));
  let look: Look = before;
  for (let at = 0; at < parts.length; at += 1) {
    const [code = 0, ...sub] = parts[at] ?? [];
    if (code === 38 || code === 48) {
      const { colour, used } =
        sub.length > 0
          ? colourOf(sub, true)
          : colourOf(
              parts.slice(at + 1).map((part) => part[0] ?? 0),
              false,
            );
      if (sub.length === 0) at += used;
      if (colour !== undefined) look = code === 38 ? { ...look, ink: colour } : { ...look, ground: colour };
    } else look = stepped(look, code, sub);
  }
  return look;
}

function colourOf(values: readonly number[], colons: boolean): { colour?: number | string; used: number } {
  const [kind] = values;
  if (kind === 5) return { ...(values[1] === undefined ? {} : { colour: values[1] & 255 }), used: 2 };
  if (kind !== 2) return { used: 1 };
  // With colons a colour space may stand before the three.
  const [red = 0, green = 0, blue = 0] = values.slice(colons && values.length > 4 ? 2 : 1);
  return { colour: `rgb(${red & 255} ${green & 255} ${blue & 255})`, used: 4 };
}

function stepped(look: Look, code: number, sub: readonly number[]): Look {
  if (code === 0) return plain;
  if (code >= 30 && code <= 37) return { ...look, ink: code - 30 };
  if (code >= 90 && code <= 97) return { ...look, ink: code - 82 };
  if (code >= 40 && code <= 47) return { ...look, ground: code - 40 };
  if (code >= 100 && code <= 107) return { ...look, ground: code - 92 };
  const { ink, ground, ...rest } = look;
  switch (code) {
    case 1:
      return { ...look, bold: true };
    case 2:
      return { ...look, faint: true };
    case 3:
      return { ...look, italic: true };
    case 4:
      return { ...look, underline: sub[0] !== 0 };
    case 7:
      return { ...look, inverse: true };
    case 8:
      return { ...look, concealed: true };
    case 9:
      return { ...look, struck: true };
    case 21:
      return { ...look, underline: true };
    case 22:
      return { ...look, bold: false, faint: false };
    case 23:
      return { ...look, italic: false };
    case 24:
      return { ...look, underline: false };
    case 27:
      return { ...look, inverse: false };
    case 28:
      return { ...look, concealed: false };
    case 29:
      return { ...look, struck: false };
    case 39:
      return { ...rest, ...(ground === undefined ? {} : { ground }) };
    case 49:
      return { ...rest, ...(ink === undefined ? {} : { ink }) };
    default:
      return look;
  }
}
