/** Codes of the errors an emulator throws at the program that runs it. What it answers to clients are AWS errors instead. */
export type EmulatorErrorCode = 'HAWSER_EMULATOR_OPTION' | 'HAWSER_EMULATOR_LISTEN' | 'HAWSER_EMULATOR_CLOSED';

const table: Readonly<Record<EmulatorErrorCode, { readonly exitCode: 1 | 2; readonly hint: string }>> = {
  HAWSER_EMULATOR_OPTION: { exitCode: 2, hint: 'Correct the option and start the emulator again.' },
  HAWSER_EMULATOR_LISTEN: { exitCode: 1, hint: 'Choose another port, or 0 for any free one.' },
  HAWSER_EMULATOR_CLOSED: { exitCode: 1, hint: 'Start a new emulator; a closed one stays closed.' },
};

/** Something the emulator could not do for the program that runs it. */
export class EmulatorError extends Error {
  readonly code: EmulatorErrorCode;
  /** 1 the world is not as wanted, 2 the input is wrong. */
  readonly exitCode: 1 | 2;
  readonly hint: string;
  readonly details: Readonly<Record<string, string | number>>;

  constructor(
    code: EmulatorErrorCode,
    message: string,
    options: { readonly cause?: unknown; readonly details?: Readonly<Record<string, string | number>> } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.exitCode = table[code].exitCode;
    this.hint = table[code].hint;
    this.details = options.details ?? {};
  }

  static {
    this.prototype.name = 'EmulatorError';
  }
}
