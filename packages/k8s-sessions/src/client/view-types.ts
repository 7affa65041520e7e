import type {
  ExitRecord,
  Hello,
  LogPlace,
  ServerFrame,
  SessionState,
  TerminalSize,
  ViewerRole,
} from '../protocol/index.js';

/** Where the link to a session stands: `ready` means caught up and safe to type, `waiting` that the next try has a time. */
export type ViewLink = 'connecting' | 'attaching' | 'catching-up' | 'ready' | 'waiting' | 'ended';

/** How a view ended. Only `exited` says something of the command; after every other end it may go on. */
export type ViewEnd =
  | { readonly reason: 'exited'; readonly exit: ExitRecord }
  /** By this side. */
  | { readonly reason: 'closed' }
  /** `taken-over` by another window, `revoked` by whoever shared, `refused` by a rule, `unknown` session, `lost` for longer than is waited, `broken` protocol. */
  | {
      readonly reason: 'taken-over' | 'revoked' | 'refused' | 'unknown' | 'lost' | 'broken';
      readonly message: string;
    };

/** What happened, for whoever shows it. */
export type ViewEvent =
  | { readonly type: 'link'; readonly link: ViewLink; readonly retryAtMs?: number }
  | { readonly type: 'hello'; readonly hello: Hello }
  /** Replaces all that is shown: reset, resize, write. */
  | { readonly type: 'snapshot'; readonly offset: number; readonly size: TerminalSize; readonly data: Uint8Array }
  /** Bytes of the log from `offset` on. Every byte behind the last snapshot comes once, in order. */
  | { readonly type: 'output'; readonly offset: number; readonly data: Uint8Array }
  /** Only with `whole`: these bytes are no longer to be had. */
  | { readonly type: 'gap'; readonly from: number; readonly to: number }
  | { readonly type: 'size'; readonly offset: number; readonly size: TerminalSize }
  | { readonly type: 'ready'; readonly offset: number }
  | { readonly type: 'phase'; readonly state: SessionState; readonly detail: string | null }
  | { readonly type: 'exit'; readonly exit: ExitRecord }
  | Extract<ServerFrame, { readonly type: 'lease' | 'note' | 'history' }>;

/** What a {@link ViewMachine} wants done, in order. */
export type ViewWish =
  /** Open a socket. */
  | { readonly do: 'connect' }
  /** Send this as one binary message. */
  | { readonly do: 'send'; readonly bytes: Uint8Array }
  /** Let go of the socket; its end need not be told. */
  | { readonly do: 'disconnect' }
  | { readonly do: 'tell'; readonly event: ViewEvent }
  | { readonly do: 'end'; readonly end: ViewEnd };

/** How a view begins. */
export interface ViewMachineOptions {
  readonly want: ViewerRole;
  /** The size of what shows the session; null when nothing does. */
  readonly size: TerminalSize | null;
  readonly visible: boolean;
  /** The whole log as bytes, from its first, instead of the newest keyframe. */
  readonly whole: boolean;
  /** What is held from before. */
  readonly since?: LogPlace | undefined;
  /** Tells this window from others of the same viewer. */
  readonly tab: string;
  /** Milliseconds without a link after which the view ends with `lost`. Default: never. */
  readonly giveUpAfterMs?: number | undefined;
  /** Numbers from 0 up to 1, for the spread of reconnects. */
  readonly random: () => number;
}

/**
 * One view of one session over any number of sockets, without a clock and without a socket: it is told what happened and
 * when, and says what it wants done. Output is told once whatever the sockets repeat; input is numbered, kept until it is
 * acknowledged and sent again by its number.
 */
export interface ViewMachine {
  start(nowMs: number): void;
  /** The socket is open. */
  opened(nowMs: number): void;
  receive(bytes: Uint8Array, nowMs: number): void;
  /** The socket is gone, or did not come to be. */
  closed(code: number, nowMs: number, message?: string): void;
  /** Time has passed; call no later than {@link dueMs}. */
  tick(nowMs: number): void;
  /** Try again now instead of when it would be due: the network is back. */
  retry(nowMs: number): void;
  /** False when it cannot be taken: the command is over, the view may not type, or too much is waiting (1 MiB). */
  type(data: Uint8Array): boolean;
  /** Everything before `offset` is on the screen, or stored. */
  took(offset: number): void;
  view(size: TerminalSize, visible: boolean): void;
  /** False while there is no link; nothing is kept for later. */
  lease(action: 'take' | 'release'): boolean;
  signal(name: string): boolean;
  /** Asks for lines; the answer is an event of this id. Asked again over every reconnect until it comes. */
  history(from: number, to: number): number;
  close(): void;
  take(): readonly ViewWish[];
  /** When `tick` is due next. */
  readonly dueMs: number | undefined;
  readonly link: ViewLink;
  /** Where the next byte is expected. */
  readonly place: LogPlace | undefined;
}
