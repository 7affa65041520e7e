import type { TerminalSize } from '@hawser/k8s-sessions/protocol';

/** One character cell at the size of text that was asked for, in CSS pixels. */
export interface Cell {
  readonly width: number;
  readonly height: number;
}

/**
 * What fits into a room, and by how much the text has to shrink for the size that is shown to be seen whole: 1 when it
 * fits as it is. A terminal has at least 20 columns and 4 rows, and at most 1,000 of each.
 */
export function layoutOf(room: Cell, cell: Cell, shown: TerminalSize): { proposed: TerminalSize; scale: number } {
  const within = (value: number, least: number): number => Math.min(1000, Math.max(least, Math.floor(value)));
  return {
    proposed: { cols: within(room.width / cell.width, 20), rows: within(room.height / cell.height, 4) },
    scale: Math.min(1, room.width / (shown.cols * cell.width), room.height / (shown.rows * cell.height)),
  };
}
