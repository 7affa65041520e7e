import { Args, Flags } from '@oclif/core';
import type { Interfaces } from '@oclif/core';
import { secondsFlag } from '../wiring/seconds-flag.js';

/** A session by its id, or by as many of its letters as no other has. */
export function sessionArg(): Interfaces.Arg<string> {
  return Args.string({ required: true, description: 'Session: its id, or a beginning of it that is unique.' });
}

/** Which service a command talks to. */
export const serviceFlags = {
  url: Flags.string({
    summary: 'Talk to the service at this address. Its key: HAWSER_SESSIONS_API_KEY, or as configured.',
    helpGroup: 'SERVICE',
    helpValue: 'URL',
    env: 'HAWSER_SESSIONS_URL',
  }),
  local: Flags.boolean({
    summary: 'Use this machine, though another service is configured.',
    helpGroup: 'SERVICE',
  }),
};

/** What a new session is made of, besides the command. */
export const createFlags = {
  ...serviceFlags,
  source: Flags.string({
    char: 's',
    summary: 'Fetch this first: a tree on GitHub, a .zip, a .tar.gz or a .git address.',
    helpGroup: 'SOURCE',
    helpValue: 'URL',
  }),
  checksum: Flags.string({
    summary: 'What the source must be: SHA-256 of an archive, or a commit.',
    helpGroup: 'SOURCE',
    helpValue: 'HEX',
    dependsOn: ['source'],
  }),
  install: Flags.string({
    summary: "Run this before the command; '' runs nothing. Default: npm install where a package.json is.",
    helpGroup: 'SOURCE',
    helpValue: 'COMMAND',
  }),
  prompt: Flags.string({
    char: 'p',
    summary: 'Hand this to the command as HAWSER_PROMPT.',
    helpGroup: 'COMMAND',
    helpValue: 'TEXT',
  }),
  env: Flags.string({
    char: 'e',
    summary: 'Set a variable; a name alone passes your own of that name. May be repeated.',
    helpGroup: 'COMMAND',
    helpValue: 'KEY[=VALUE]',
    multiple: true,
  }),
  label: Flags.string({
    char: 'l',
    summary: 'Remember this with the session. May be repeated.',
    helpGroup: 'COMMAND',
    helpValue: 'KEY=VALUE',
    multiple: true,
  }),
  deadline: secondsFlag({ summary: 'End the command after this long.', helpGroup: 'COMMAND' }),
  idle: secondsFlag({ summary: 'End it after this long without output, input and viewers.', helpGroup: 'COMMAND' }),
  size: Flags.string({
    summary: 'Columns and rows to begin with. Default: of this terminal, or 80x24.',
    helpGroup: 'COMMAND',
    helpValue: 'COLSxROWS',
  }),
  egress: Flags.option({
    summary: 'What the command may reach.',
    helpGroup: 'COMMAND',
    options: ['none', 'public', 'allowlist'] as const,
  })(),
  keep: Flags.boolean({ summary: 'Keep the runner, serving its log, after the command ended.', helpGroup: 'COMMAND' }),
};

/** What is to be run, as one word for a shell; or exactly, behind `--`. */
export function commandArg(): Interfaces.Arg<string[] | undefined> {
  return Args.string({ multiple: true, description: 'Command for a shell, as one word: quote it.' });
}

/** The flags that choose a service, as they were given. */
export type ServiceFlags = Interfaces.InferredFlags<typeof serviceFlags>;
/** The flags of a new session, as they were given. */
export type CreateFlags = Interfaces.InferredFlags<typeof createFlags>;
