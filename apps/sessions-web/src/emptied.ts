import type { TerminalSize } from '@hawser/k8s-sessions/protocol';

/** Modes of their own that are off on a new terminal: cursor keys, origin, reverse wrap, keypad, mouse, focus, paste, frames. */
const off = [1, 6, 45, 66, 9, 1000, 1002, 1003, 1004, 1006, 1016, 2004, 2026];

/**
 * Text that leaves a terminal as a new one of this size is, but for the lines above its screen. `pulled`: lines that a
 * growing terminal took from there into its screen, which go back.
 *
 * @see xterm's ctlseqs: DECSTR, DECRST, TBC, HTS, DECSCUSR
 */
export function emptied({ cols, rows }: TerminalSize, pulled: number): string {
  const csi = (text: string): string => `\u001B[${text}`;
  const back = pulled > 0 ? `${csi('r')}${csi(`${rows}H`)}${'\n'.repeat(pulled)}` : '';
  const stops: string[] = [];
  for (let column = 9; column <= cols; column += 8) stops.push(`${csi(`1;${column}H`)}\u001BH`);
  return [
    csi('?1049l'),
    csi('!p'),
    ...off.map((mode) => csi(`?${mode}l`)),
    csi('?7h'),
    csi('4l'),
    csi('20l'),
    '\u001B>\u001B(B\u000F',
    csi('m'),
    csi('0 q'),
    csi('?25h'),
    back,
    csi('3g'),
    ...stops,
    csi('H'),
    csi('2J'),
  ].join('');
}
