import { applySgr, plainSgr, sameSgr, sgrText, type Sgr } from './sgr.js';

/** A line as it stands in the end: what was overwritten within it is gone. */
export interface PaintedLine {
  /** Without any escape sequence. */
  readonly text: string;
  /** With colour sequences, from none to none. */
  readonly styled: string;
  /** Colours in force behind it. */
  readonly after: Sgr;
}

/** Columns a move can lead to: a sequence may name any number. */
const maxCells = 65_536;

interface Cell {
  text: string;
  sgr: Sgr;
}

// One token each: CSI sequence, text sequence (OSC, DCS, SOS, PM, APC), other escape, control character, or a run of text.
const tokens =
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  /\u001B\[([0-?]*)[ -/]*([@-~])|\u001B[\]PX^_][^\u0007\u001B]*(?:\u0007|\u001B\\|$)|\u001B[ -/]*[0-~]?|([\u0000-\u001F\u007F])|([^\u0000-\u001F\u007F]+)/gu;

// Whatever moves back or erases; without it a line can be written down from left to right.
// oxlint-disable-next-line no-control-regex -- as above
const needsCells = /[\b\t\r]|\u001B\[[0-?]*[ -/]*[@-ln-~]/u;

/**
 * Paints one line of output as a terminal would that is wide enough: carriage return, backspace, tab, erasing and moving
 * within the line, and colours. Moves to other lines have no meaning in a list of lines and are left out.
 */
export function paintLine(line: string, before: Sgr): PaintedLine {
  if (!needsCells.test(line)) return paintStraight(line, before);
  const cells: Cell[] = [];
  let at = 0;
  let sgr = before;
  const put = (text: string): void => {
    while (cells.length < at && cells.length < maxCells) cells.push({ text: ' ', sgr: plainSgr });
    const there = cells[at];
    if (there) {
      there.text = text;
      there.sgr = sgr;
    } else cells.push({ text, sgr });
    at++;
  };
  for (const [, parameters, final, control, text] of line.matchAll(tokens)) {
    if (text !== undefined) {
      for (const character of text) put(character);
    } else if (control === '\r') at = 0;
    else if (control === '\b') at = Math.max(0, at - 1);
    else if (control === '\t') at = Math.min(maxCells, (Math.floor(at / 8) + 1) * 8);
    else if (final !== undefined && parameters !== undefined) {
      if (final === 'm') {
        if (/^[0-9;:]*$/u.test(parameters)) sgr = applySgr(sgr, parameters);
      } else at = Math.min(maxCells, moved(cells, at, parameters, final));
    }
  }
  return joined(cells, sgr);
}

/** Text and colours only. */
function paintStraight(line: string, before: Sgr): PaintedLine {
  let text = '';
  let styled = '';
  let sgr = before;
  let current = plainSgr;
  for (const [, parameters, final, , run] of line.matchAll(tokens)) {
    if (run !== undefined) {
      if (sgr !== current && !sameSgr(sgr, current)) styled += sgrText(sgr);
      current = sgr;
      styled += run;
      text += run;
    } else if (final === 'm' && parameters !== undefined && /^[0-9;:]*$/u.test(parameters))
      sgr = applySgr(sgr, parameters);
  }
  if (!sameSgr(current, plainSgr)) styled += sgrText(plainSgr);
  return { text, styled, after: sgr };
}

/** Carries out what a CSI sequence does within the line; the column afterwards. */
function moved(cells: Cell[], at: number, parameters: string, final: string): number {
  const count = Math.max(1, Number.parseInt(parameters, 10) || 1);
  switch (final) {
    case 'C':
      return at + count;
    case 'D':
      return Math.max(0, at - count);
    case 'G':
      return count - 1;
    case 'K':
      if (parameters === '' || parameters === '0') cells.length = Math.min(cells.length, at);
      else if (parameters === '2') cells.length = 0;
      else for (const cell of cells.slice(0, at + 1)) Object.assign(cell, { text: ' ', sgr: plainSgr });
      return at;
    case 'P':
      cells.splice(at, count);
      return at;
    case 'X':
      for (const cell of cells.slice(at, at + count)) Object.assign(cell, { text: ' ', sgr: plainSgr });
      return at;
    default:
      return at;
  }
}

function joined(cells: readonly Cell[], after: Sgr): PaintedLine {
  let text = '';
  let styled = '';
  let current = plainSgr;
  for (const cell of cells) {
    if (cell.sgr !== current && !sameSgr(cell.sgr, current)) styled += sgrText(cell.sgr);
    current = cell.sgr;
    styled += cell.text;
    text += cell.text;
  }
  if (!sameSgr(current, plainSgr)) styled += sgrText(plainSgr);
  return { text, styled, after };
}
