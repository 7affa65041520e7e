import type { SizeMode, TerminalSize, ViewerRole } from '../protocol/types.js';

/** What of a viewer matters for the size of the terminal. */
export interface Seat {
  readonly role: ViewerRole;
  /** Holds the lease. */
  readonly holder: boolean;
  readonly visible: boolean;
  readonly size: TerminalSize | null;
  /** Grows with everything the viewer does. */
  readonly activity: number;
}

/**
 * The size the terminal should have, or undefined for: as it is. `latest`: that of the lease's holder, else of whoever may
 * control and was active last. `smallest-visible`: what everybody who looks can see in full. Nobody looks: as it is.
 */
export function ruledSize(mode: SizeMode, seats: readonly Seat[]): TerminalSize | undefined {
  const looking = seats.filter(({ visible, size }) => visible && size !== null);
  if (mode === 'fixed' || looking.length === 0) return undefined;
  if (mode === 'smallest-visible')
    return {
      cols: Math.min(...looking.map(({ size }) => size!.cols)),
      rows: Math.min(...looking.map(({ size }) => size!.rows)),
    };
  const holders = looking.filter(({ holder }) => holder);
  const ruling = holders.length > 0 ? holders : looking.filter(({ role }) => role === 'control');
  const latest = ruling.reduce<Seat | undefined>(
    (a, b) => (a === undefined || b.activity > a.activity ? b : a),
    undefined,
  );
  return latest?.size ?? undefined;
}

export function sameSize(a: TerminalSize, b: TerminalSize): boolean {
  return a.cols === b.cols && a.rows === b.rows;
}
