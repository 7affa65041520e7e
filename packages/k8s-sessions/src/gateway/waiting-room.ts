import type { Duplex } from 'node:stream';
import type { Hello } from '../protocol/frames.js';
import { encodeServerFrame } from '../protocol/server-codec.js';
import type { SessionRow } from '../store/types.js';
import { closeOpcode, FrameFollower } from './frame-follower.js';
import { finish } from './splice.js';
import type { Viewer } from './types.js';
import { binaryMessage, closeFrame } from './ws-frames.js';

/** Bytes a viewer may send before there is a runner: what it attaches with, and a little typing ahead. */
const maxKept = 65_536;

/** Epoch of a greeting before anybody has claimed the session. */
const noEpoch = 'none';

/**
 * Where a viewer's socket waits for a runner. It is told how the session comes along; what it sends is kept as it is on
 * the wire, for the runner. RFC 6455's closing handshake is answered here meanwhile.
 */
export class WaitingRoom {
  /** Settles when the viewer left. */
  readonly left: Promise<void>;
  readonly #socket: Duplex;
  readonly #viewer: Viewer;
  readonly #kept: Uint8Array[] = [];
  #bytes = 0;
  #greeted = false;
  #gone = false;
  #leave!: () => void;
  readonly #follower = new FrameFollower((opcode) => {
    if (opcode === closeOpcode) this.close(1000, '');
  });
  readonly #take = (chunk: Uint8Array): void => {
    this.#bytes += chunk.length;
    this.#kept.push(chunk);
    if (this.#bytes > maxKept) this.close(1008, 'too much was sent before there was a runner');
    else this.#follower.follow(chunk);
  };
  readonly #depart = (): void => {
    this.#gone = true;
    finish(this.#socket);
    this.#leave();
  };

  constructor(socket: Duplex, head: Uint8Array, viewer: Viewer) {
    this.#socket = socket;
    this.#viewer = viewer;
    this.left = new Promise((resolve) => {
      this.#leave = resolve;
    });
    socket.on('error', () => undefined);
    socket.once('end', this.#depart);
    socket.once('close', this.#depart);
    if (head.length > 0) this.#take(head);
    socket.on('data', this.#take);
    if (socket.destroyed) this.#depart();
  }

  get gone(): boolean {
    return this.#gone;
  }

  /** Says how the session stands; every call is a sign of life. The first greets. */
  tell(row: SessionRow, detail: string | null): void {
    if (this.#gone) return;
    if (!this.#greeted) this.send(encodeServerFrame({ type: 'hello', hello: helloOf(row, this.#viewer, detail) }));
    this.#greeted = true;
    this.send(encodeServerFrame({ type: 'phase', state: row.state, detail }));
  }

  send(frame: Uint8Array): void {
    if (!this.#gone) this.#socket.write(binaryMessage(frame));
  }

  /** Ends the viewer's WebSocket. */
  close(code: number, reason: string): void {
    if (this.#gone) return;
    this.#socket.write(closeFrame(code, reason));
    this.#depart();
  }

  /** Lets go of the socket, and says what was sent on it. Undefined when the viewer has left. */
  release(): readonly Uint8Array[] | undefined {
    if (this.#gone) return undefined;
    // Nothing may come between letting go and being joined: the socket stands still.
    this.#socket.pause();
    this.#socket.removeListener('data', this.#take);
    this.#socket.removeListener('end', this.#depart);
    this.#socket.removeListener('close', this.#depart);
    return this.#kept;
  }
}

function helloOf(row: SessionRow, { viewer, role }: Viewer, detail: string | null): Hello {
  return {
    protocol: 'tsess.v1',
    session: row.id,
    // With a runner that cannot be reached just now, what the viewer holds of its run is still good.
    epoch: row.runnerEpoch ?? noEpoch,
    state: row.state,
    detail,
    role,
    viewer,
    size: row.size,
    head: 0,
    first: 0,
    lines: 0,
    lastInputSeq: 0,
    archived: false,
    command: commandOf(row),
    startedAt: row.startedAt === null ? null : new Date(row.startedAt).toISOString(),
  };
}

/** The command as a line for people. */
export function commandOf({ command, argv }: Pick<SessionRow, 'command' | 'argv'>): string {
  return command ?? (argv ?? []).join(' ');
}
