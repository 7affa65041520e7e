import type { Duplex } from 'node:stream';
import { closeCodes } from '../protocol/frames.js';
import { encodeServerFrame } from '../protocol/server-codec.js';
import { isOver } from '../protocol/states.js';
import { dialRunner } from '../runner/dial.js';
import type { SessionRow } from '../store/types.js';
import { FrameFollower } from './frame-follower.js';
import type { FrontDesk } from './grants.js';
import { dialOf, type HopOptions } from './hop.js';
import type { GatewayMetrics } from './metrics.js';
import { splice } from './splice.js';
import type { GatewayOptions, Viewer } from './types.js';
import { WaitingRoom } from './waiting-room.js';
import { binaryMessage, closeFrame } from './ws-frames.js';

/** What attending to viewers needs. */
export interface AttendPorts extends HopOptions {
  readonly store: GatewayOptions['store'];
  readonly clock: GatewayOptions['clock'];
  readonly desk: FrontDesk;
  readonly metrics: GatewayMetrics;
  readonly onLog: NonNullable<GatewayOptions['onLog']>;
}

/** A viewer's socket, as whoever drains the gateway sees it. */
export interface Attended {
  readonly ended: Promise<void>;
  /** Tells the viewer to come again after so many milliseconds, and closes. */
  sendAway(retryAfterMs: number): void;
}

/** Between two looks at a session that is waited for, whether a change was told or not: one may have gone unheard. */
const lookEveryMs = 1_000;
/** Looks after which a viewer who waits gets a sign of life though nothing changed: well below {@link deadAfterMs}. */
const looksOfSilence = 15;
/** Between dials of a runner that should be there. */
const redialMs = 250;
const longestRedialMs = 4_000;

/** Whether a session's own runner may still serve its terminal. */
export function mayHaveRunner(row: SessionRow): boolean {
  if (row.address === null || row.port === null || row.dialKey === null || row.runnerEpoch === null) return false;
  return !isOver(row.state) || (row.state === 'exited' && !row.exitOnJob);
}

/**
 * Attends to a viewer whose WebSocket is open: joins it to the session's runner, and keeps it informed while there is
 * none. Once the session is over without one it is asked to come again, and will be served from the archive.
 */
export function attend(
  ports: AttendPorts,
  socket: Duplex,
  head: Uint8Array,
  viewer: Viewer,
  first: SessionRow,
): Attended {
  const room = new WaitingRoom(socket, head, viewer);
  let sendAway = (retryAfterMs: number): void => dismiss(room, retryAfterMs);
  const ended = (async () => {
    const kept = await waitForRunner(ports, room, viewer, first);
    if (kept === undefined) return;
    const { terminal, fromClient } = kept;
    ports.metrics.opened('live');
    const joined = splice({
      client: socket,
      runner: terminal.socket,
      fromClient,
      fromRunner: terminal.head,
      follower: new FrameFollower(),
      onBytes: (direction, bytes) => ports.metrics.passed(direction, bytes),
    });
    sendAway = (retryAfterMs) => joined.interrupt(farewell(retryAfterMs));
    await joined.ended;
    ports.metrics.closed('live');
  })();
  return { ended, sendAway: (retryAfterMs) => sendAway(retryAfterMs) };
}

interface Found {
  readonly terminal: { readonly socket: Duplex; readonly head: Buffer };
  readonly fromClient: readonly Uint8Array[];
}

async function waitForRunner(
  ports: AttendPorts,
  room: WaitingRoom,
  viewer: Viewer,
  first: SessionRow,
): Promise<Found | undefined> {
  ports.metrics.opened('waiting');
  const departed = new AbortController();
  const over = new AbortController();
  void room.left.then(() => {
    departed.abort();
    over.abort();
  });
  try {
    let row = first;
    for (let failures = 0, looks = 0, told = ''; !room.gone; looks++) {
      // Listening begins before looking, or a change in between would be missed.
      const waitMs = mayHaveRunner(row) ? Math.min(redialMs * 2 ** failures, longestRedialMs) : lookEveryMs;
      const changed = ports.store
        .changed(row.id, { timeoutMs: waitMs, signal: over.signal })
        .catch(() => ports.clock.wait(waitMs, over.signal));
      if (mayHaveRunner(row)) {
        const terminal = await dial(ports, row, viewer, departed.signal);
        if (terminal !== undefined) {
          const fromClient = room.release();
          if (fromClient === undefined) terminal.socket.destroy();
          return fromClient && { terminal, fromClient };
        }
        failures += 1;
      }
      if (isOver(row.state)) {
        dismiss(room, 0);
        return undefined;
      }
      const detail = failures > 0 ? 'The runner does not answer just now; trying again.' : row.detail;
      if (told !== `${row.state} ${detail}` || looks % looksOfSilence === 0) room.tell(row, detail);
      told = `${row.state} ${detail}`;
      await changed.catch(() => undefined);
      const now = await ports.desk.session(row.id).catch(() => row);
      if (now === undefined) {
        room.close(closeCodes.unknownSession, 'there is no such session');
        return undefined;
      }
      if (now.address !== row.address || now.runnerEpoch !== row.runnerEpoch) failures = 0;
      row = now;
    }
    return undefined;
  } finally {
    over.abort();
    ports.metrics.closed('waiting');
  }
}

async function dial(
  ports: AttendPorts,
  row: SessionRow,
  viewer: Viewer,
  signal: AbortSignal,
): Promise<Found['terminal'] | undefined> {
  try {
    const terminal = await dialRunner({ ...dialOf(ports, row, viewer), signal });
    ports.metrics.dialled('joined');
    return terminal;
  } catch (error) {
    const foreign = (error as { readonly code?: unknown }).code === 'HAWSER_SESSIONS_RUNNER_FOREIGN';
    if (signal.aborted) return undefined;
    ports.metrics.dialled(foreign ? 'foreign' : 'unreachable');
    const { message: why } = error as Error;
    ports.onLog({
      level: foreign ? 'error' : 'warning',
      event: 'dial_failed',
      session: row.id,
      viewer: viewer.viewer,
      why,
    });
    if (foreign) {
      const event = { actor: 'gateway', kind: 'runner_foreign', data: { pod: row.podName } };
      await ports.store.addEvent(row.id, ports.nowMs(), event).catch(() => undefined);
    }
    return undefined;
  }
}

function dismiss(room: WaitingRoom, retryAfterMs: number): void {
  room.send(encodeServerFrame({ type: 'going-away', retryAfterMs }));
  room.close(closeCodes.goingAway, 'come again');
}

/** The last a viewer hears from a gateway that ends: when to come again. */
function farewell(retryAfterMs: number): Buffer {
  return Buffer.concat([
    binaryMessage(encodeServerFrame({ type: 'going-away', retryAfterMs })),
    closeFrame(closeCodes.goingAway, 'come again'),
  ]);
}
