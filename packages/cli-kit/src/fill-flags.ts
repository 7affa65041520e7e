import type { Interfaces } from '@oclif/core';
import { CliKitError } from './errors.js';

/** A value for a flag that nobody gave, and where it stands in words that can follow `from`. */
export interface FilledFlag {
  readonly text: string;
  /** e.g. `.hawser.yaml:4 (settings.aws.region)`. */
  readonly source: string;
}

/** What is known of a command line whose flags may be filled. */
export interface FillRequest {
  /** The command, such as `ssm:list`. */
  readonly command: string;
  /** Names of the flags that it takes. */
  readonly flags: readonly string[];
  /** Whether the command line or a variable gave it. */
  readonly isGiven: (flag: string) => boolean;
}

/** Says what the person's files say of flags that neither the command line nor a variable gave, by their names. */
export type FillFlags = (request: FillRequest) => Promise<Readonly<Record<string, FilledFlag>>>;

/** What a program adds to the configuration of the commands it runs. */
export interface HostConfig {
  /** Without it flags are what command line, variables and defaults say. */
  readonly fillFlags?: FillFlags;
}

type AnyFlag = Interfaces.Flag<unknown>;

/**
 * Turns filled texts into what the flags would have been had they been typed.
 *
 * @throws CliKitError HAWSER_CLI_USAGE for a text that the flag does not take; its message names the place
 */
export async function parseFilled(
  filled: Readonly<Record<string, FilledFlag>>,
  definitions: Readonly<Record<string, AnyFlag>>,
): Promise<Readonly<Record<string, unknown>>> {
  const parsed = await Promise.all(
    Object.entries(filled).map(async ([name, { text, source }]) => {
      const definition = definitions[name];
      if (!definition) return [];
      try {
        return [[name, await parseText(text, definition)] as const];
      } catch (cause) {
        throw new CliKitError('HAWSER_CLI_USAGE', `${source}: ${(cause as Error).message}`, {
          hint: 'hawser config list --explain shows what stands where.',
          cause,
        });
      }
    }),
  );
  return Object.fromEntries(parsed.flat());
}

async function parseText(text: string, definition: AnyFlag): Promise<unknown> {
  if (definition.type === 'boolean') {
    if (text === 'true' || text === 'false') return text === 'true';
    throw new Error(`'${text}' is neither true nor false.`);
  }
  const { options, parse } = definition;
  if (options && !options.includes(text)) throw new Error(`'${text}' may be ${options.join(', ')}.`);
  // The parsers of our flags take the text alone; the rest of what oclif hands them is for completion.
  return parse ? await (parse as (text: string, context: unknown, options: unknown) => unknown)(text, {}, {}) : text;
}
