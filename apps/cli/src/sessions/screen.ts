const esc = '\u001B';
/** Main screen, soft reset (DECSTR), plain text. */
const plain = `${esc}[?1049l${esc}[!p${esc}[0m`;

/** Empties the window of a terminal that shows something else; its scrollback stays. */
export const emptied: string = `${plain}${esc}[r${esc}[H${esc}[2J`;

/** The same, after what the window shows has moved up into the scrollback. */
export function setAside(rows: number): string {
  return `${plain}${esc}[r${esc}[${rows};1H${'\n'.repeat(rows)}${emptied}`;
}

/**
 * Takes back what a program may have switched on: alternate screen, margins, mouse, pasting, a hidden cursor. The cursor
 * is kept (DECSC, DECRC): leaving an alternate screen that was never entered puts it where it was last kept, and setting
 * margins (DECSTBM) puts it into the corner, where what is printed next would lie over what is there.
 */
export const handedBack: string =
  `${esc}7${plain}${esc}7${esc}[r${esc}8` +
  `${esc}[?1000l${esc}[?1002l${esc}[?1003l${esc}[?1006l${esc}[?2004l${esc}[?25h`;
