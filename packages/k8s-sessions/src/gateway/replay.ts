import { once } from 'node:events';
import type { WebSocket } from 'ws';
import { readLog } from '../log/read.js';
import { historyLines } from '../log/history.js';
import type { LogInfo, LogSource } from '../log/types.js';
import { decodeClientFrame } from '../protocol/client-codec.js';
import { closeCodes, creditBytes, pingEveryMs, type ClientFrame, type ServerFrame } from '../protocol/frames.js';
import { parseSince } from '../protocol/offsets.js';
import { encodeServerFrame } from '../protocol/server-codec.js';
import type { SessionRow } from '../store/types.js';
import type { AttendPorts, Attended } from './attend.js';
import type { Viewer } from './types.js';
import { commandOf } from './waiting-room.js';

type Attach = Extract<ClientFrame, { readonly type: 'attach' }>;

/** Bytes of log sent at once: no frame holds up what comes behind it. */
const chunkBytes = 65_536;

/**
 * Serves a session that is over from its stored log, in the words a runner would use. The screen as it was left, or all
 * there is; then lines as they are asked for, until the viewer leaves.
 */
export function replay(
  ports: AttendPorts & { readonly log: (session: string) => LogSource },
  socket: WebSocket,
  viewer: Viewer,
  row: SessionRow,
): Attended {
  ports.metrics.opened('archive');
  const source = ports.log(row.id);
  const gone = new AbortController();
  const credit = new Credit();
  const send = (frame: ServerFrame): void => {
    const bytes = encodeServerFrame(frame);
    ports.metrics.passed('out', bytes.length);
    socket.send(bytes);
  };
  const fail = (error: unknown): void => {
    if (gone.signal.aborted) return;
    const { code, message: why } = error as Error & { readonly code?: string };
    ports.onLog({ level: 'warning', event: 'replay_failed', session: row.id, viewer: viewer.viewer, why });
    socket.close(
      code === 'HAWSER_SESSIONS_PROTOCOL_VIOLATED' ? closeCodes.policy : 1013,
      'the log cannot be shown now',
    );
  };

  // One question after the other: answers come in the order they were asked for.
  let turn: Promise<void> = Promise.resolve();
  let attached = false;
  const answer = async (frame: ClientFrame): Promise<void> => {
    if (frame.type === 'attach' && !attached) {
      attached = true;
      await show(source, row, viewer, frame, { send, credit, signal: gone.signal });
    } else if (frame.type === 'history') {
      const { id, from, to } = frame;
      const page = await historyLines(source, from, to);
      send({ type: 'history', id, ...page });
    } else if (frame.type === 'in') {
      send({ type: 'input-ack', seq: frame.seq });
    }
  };
  socket.on('message', (data: Buffer) => {
    ports.metrics.passed('in', data.length);
    try {
      const frame = decodeClientFrame(data);
      if (frame.type === 'ack') credit.give(frame.offset);
      else if (frame.type === 'ping') send({ type: 'pong', nonce: frame.nonce });
      else turn = turn.then(() => answer(frame)).catch(fail);
    } catch (error) {
      fail(error);
    }
  });

  let alive = true;
  socket.on('pong', () => (alive = true));
  socket.on('error', () => undefined);
  const beat = setInterval(() => void look(), pingEveryMs);
  beat.unref();
  async function look(): Promise<void> {
    if (!alive) return socket.terminate();
    alive = false;
    socket.ping();
    const revoked = await ports.store.revokedViewers(row.id).catch((): readonly string[] => []);
    if (revoked.includes(viewer.viewer)) socket.close(closeCodes.revoked, 'this viewer may not look on');
  }
  const ended = once(socket, 'close').then(() => {
    clearInterval(beat);
    gone.abort();
    credit.end();
    ports.metrics.closed('archive');
  });
  return {
    ended,
    sendAway: (retryAfterMs) => {
      send({ type: 'going-away', retryAfterMs });
      socket.close(closeCodes.goingAway, 'come again');
    },
  };
}

/** Bytes that may be on their way to a viewer. */
class Credit {
  #sent = 0;
  #taken = 0;
  #wake: (() => void) | undefined;
  #over = false;

  begin(offset: number): void {
    this.#sent = offset;
    this.#taken = offset;
  }

  give(offset: number): void {
    this.#taken = Math.max(this.#taken, Math.min(offset, this.#sent));
    this.#wake?.();
  }

  end(): void {
    this.#over = true;
    this.#wake?.();
  }

  /** Waits until more may be sent, and counts it as sent. */
  async take(offset: number): Promise<void> {
    while (!this.#over && this.#sent - this.#taken >= creditBytes) {
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    this.#sent = offset;
  }
}

async function show(
  source: LogSource,
  row: SessionRow,
  viewer: Viewer,
  { since, whole = false }: Attach,
  {
    send,
    credit,
    signal,
  }: { readonly send: (frame: ServerFrame) => void; readonly credit: Credit; readonly signal: AbortSignal },
): Promise<void> {
  const info = await source.info();
  const { epoch, head } = info;
  send({ type: 'hello', hello: helloOf(row, viewer, info) });
  const place = since === null ? undefined : parseSince(since);
  const held = place?.epoch === epoch && place.offset <= head ? place.offset : undefined;
  const keyframe = whole ? undefined : await source.keyframe(head);
  const isShort = held !== undefined && held >= info.first && head - held <= (keyframe?.data.length ?? Infinity);
  let at = held ?? 0;
  if (keyframe !== undefined && !isShort) {
    send({ type: 'snapshot', offset: keyframe.offset, size: keyframe.size, data: keyframe.data });
    at = keyframe.offset;
  }
  credit.begin(at);
  for await (const chunk of readLog(source, { from: at, signal })) {
    for (let from = 0; from < chunk.data.length && !signal.aborted; from += chunkBytes) {
      const data = chunk.data.subarray(from, from + chunkBytes);
      const offset = chunk.offset + from;
      await credit.take(offset + data.length);
      if (!signal.aborted) send({ type: 'out', offset, data });
    }
  }
  if (signal.aborted) return;
  send({ type: 'ready', offset: head });
  if (row.exit !== null) send({ type: 'exit', exit: row.exit });
}

function helloOf(
  row: SessionRow,
  { viewer, role }: Viewer,
  info: LogInfo,
): Extract<ServerFrame, { type: 'hello' }>['hello'] {
  return {
    protocol: 'tsess.v1',
    session: row.id,
    epoch: info.epoch,
    state: row.state,
    detail: row.detail,
    role,
    viewer,
    size: row.size,
    head: info.head,
    first: info.first,
    lines: info.lines,
    lastInputSeq: 0,
    archived: true,
    command: commandOf(row),
    startedAt: row.startedAt === null ? null : new Date(row.startedAt).toISOString(),
  };
}
