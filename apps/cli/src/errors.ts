/** What the commands themselves can complain about; see `cliErrors`. */
export type CliErrorCode =
  | 'HAWSER_EMULATE_CHAOS'
  | 'HAWSER_EMULATE_COMMAND_NOT_STARTED'
  | 'HAWSER_SSM_PARAMETER'
  | 'HAWSER_SSM_CP_ARGUMENTS'
  | 'HAWSER_SSM_RUN_TIMED_OUT'
  | 'HAWSER_SSM_EXIT_UNKNOWN'
  | 'HAWSER_SSM_FORWARD_ENDED'
  | 'HAWSER_ECS_TARGET'
  | 'HAWSER_LOCAL_FAILED'
  | 'HAWSER_LOCAL_NOT_RUNNING'
  | 'HAWSER_LOCAL_OTHER_PARTS'
  | 'HAWSER_TOUR_NOT_PROVED'
  | 'HAWSER_DISTRO_FOREIGN_FOLDER'
  | 'HAWSER_DISTRO_PACKAGE_INVALID'
  | 'HAWSER_DISTRO_WRITE_FAILED'
  | 'HAWSER_SETUP_INCOMPLETE'
  | 'HAWSER_SETUP_PRESET'
  | 'HAWSER_SETUP_STEP_FAILED'
  | 'HAWSER_NET_COMMAND_NOT_STARTED'
  | 'HAWSER_NET_DECLINED'
  | 'HAWSER_NET_RUN_TIMED_OUT'
  | 'HAWSER_NET_TWO_FORMS'
  | 'HAWSER_NET_WHICH'
  | 'HAWSER_CONFIG_INVALID'
  | 'HAWSER_CONFIG_NOT_OURS'
  | 'HAWSER_CONFIG_UNKNOWN'
  | 'HAWSER_CTX_DECLINED'
  | 'HAWSER_CTX_NO_SECRET'
  | 'HAWSER_CTX_NO_TUNNEL'
  | 'HAWSER_HF_SETTING'
  | 'HAWSER_HF_PLAN_FILE'
  | 'HAWSER_EXPLAIN_UNKNOWN'
  | 'HAWSER_EXEC_DECLINED'
  | 'HAWSER_EXEC_FILE'
  | 'HAWSER_EXEC_LOST'
  | 'HAWSER_EXEC_NEVER_RAN'
  | 'HAWSER_EXEC_SETTING'
  | 'HAWSER_EXEC_TIMED_OUT'
  | 'HAWSER_RECEIPT_FILE'
  | 'HAWSER_VERIFY_NO_RECEIPT';

