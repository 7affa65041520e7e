/** What a person may ask of the near side while typing. */
export type EscapeCommand = 'help' | 'terminate' | 'disable';

/** What one chunk of typing comes to. */
export interface Typed {
  /** What goes to the far side; empty when there is nothing. Of no meaning once `terminate` was asked for. */
  readonly send: Buffer;
  readonly commands: readonly EscapeCommand[];
}

/** Recognises escapes in what is typed; one for each session. */
export interface EscapeReader {
  read(chunk: Uint8Array): Typed;
}

/** Printed on `~?`. Lines end in CR LF because the terminal is raw. */
export const escapeHelp: string = [
  '',
  'Supported escape sequence commands:',
  '~?  this help',
  '~.  terminate the session',
  '~-  recognise no more escapes in this session',
  '~~  send one tilde',
  'They are recognised at the start of a line only.',
  '',
].join('\r\n');

const tilde = 0x7e;
const commands: ReadonlyMap<number, EscapeCommand> = new Map([
  [0x3f, 'help'],
  [0x2e, 'terminate'],
  [0x2d, 'disable'],
]);

/**
 * Makes a reader of tilde escapes, as ssh and the Session Manager plugin (from 1.2.835.0) have them.
 *
 * An escape begins with a tilde right after a newline or carriage return typed in this session, never at its very
 * start. A lone tilde there is held back until the next byte tells what it is. A tilde followed by anything that is no
 * command is sent as typed.
 */
export function createEscapeReader(): EscapeReader {
  let state: 'start-of-line' | 'in-line' | 'after-tilde' | 'disabled' = 'in-line';
  return {
    read(chunk) {
      const send: number[] = [];
      const asked: EscapeCommand[] = [];
      for (const byte of chunk) {
        if (state === 'disabled') {
          send.push(byte);
        } else if (state === 'after-tilde') {
          const command = commands.get(byte);
          state = command === 'disable' ? 'disabled' : afterByte(byte);
          if (command) asked.push(command);
          else if (byte === tilde) send.push(tilde);
          else send.push(tilde, byte);
          if (command === 'terminate') break;
        } else if (state === 'start-of-line' && byte === tilde) {
          state = 'after-tilde';
        } else {
          send.push(byte);
          state = afterByte(byte);
        }
      }
      return { send: Buffer.from(send), commands: asked };
    },
  };
}

function afterByte(byte: number): 'start-of-line' | 'in-line' {
  return byte === 0x0a || byte === 0x0d ? 'start-of-line' : 'in-line';
}
