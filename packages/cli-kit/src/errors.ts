/** What this package can complain about; see `cliKitErrors`. */
export type CliKitErrorCode =
  | 'HAWSER_CLI_USAGE'
  | 'HAWSER_CLI_UNKNOWN_COMMAND'
  | 'HAWSER_CLI_COMMAND_FAILED'
  | 'HAWSER_CLI_NOT_INTERACTIVE'
  | 'HAWSER_CLI_EXTENSION_BROKEN';

/** Every code with its exit code and what to do next when the thrower knows nothing better. */
export const cliKitErrors: Readonly<Record<CliKitErrorCode, { readonly exitCode: 1 | 2; readonly hint: string }>> = {
  HAWSER_CLI_USAGE: { exitCode: 2, hint: 'Add --help to see what the command takes.' },
  HAWSER_CLI_UNKNOWN_COMMAND: { exitCode: 2, hint: 'hawser --help lists the commands.' },
  HAWSER_CLI_COMMAND_FAILED: { exitCode: 1, hint: 'Run it again with DEBUG=* to see what it did.' },
  HAWSER_CLI_NOT_INTERACTIVE: { exitCode: 2, hint: 'Give the answer as a flag, or run it in a terminal.' },
  HAWSER_CLI_EXTENSION_BROKEN: { exitCode: 1, hint: 'hawser plugins lists what is installed; update or uninstall it.' },
};

/** The one error class of this package: a mistake in what was typed, or a question nobody can answer. */
export class CliKitError extends Error {
  readonly code: CliKitErrorCode;
  readonly exitCode: 1 | 2;
  readonly hint: string;
  readonly details: Readonly<Record<string, string | readonly string[]>>;

  static {
    this.prototype.name = 'CliKitError';
  }

  constructor(
    code: CliKitErrorCode,
    message: string,
    options: {
      readonly hint?: string;
      readonly details?: Readonly<Record<string, string | readonly string[]>>;
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.exitCode = cliKitErrors[code].exitCode;
    this.hint = options.hint ?? cliKitErrors[code].hint;
    this.details = options.details ?? {};
  }
}
