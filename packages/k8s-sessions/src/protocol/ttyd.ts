import { fromJson, jsonFrame, utf8, fromUtf8 } from './bytes.js';
import { Fields, violated } from './fields.js';
import type { TerminalSize } from './types.js';

/** Name of ttyd's WebSocket subprotocol. */
export const ttydSubprotocol = 'tty';

/** Bytes a message of a ttyd client may have at most. */
export const maxTtydMessageBytes: number = 1_048_576;

/** What a client of ttyd's protocol (1.7.7, `src/protocol.c`) says. Opcodes are ASCII digits; the opening message is bare JSON. */
export type TtydClientMessage =
  /** `{"AuthToken":…,"columns":…,"rows":…}`: the first message. Until it comes the server says nothing. */
  | { readonly type: 'open'; readonly authToken: string; readonly size: TerminalSize | null }
  /** `0` bytes. */
  | { readonly type: 'input'; readonly data: Uint8Array }
  /** `1` JSON `columns`, `rows`. */
  | { readonly type: 'resize'; readonly size: TerminalSize }
  /** `2`: no output until `3`. */
  | { readonly type: 'pause' }
  | { readonly type: 'resume' };

/** What a server of ttyd's protocol says, always in binary messages. */
export type TtydServerMessage =
  /** `0` bytes. */
  | { readonly type: 'output'; readonly data: Uint8Array }
  /** `1` text; sent first. */
  | { readonly type: 'title'; readonly title: string }
  /** `2` JSON object; sent second. */
  | { readonly type: 'preferences'; readonly preferences: Readonly<Record<string, unknown>> };

const output = 0x30;
const titleOrResize = 0x31;
const preferencesOrPause = 0x32;
const resume = 0x33;
const brace = 0x7b;

/** A message of a ttyd server as bytes. */
export function encodeTtydServerMessage(message: TtydServerMessage): Uint8Array {
  if (message.type === 'preferences') return jsonFrame(preferencesOrPause, message.preferences);
  return message.type === 'title' ? behind(titleOrResize, utf8(message.title)) : behind(output, message.data);
}

/**
 * Reads a message of a ttyd server.
 *
 * @throws SessionsError `HAWSER_SESSIONS_PROTOCOL_VIOLATED` when it is none.
 */
export function decodeTtydServerMessage(bytes: Uint8Array): TtydServerMessage {
  const body = bytes.subarray(1);
  switch (bytes[0]) {
    case output:
      return { type: 'output', data: body };
    case titleOrResize:
      return { type: 'title', title: fromUtf8(body) };
    case preferencesOrPause: {
      const preferences = fromJson(body);
      if (typeof preferences !== 'object' || preferences === null || Array.isArray(preferences))
        throw violated('"preferences" holds no JSON object');
      return { type: 'preferences', preferences: preferences as Record<string, unknown> };
    }
    default:
      throw violated('of ttyd begins with an unknown opcode');
  }
}

/** A message of a ttyd client as bytes. */
export function encodeTtydClientMessage(message: TtydClientMessage): Uint8Array {
  switch (message.type) {
    case 'open':
      return utf8(
        JSON.stringify({
          AuthToken: message.authToken,
          ...(message.size && { columns: message.size.cols, rows: message.size.rows }),
        }),
      );
    case 'input':
      return behind(output, message.data);
    case 'resize':
      return jsonFrame(titleOrResize, { columns: message.size.cols, rows: message.size.rows });
    case 'pause':
      return Uint8Array.of(preferencesOrPause);
    default:
      return Uint8Array.of(resume);
  }
}

/**
 * Reads a message of a ttyd client, which nobody vouches for.
 *
 * @throws SessionsError `HAWSER_SESSIONS_PROTOCOL_VIOLATED` when it is none.
 */
export function decodeTtydClientMessage(bytes: Uint8Array): TtydClientMessage {
  if (bytes.length > maxTtydMessageBytes) throw violated(`of ${bytes.length} bytes is longer than it may be`);
  switch (bytes[0]) {
    case brace: {
      const open = new Fields('open', fromJson(bytes));
      return {
        type: 'open',
        authToken: open.has('AuthToken') ? open.text('AuthToken') : '',
        // Stock clients leave the size out, or say 0, while their page has no layout yet.
        size: open.has('columns') && open.has('rows') ? sizeWithin(open) : null,
      };
    }
    case output:
      return { type: 'input', data: bytes.subarray(1) };
    case titleOrResize: {
      const size = sizeWithin(new Fields('resize', fromJson(bytes.subarray(1))));
      if (size === null) throw violated('"resize" names a terminal without cells');
      return { type: 'resize', size };
    }
    case preferencesOrPause:
      return { type: 'pause' };
    case resume:
      return { type: 'resume' };
    default:
      throw violated('of ttyd begins with an unknown opcode');
  }
}

function sizeWithin(fields: Fields): TerminalSize | null {
  const cols = fields.count('columns', 0, 1000);
  const rows = fields.count('rows', 0, 1000);
  return cols === 0 || rows === 0 ? null : { cols, rows };
}

function behind(opcode: number, body: Uint8Array): Uint8Array {
  const message = new Uint8Array(1 + body.length);
  message[0] = opcode;
  message.set(body, 1);
  return message;
}
