import type { Readable, Writable } from 'node:stream';

/** Size of a terminal in character cells. */
export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

/** The far side, as little of it as a terminal needs. Sessions of `@hawser/ssm-channel` are of this shape as they are. */
export interface Remote {
  /** Takes what the person types. */
  readonly stdin: Writable;
  /** Must end when the session does. */
  readonly stdout: Readable;
  /** Must end when the session does. */
  readonly stderr?: Readable;
  resize(size: TerminalSize): void;
  /** Settles when the session is over, however it ended. */
  readonly ended: Promise<unknown>;
}

/** How a terminal is put on a session. */
export interface AttachOptions {
  readonly remote: Remote;
  /** Where the person types. Default `process.stdin`. Put into raw mode when it is a terminal. */
  readonly input?: Readable;
  /** Where the session's output goes. Default `process.stdout`. */
  readonly output?: Writable;
  /** Where the session's error output goes. Default `process.stderr`. */
  readonly errors?: Writable;
  /**
   * Whether `~.`, `~?`, `~-` and `~~` at the start of a line are ours. Default true. Only what a person types is looked
   * at: bytes from a pipe or a file always pass unchanged.
   */
  readonly escapes?: boolean;
  /**
   * Whether an input chunk that is a single newline is sent as a carriage return: what a Windows shell takes for
   * Enter. Default false; right for shells, wrong for anything that carries data.
   */
  readonly newlineIsEnter?: boolean;
  /**
   * Whether the far side has a terminal of its own that makes lines ready to be shown. Default true: output is shown as
   * it is. False: it has none, and this terminal goes on turning newlines into line breaks.
   */
  readonly rawOutput?: boolean;
  /**
   * What the end of input means. `send-eot` (default) types Ctrl-D, behind Enter when the last line is unfinished: that
   * ends a shell behind a pseudo-terminal once it has read everything. `end` ends the remote's stdin; `keep-reading`
   * says nothing. Output goes on in all three until the session is over.
   */
  readonly onInputEnd?: 'send-eot' | 'end' | 'keep-reading';
  /**
   * What SIGINT, SIGQUIT and SIGTSTP mean when they arrive as signals. `send` (default) passes them on as the bytes
   * Ctrl-C, Ctrl-\\ and Ctrl-Z; `leave` lets go of the terminal. What is typed in raw mode is always passed on.
   */
  readonly interrupts?: 'send' | 'leave';
  /** Lets go of the terminal when aborted. */
  readonly signal?: AbortSignal;
}

/**
 * Why the terminal was let go.
 *
 * `ended`: the session is over and all of its output was written. In every other case the session may still live, and
 * it is for the caller to end it: the person typed `~.` (`escape`), the process was told to end (`signal`), the
 * caller's own signal was aborted (`aborted`), or nobody reads our output any more (`output-closed`).
 */
export type AttachEnd =
  | { readonly reason: 'ended' }
  | { readonly reason: 'escape' }
  | { readonly reason: 'signal'; readonly signal: NodeJS.Signals }
  | { readonly reason: 'aborted' }
  | { readonly reason: 'output-closed' };
