import { binaryFrame, fromJson, jsonFrame, loneNumberOf, numberOf, sizeOf } from './bytes.js';
import { Fields, violated } from './fields.js';
import type { ServerFrame } from './frames.js';
import { readExitRecord, readHello } from './records.js';
import { sessionStates } from './states.js';

/** Bytes a frame of the server may have at most; a snapshot of the largest terminal stays below it. */
export const maxServerFrameBytes: number = 33_554_432;

/** Lines one `history` frame may hold. */
export const maxHistoryLines: number = 1000;

const opcodes = {
  hello: 0x01,
  snapshot: 0x02,
  out: 0x03,
  size: 0x04,
  ready: 0x05,
  phase: 0x06,
  exit: 0x07,
  lease: 0x08,
  note: 0x09,
  'going-away': 0x0a,
  pong: 0x0b,
  'input-ack': 0x0c,
  history: 0x0d,
} as const satisfies Record<ServerFrame['type'], number>;

/**
 * One frame of the server as the bytes of one binary WebSocket message.
 *
 * @throws SessionsError `HAWSER_SESSIONS_PROTOCOL_VIOLATED` for an offset that is no whole number up to 2^53 − 1.
 */
export function encodeServerFrame(frame: ServerFrame): Uint8Array {
  const opcode = opcodes[frame.type];
  switch (frame.type) {
    case 'hello':
      return jsonFrame(opcode, frame.hello);
    case 'exit':
      return jsonFrame(opcode, frame.exit);
    case 'snapshot':
      return binaryFrame(opcode, frame.offset, { size: frame.size, data: frame.data });
    case 'out':
      return binaryFrame(opcode, frame.offset, { data: frame.data });
    case 'size':
      return binaryFrame(opcode, frame.offset, { size: frame.size });
    case 'ready':
      return binaryFrame(opcode, frame.offset, {});
    case 'pong':
      return binaryFrame(opcode, frame.nonce, {});
    case 'input-ack':
      return binaryFrame(opcode, frame.seq, {});
    default: {
      const { type: _, ...fields } = frame;
      return jsonFrame(opcode, fields);
    }
  }
}

/**
 * Reads one frame of the server. `data` is a view into `bytes`, not a copy. Fields of JSON that are not known are
 * ignored, so that a newer server may say more.
 *
 * @throws SessionsError `HAWSER_SESSIONS_PROTOCOL_VIOLATED` for anything the protocol does not allow.
 */
export function decodeServerFrame(bytes: Uint8Array): ServerFrame {
  if (bytes.length === 0) throw violated('is empty');
  if (bytes.length > maxServerFrameBytes) throw violated(`of ${bytes.length} bytes is longer than it may be`);
  const body = bytes.subarray(1);
  switch (bytes[0]) {
    case opcodes.hello:
      return { type: 'hello', hello: readHello(fromJson(body)) };
    case opcodes.snapshot:
      return { type: 'snapshot', offset: numberOf(bytes), size: sizeOf(bytes), data: bytes.subarray(13) };
    case opcodes.out:
      return { type: 'out', offset: numberOf(bytes), data: bytes.subarray(9) };
    case opcodes.size:
      if (bytes.length > 13) throw violated('is longer than it may be');
      return { type: 'size', offset: numberOf(bytes), size: sizeOf(bytes) };
    case opcodes.ready:
      return { type: 'ready', offset: loneNumberOf(bytes) };
    case opcodes.exit:
      return { type: 'exit', exit: readExitRecord(fromJson(body)) };
    case opcodes.pong:
      return { type: 'pong', nonce: loneNumberOf(bytes) };
    case opcodes['input-ack']:
      return { type: 'input-ack', seq: loneNumberOf(bytes) };
    default:
      return fromFields(bytes[0]!, body);
  }
}

function fromFields(opcode: number, body: Uint8Array): ServerFrame {
  switch (opcode) {
    case opcodes.phase: {
      const phase = new Fields('phase', fromJson(body));
      return { type: 'phase', state: phase.oneOf('state', sessionStates), detail: phase.textOrNull('detail') };
    }
    case opcodes.lease: {
      const lease = new Fields('lease', fromJson(body));
      return {
        type: 'lease',
        holder: lease.textOrNull('holder'),
        mine: lease.flag('mine'),
        viewers: lease.count('viewers'),
      };
    }
    case opcodes.note: {
      const note = new Fields('note', fromJson(body));
      return {
        type: 'note',
        level: note.oneOf('level', ['info', 'warning']),
        code: note.text('code'),
        text: note.text('text'),
      };
    }
    case opcodes['going-away']:
      return {
        type: 'going-away',
        retryAfterMs: new Fields('going-away', fromJson(body)).count('retryAfterMs', 0, 3_600_000),
      };
    case opcodes.history: {
      const history = new Fields('history', fromJson(body));
      return {
        type: 'history',
        id: history.count('id'),
        firstLine: history.count('firstLine'),
        lines: history.texts('lines', maxHistoryLines),
        total: history.count('total'),
      };
    }
    default:
      throw violated(`begins with the unknown opcode 0x${opcode.toString(16).padStart(2, '0')}`);
  }
}
