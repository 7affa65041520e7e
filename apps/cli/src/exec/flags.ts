import { Args, Flags } from '@oclif/core';
import type { Interfaces } from '@oclif/core';
import { durationFlag } from '@hawser/cli-kit';
import { secondsFlag } from '../wiring/seconds-flag.js';

/** An execution by its id, or by as many of its letters as no other has. */
export function idArg(): Interfaces.Arg<string> {
  return Args.string({ required: true, description: 'Execution: its id, or a beginning of it that is unique.' });
}

/** Which backend a command talks to. */
export const backendFlags = {
  backend: Flags.string({
    summary: 'Talk to this backend of your configuration; local is this machine.',
    helpGroup: 'BACKEND',
    helpValue: 'NAME',
    env: 'HAWSER_EXEC_BACKEND',
  }),
  local: Flags.boolean({
    summary: 'Run on this machine, though the project runs elsewhere.',
    helpGroup: 'BACKEND',
  }),
};

/** How an execution is watched. */
export const watchFlags = {
  'on-interrupt': Flags.option({
    summary:
      'What Ctrl-C does to the execution. Default: on a terminal it goes away and a second one cancels; else it cancels.',
    helpGroup: 'WATCHING',
    options: ['detach', 'cancel'] as const,
  })(),
  'wait-timeout': {
    ...durationFlag({ summary: 'Stop watching after this long, and leave it running: exit code 75.' }),
    helpGroup: 'WATCHING',
  },
  receipt: Flags.string({
    summary: 'Write the signed receipt into this file when it has ended.',
    helpGroup: 'WATCHING',
    helpValue: 'FILE',
  }),
};

/** Whether it is watched at all. */
export const detachFlag: Interfaces.BooleanFlag<boolean> = Flags.boolean({
  char: 'd',
  summary: 'Come back as soon as it is started.',
  helpGroup: 'WATCHING',
  exclusive: ['wait-timeout', 'receipt'],
});

/** What a new execution is made of, besides the command. */
export const runFlags = {
  ...backendFlags,
  isolation: Flags.option({
    summary: 'How a run on this machine is kept apart from it. Default: whatever is there.',
    helpGroup: 'BACKEND',
    options: ['auto', 'process', 'sandbox', 'container'] as const,
  })(),
  runner: Flags.string({
    summary: 'Program of a plugin that a run on this machine is run by.',
    helpGroup: 'BACKEND',
    helpValue: 'NAME',
    exclusive: ['isolation'],
  }),
  repo: Flags.string({
    char: 'r',
    summary: 'Repository to clone. Default: of .hawser.yaml, or the remote of this folder.',
    helpGroup: 'SOURCE',
    helpValue: 'URL',
    exclusive: ['no-repo'],
  }),
  'no-repo': Flags.boolean({ summary: 'Clone nothing: run in an empty folder.', helpGroup: 'SOURCE' }),
  branch: Flags.string({
    char: 'b',
    summary: "Branch, tag or commit; . is the branch you stand on. Default: the remote's HEAD.",
    helpGroup: 'SOURCE',
    helpValue: 'REF',
  }),
  workdir: Flags.string({
    char: 'w',
    summary: 'Folder of the repository to run in.',
    helpGroup: 'SOURCE',
    helpValue: 'PATH',
  }),
  dirty: Flags.boolean({
    summary: 'Take along what is changed here and in no commit yet.',
    helpGroup: 'SOURCE',
    exclusive: ['no-repo'],
  }),
  image: Flags.string({ summary: 'Container image to run in.', helpGroup: 'COMMAND', helpValue: 'IMAGE' }),
  entrypoint: Flags.option({
    summary: "Give the command to a shell, or to the image's own entry point.",
    helpGroup: 'COMMAND',
    options: ['shell', 'image'] as const,
  })(),
  env: Flags.string({
    char: 'e',
    summary: 'Set a variable; a name alone passes your own of that name. May be repeated.',
    helpGroup: 'COMMAND',
    helpValue: 'KEY[=VALUE]',
    multiple: true,
  }),
  secret: Flags.string({
    summary: 'Set a variable to a stored secret; a name alone is both. May be repeated.',
    helpGroup: 'COMMAND',
    helpValue: 'KEY[=NAME]',
    multiple: true,
  }),
  timeout: secondsFlag({ summary: 'Stop the command after this long. Default: 1800.', helpGroup: 'COMMAND' }),
  grace: secondsFlag({
    summary: 'Time between telling the command to end and ending it. Default: 120.',
    helpGroup: 'COMMAND',
  }),
  label: Flags.string({
    char: 'l',
    summary: 'Remember this with the execution. May be repeated.',
    helpGroup: 'COMMAND',
    helpValue: 'KEY=VALUE',
    multiple: true,
  }),
  lock: Flags.string({
    summary: 'Run only while no other holds this lock; none opts out of the automatic one.',
    helpGroup: 'LOCK',
    helpValue: 'NAME|none',
  }),
  'lock-policy': Flags.option({
    summary: 'When another holds the lock: refuse, queue, or take the place of one that queues. Default: wait.',
    helpGroup: 'LOCK',
    options: ['fail', 'wait', 'replace'] as const,
  })(),
  'lock-timeout': secondsFlag({ summary: 'Queue no longer than this.', helpGroup: 'LOCK' }),
  detach: detachFlag,
  ...watchFlags,
  yes: Flags.boolean({ char: 'y', summary: 'Send work that is in no commit without asking.', helpGroup: 'SOURCE' }),
  role: Flags.string({ summary: 'Task role to take on.', helpGroup: 'FARGATE', helpValue: 'ARN' }),
  cpu: Flags.integer({ summary: 'Units of processor: 1024 is one.', helpGroup: 'FARGATE', helpValue: 'UNITS' }),
  memory: Flags.integer({ summary: 'Memory.', helpGroup: 'FARGATE', helpValue: 'MIB' }),
  disk: Flags.integer({ summary: 'Disk.', helpGroup: 'FARGATE', helpValue: 'GIB' }),
  platform: Flags.option({
    summary: 'Processor to run on.',
    helpGroup: 'FARGATE',
    options: ['auto', 'X86_64', 'ARM64'] as const,
  })(),
  attachable: Flags.boolean({ summary: 'Let hawser exec attach in.', helpGroup: 'FARGATE' }),
  'git-credentials': Flags.option({
    summary: "Who sees git's credentials: the clone alone, or the command too.",
    helpGroup: 'FARGATE',
    options: ['clone', 'run'] as const,
  })(),
};

/** The flags of a run, as they were given. */
export type RunFlags = Interfaces.InferredFlags<typeof runFlags>;
/** The flags that choose a backend, as they were given. */
export type BackendFlags = Interfaces.InferredFlags<typeof backendFlags>;