/** Every code with its exit code and what to do next when the thrower knows nothing better. */
export const cliErrors: Readonly<Record<CliErrorCode, { readonly exitCode: 1 | 2; readonly hint: string }>> = {
  HAWSER_EMULATE_CHAOS: { exitCode: 2, hint: 'Write it like --chaos lose=0.01,cut-every=500ms.' },
  HAWSER_EMULATE_COMMAND_NOT_STARTED: { exitCode: 1, hint: 'Check that the program exists and may be run.' },
  HAWSER_LOCAL_FAILED: { exitCode: 1, hint: 'hawser local logs says more.' },
  HAWSER_LOCAL_NOT_RUNNING: { exitCode: 1, hint: 'Start it with hawser local up.' },
  HAWSER_LOCAL_OTHER_PARTS: { exitCode: 2, hint: 'hawser local down ends it; then start it as you want it.' },
  HAWSER_TOUR_NOT_PROVED: {
    exitCode: 1,
    hint: 'hawser doctor says what is missing; hawser tour ACT --debug says more.',
  },
  HAWSER_SSM_PARAMETER: { exitCode: 2, hint: 'Write it like --parameter command=ls, once for each value.' },
  HAWSER_SSM_CP_ARGUMENTS: {
    exitCode: 2,
    hint: 'One end is a file here, the other TARGET:PATH: hawser ssm cp notes.txt i-0123456789abcdef0:/tmp/notes.txt',
  },
  HAWSER_SSM_RUN_TIMED_OUT: { exitCode: 1, hint: 'Give it more time with --timeout.' },
  HAWSER_SSM_EXIT_UNKNOWN: { exitCode: 1, hint: 'See on the target whether it ran, and run it again if it did not.' },
  HAWSER_SSM_FORWARD_ENDED: {
    exitCode: 1,
    hint: 'Forward again. Idle and maximum times are set in the Session Manager preferences of the account.',
  },
  HAWSER_HF_PLAN_FILE: { exitCode: 2, hint: 'Make it with hawser hf plan NAME --output FILE.' },
  HAWSER_HF_SETTING: { exitCode: 2, hint: 'Write it like --variable KEY=VALUE, --secret NAME or --secret NAME=@FILE.' },
  HAWSER_DISTRO_FOREIGN_FOLDER: {
    exitCode: 2,
    hint: 'Choose an empty folder, or one that was made by hawser distro docs.',
  },
  HAWSER_DISTRO_PACKAGE_INVALID: { exitCode: 2, hint: 'Give the archive that npm pack makes of @hawser/cli.' },
  HAWSER_DISTRO_WRITE_FAILED: {
    exitCode: 1,
    hint: 'Make room, or see that the folder can be written, and run it again.',
  },
  HAWSER_SETUP_INCOMPLETE: {
    exitCode: 2,
    hint: 'Pass --host, set HAWSER_BASTION_HOST, or describe a set of the name in tunnels.yaml.',
  },
  HAWSER_SETUP_PRESET: { exitCode: 2, hint: 'hawser setup --help names the presets.' },
  HAWSER_SETUP_STEP_FAILED: {
    exitCode: 1,
    hint: 'Correct what it says above, and run hawser setup again: it goes on there.',
  },
  HAWSER_NET_COMMAND_NOT_STARTED: { exitCode: 1, hint: 'Check that the program exists and may be run.' },
  HAWSER_NET_DECLINED: { exitCode: 1, hint: 'Run it again to decide otherwise.' },
  HAWSER_NET_RUN_TIMED_OUT: { exitCode: 1, hint: 'Give it more time with --timeout.' },
  HAWSER_NET_TWO_FORMS: { exitCode: 2, hint: 'Name a set, or say by flags what to open.' },
  HAWSER_NET_WHICH: { exitCode: 2, hint: 'Say --all, or choose by --name, --set, --via or --pid.' },
  HAWSER_CONFIG_INVALID: { exitCode: 2, hint: 'hawser config list --explain shows what may stand where.' },
  HAWSER_CONFIG_NOT_OURS: { exitCode: 2, hint: 'hawser config list --explain says where it is decided.' },
  HAWSER_CONFIG_UNKNOWN: { exitCode: 2, hint: 'hawser config list names the settings there are.' },
  HAWSER_CTX_DECLINED: { exitCode: 1, hint: 'Run it again when you are ready.' },
  HAWSER_CTX_NO_SECRET: {
    exitCode: 2,
    hint: 'Put the key into the environment as PREFECT_API_KEY, or leave --with-secrets out.',
  },
  HAWSER_CTX_NO_TUNNEL: { exitCode: 1, hint: 'Open it with hawser net up; hawser net status names those that are up.' },
  HAWSER_EXPLAIN_UNKNOWN: { exitCode: 2, hint: 'The code is under error.code with --json, and shown with --debug.' },
  HAWSER_EXEC_DECLINED: { exitCode: 1, hint: 'Run it again to decide otherwise.' },
  HAWSER_EXEC_FILE: { exitCode: 2, hint: 'Check its name, and that it may be read or written.' },
  HAWSER_EXEC_LOST: { exitCode: 1, hint: 'See what it did before it is run again: hawser exec logs ID' },
  HAWSER_EXEC_NEVER_RAN: { exitCode: 1, hint: 'hawser exec status ID says why.' },
  HAWSER_EXEC_SETTING: { exitCode: 2, hint: 'Write it like KEY=VALUE.' },
  HAWSER_EXEC_TIMED_OUT: { exitCode: 1, hint: 'Give it more time with --timeout.' },
  HAWSER_RECEIPT_FILE: { exitCode: 2, hint: 'Check its name, and that it may be read or written.' },
  HAWSER_VERIFY_NO_RECEIPT: {
    exitCode: 2,
    hint: 'Give a file that was written by --receipt, or a transcript: hawser sessions logs ID --format transcript.',
  },
  HAWSER_ECS_TARGET: { exitCode: 2, hint: 'Write it as CLUSTER/TASK or CLUSTER/TASK/CONTAINER.' },
};

/** The one error class of the commands. What libraries throw passes them unchanged. */
export class CliError extends Error {
  readonly code: CliErrorCode;
  readonly exitCode: 1 | 2;
  readonly hint: string;
  readonly details: Readonly<Record<string, string | number>>;
  /** How a command that hands on exit codes ends because of this, where that is not 125. */
  readonly runExitCode: number | undefined;

  static {
    this.prototype.name = 'CliError';
  }

  constructor(
    code: CliErrorCode,
    message: string,
    options: {
      readonly hint?: string;
      readonly details?: Readonly<Record<string, string | number>>;
      readonly cause?: unknown;
      readonly runExitCode?: number;
    } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.exitCode = cliErrors[code].exitCode;
    this.hint = options.hint ?? cliErrors[code].hint;
    this.details = options.details ?? {};
    this.runExitCode = options.runExitCode;
  }
}
