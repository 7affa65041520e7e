import { Args, Flags } from '@oclif/core';
import type { Interfaces } from '@oclif/core';
import { CliKitError } from './errors.js';

/** A flag with a text that may be missing. */
export type StringFlag = Interfaces.OptionFlag<string | undefined>;
/** A flag with a number that may be missing. */
export type NumberFlag = Interfaces.OptionFlag<number | undefined>;

/** Flags of every command; `--json` comes with the base command. */
export const globalFlags: {
  readonly quiet: Interfaces.BooleanFlag<boolean>;
  readonly debug: Interfaces.BooleanFlag<boolean>;
} = {
  quiet: Flags.boolean({ summary: 'Say nothing but data and errors.', helpGroup: 'GLOBAL' }),
  debug: Flags.boolean({ summary: 'Say what is done, and where an error came from.', helpGroup: 'GLOBAL' }),
};

/** Flags of every command that talks to AWS. What is not given, the AWS SDK finds as it always does. */
export const awsFlags: {
  readonly profile: StringFlag;
  readonly region: StringFlag;
  readonly 'endpoint-url': StringFlag;
} = {
  profile: Flags.string({
    summary: 'Use this profile of your AWS configuration.',
    helpGroup: 'AWS',
    helpValue: 'NAME',
    env: 'HAWSER_PROFILE',
  }),
  region: Flags.string({
    summary: 'Use this AWS region.',
    helpGroup: 'AWS',
    helpValue: 'REGION',
    env: 'HAWSER_REGION',
  }),
  'endpoint-url': Flags.string({
    summary: 'Send AWS calls to this address instead of AWS.',
    helpGroup: 'AWS',
    helpValue: 'URL',
    env: 'HAWSER_ENDPOINT_URL',
    parse: parseEndpoint,
  }),
};

/** What a Session Manager command works on. */
export function targetArg(
  summary: string = 'Instance or managed-node id, ecs:CLUSTER_TASK_CONTAINER, tag:Key=Value, or a Name tag.',
): Interfaces.Arg<string> {
  return Args.string({ required: true, description: summary });
}

/** A TCP port. `least` is 0 where 0 means any free port. */
export function portFlag({ summary, least = 1 }: { readonly summary: string; readonly least?: 0 | 1 }): NumberFlag {
  return Flags.custom<number>({ summary, helpValue: 'PORT', parse: async (text) => parsePort(text, least) })();
}

/** A TCP port that must be given. */
export function requiredPortFlag({ summary }: { readonly summary: string }): Interfaces.OptionFlag<number> {
  return Flags.custom<number>({
    summary,
    required: true,
    helpValue: 'PORT',
    parse: async (text) => parsePort(text, 1),
  })();
}

function parsePort(text: string, least: number): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port >= least && port <= 65_535) return port;
  throw usage(`'${text}' is no port: it must be a number from ${least} to 65535.`);
}

/** A duration such as `90s`, `5m`, `1h30m` or `500ms`, in milliseconds. */
export function durationFlag(options: { readonly summary: string }): NumberFlag {
  return Flags.custom<number>({
    ...options,
    helpValue: 'DURATION',
    parse: async (text) => parseDuration(text),
  })();
}

/** Milliseconds of `90s`, `5m`, `1h30m`, `1d`, `500ms`. Throws `HAWSER_CLI_USAGE` for anything else. */
export function parseDuration(text: string): number {
  const unitMs: Readonly<Record<string, number>> = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000, ms: 1 };
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|d|h|m|s)/g)];
  if (parts.length === 0 || parts.map((part) => part[0]).join('') !== text) {
    throw usage(`'${text}' is no duration: write it like 90s, 5m, 1h30m or 500ms.`);
  }
  return Math.round(parts.reduce((sum, part) => sum + Number(part[1]) * unitMs[part[2]!]!, 0));
}

async function parseEndpoint(text: string): Promise<string> {
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return text;
  throw usage(`'${text}' is no address: it must begin with https:// or http://.`);
}

function usage(message: string): CliKitError {
  return new CliKitError('HAWSER_CLI_USAGE', message);
}
