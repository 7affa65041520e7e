import type { ExitRecord, SessionState, TerminalSize, ViewerRole } from './types.js';

/** Name of the WebSocket subprotocol. A grant travels beside it as a second offer, `grant.<base64url>`. */
export const subprotocol = 'tsess.v1';

/**
 * Server to client. Each is one binary WebSocket message: an opcode byte, then as written beside it. Numbers are
 * big-endian; offsets are unsigned 64-bit (at most 2^53 − 1); JSON is UTF-8 to the end of the message.
 */
export type ServerFrame =
  /** 0x01 JSON. The first frame; nothing may be concluded from state kept of another `epoch`. */
  | { readonly type: 'hello'; readonly hello: Hello }
  /** 0x02 offset u64, cols u16, rows u16, escape text. Replaces everything shown: reset, resize, write. */
  | { readonly type: 'snapshot'; readonly offset: number; readonly size: TerminalSize; readonly data: Uint8Array }
  /** 0x03 offset u64, bytes of the log that begin there. */
  | { readonly type: 'out'; readonly offset: number; readonly data: Uint8Array }
  /** 0x04 offset u64, cols u16, rows u16. What follows was written for this size. */
  | { readonly type: 'size'; readonly offset: number; readonly size: TerminalSize }
  /** 0x05 offset u64. Caught up: safe to type. */
  | { readonly type: 'ready'; readonly offset: number }
  /** 0x06 JSON. */
  | { readonly type: 'phase'; readonly state: SessionState; readonly detail: string | null }
  /** 0x07 JSON. The last of a command's frames; the socket then stays open for history until closed with 1000. */
  | { readonly type: 'exit'; readonly exit: ExitRecord }
  /** 0x08 JSON. Who types; `holder` is a viewer id. */
  | { readonly type: 'lease'; readonly holder: string | null; readonly mine: boolean; readonly viewers: number }
  /** 0x09 JSON. Something to tell the person, with a stable code. */
  | { readonly type: 'note'; readonly level: 'info' | 'warning'; readonly code: string; readonly text: string }
  /** 0x0a JSON. The server is about to close with 1001; attach again after this many milliseconds. */
  | { readonly type: 'going-away'; readonly retryAfterMs: number }
  /** 0x0b nonce u64, as in the ping. */
  | { readonly type: 'pong'; readonly nonce: number }
  /** 0x0c sequence u64. All input up to it was written to the terminal, or refused. */
  | { readonly type: 'input-ack'; readonly seq: number }
  /** 0x0d JSON. Answers `history`; lines from oldest to newest, each as text with SGR sequences, without its newline. */
  | {
      readonly type: 'history';
      readonly id: number;
      readonly firstLine: number;
      readonly lines: readonly string[];
      /** Lines there are in all so far. */
      readonly total: number;
    };

/** What is said first. */
export interface Hello {
  readonly protocol: 'tsess.v1';
  readonly session: string;
  /** One run of one runner. Offsets and input sequences of another epoch mean nothing. */
  readonly epoch: string;
  readonly state: SessionState;
  readonly detail: string | null;
  readonly role: ViewerRole;
  readonly viewer: string;
  readonly size: TerminalSize;
  /** Offset behind the last byte so far. */
  readonly head: number;
  /** Oldest offset that can still be read. */
  readonly first: number;
  /** Lines of the log so far. */
  readonly lines: number;
  /** Last input of this viewer (and tab) that was applied; 0 for none. */
  readonly lastInputSeq: number;
  /** True when the log is read from the archive and no runner stands behind it. */
  readonly archived: boolean;
  readonly command: string;
  readonly startedAt: string | null;
}

/** Client to server; laid out as {@link ServerFrame}. */
export type ClientFrame =
  /** 0x41 JSON. First frame. `since`: what the viewer holds already, `epoch:offset`; null for nothing. */
  | {
      readonly type: 'attach';
      readonly since: string | null;
      readonly size: TerminalSize | null;
      readonly visible: boolean;
      readonly want: ViewerRole;
      /** Ask for the whole log as bytes instead of the newest keyframe (a program, or `run`). Default false. */
      readonly whole?: boolean;
      /**
       * Tells the windows of one viewer apart (two tabs share a cookie): 1 to 64 of `A-Z a-z 0-9 _ -`, drawn once for each
       * window and the same over its reconnects. Input is counted for each viewer and tab. Default: one window.
       */
      readonly tab?: string;
    }
  /** 0x42 sequence u64, bytes. Sequences begin at 1 and grow by 1 for each viewer, tab and epoch. */
  | { readonly type: 'in'; readonly seq: number; readonly data: Uint8Array }
  /** 0x43 JSON. */
  | { readonly type: 'view'; readonly size: TerminalSize; readonly visible: boolean }
  /** 0x44 offset u64. Everything before it was taken in; gives credit back. */
  | { readonly type: 'ack'; readonly offset: number }
  /** 0x45 JSON. */
  | { readonly type: 'lease'; readonly action: 'take' | 'release' }
  /** 0x46 JSON. For the foreground process group. */
  | { readonly type: 'signal'; readonly signal: string }
  /** 0x47 JSON. Lines `from` (0-based) up to, without, `to`; at most 1,000. */
  | { readonly type: 'history'; readonly id: number; readonly from: number; readonly to: number }
  /** 0x48 nonce u64. */
  | { readonly type: 'ping'; readonly nonce: number };

/** WebSocket close codes with a meaning of their own. */
export const closeCodes: {
  readonly ended: 1000;
  readonly goingAway: 1001;
  readonly policy: 1008;
  readonly takenOver: 4001;
  readonly revoked: 4003;
  readonly tooSlow: 4008;
  readonly unknownSession: 4040;
  readonly archiveOnly: 4100;
} = {
  ended: 1000,
  goingAway: 1001,
  policy: 1008,
  takenOver: 4001,
  revoked: 4003,
  tooSlow: 4008,
  unknownSession: 4040,
  archiveOnly: 4100,
};

/** Bytes of output a viewer may have unacknowledged; beyond it that viewer alone is skipped forward by a keyframe. */
export const creditBytes: number = 1_048_576;
/** Milliseconds between pings, and without any sign of life until the other side is taken for dead. */
export const pingEveryMs: number = 20_000;
export const deadAfterMs: number = 45_000;
