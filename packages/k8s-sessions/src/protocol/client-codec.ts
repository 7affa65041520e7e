import { binaryFrame, fromJson, jsonFrame, loneNumberOf, numberOf } from './bytes.js';
import { Fields, violated } from './fields.js';
import type { ClientFrame } from './frames.js';
import { parseSince } from './offsets.js';
import { signalOf } from './records.js';
import { maxHistoryLines } from './server-codec.js';

/** Bytes a frame of a client may have at most. */
export const maxClientFrameBytes: number = 1_048_576;

/** Bytes of input one `in` frame may carry; a longer paste is several frames. */
export const maxInputBytes: number = 65_536;

const tabName = /^[\w-]{1,64}$/u;

const opcodes = {
  attach: 0x41,
  in: 0x42,
  view: 0x43,
  ack: 0x44,
  lease: 0x45,
  signal: 0x46,
  history: 0x47,
  ping: 0x48,
} as const satisfies Record<ClientFrame['type'], number>;

/**
 * One frame of a client as the bytes of one binary WebSocket message.
 *
 * @throws SessionsError `HAWSER_SESSIONS_PROTOCOL_VIOLATED` for a sequence or offset that is no whole number up to 2^53 − 1.
 */
export function encodeClientFrame(frame: ClientFrame): Uint8Array {
  const opcode = opcodes[frame.type];
  switch (frame.type) {
    case 'in':
      return binaryFrame(opcode, frame.seq, { data: frame.data });
    case 'ack':
      return binaryFrame(opcode, frame.offset, {});
    case 'ping':
      return binaryFrame(opcode, frame.nonce, {});
    default: {
      const { type: _, ...fields } = frame;
      return jsonFrame(opcode, fields);
    }
  }
}

/**
 * Reads one frame of a client, which nobody vouches for. `data` is a view into `bytes`, not a copy.
 *
 * @throws SessionsError `HAWSER_SESSIONS_PROTOCOL_VIOLATED` for anything the protocol does not allow.
 */
export function decodeClientFrame(bytes: Uint8Array): ClientFrame {
  if (bytes.length === 0) throw violated('is empty');
  if (bytes.length > maxClientFrameBytes) throw violated(`of ${bytes.length} bytes is longer than it may be`);
  const body = bytes.subarray(1);
  switch (bytes[0]) {
    case opcodes.in: {
      const data = bytes.subarray(9);
      const seq = numberOf(bytes);
      if (seq === 0 || data.length > maxInputBytes) throw violated('"in" has a wrong sequence or length');
      return { type: 'in', seq, data };
    }
    case opcodes.ack:
      return { type: 'ack', offset: loneNumberOf(bytes) };
    case opcodes.ping:
      return { type: 'ping', nonce: loneNumberOf(bytes) };
    default:
      return fromFields(bytes[0]!, body);
  }
}

function fromFields(opcode: number, body: Uint8Array): ClientFrame {
  switch (opcode) {
    case opcodes.attach: {
      const attach = new Fields('attach', fromJson(body));
      const since = attach.textOrNull('since');
      if (since !== null && parseSince(since) === undefined) throw violated('"attach" has no valid "since"');
      return {
        type: 'attach',
        since,
        size: attach.sizeOrNull('size'),
        visible: attach.flag('visible'),
        want: attach.oneOf('want', ['control', 'view']),
        ...(attach.has('whole') ? { whole: attach.flag('whole') } : {}),
        ...(attach.has('tab') ? { tab: attach.text('tab', tabName) } : {}),
      };
    }
    case opcodes.view: {
      const view = new Fields('view', fromJson(body));
      return { type: 'view', size: view.size('size'), visible: view.flag('visible') };
    }
    case opcodes.lease:
      return { type: 'lease', action: new Fields('lease', fromJson(body)).oneOf('action', ['take', 'release']) };
    case opcodes.signal:
      return { type: 'signal', signal: signalOf(new Fields('signal', fromJson(body)), 'signal') };
    case opcodes.history: {
      const history = new Fields('history', fromJson(body));
      const from = history.count('from');
      return {
        type: 'history',
        id: history.count('id'),
        from,
        to: history.count('to', from, Math.min(from + maxHistoryLines, Number.MAX_SAFE_INTEGER)),
      };
    }
    default:
      throw violated(`begins with the unknown opcode 0x${opcode.toString(16).padStart(2, '0')}`);
  }
}
