import { homedir } from 'node:os';
import type { Config } from '@oclif/core';
import { CliError } from '../errors.js';
import { type Decision, type Resolved, SettingResolver, type SettingSource, settingOf } from './resolve.js';
import { allSettings } from './settings/all.js';

/** Where a value stands, as it may be shown. */
export interface ShownDecision {
  readonly source: SettingSource;
  /** Not of a secret. */
  readonly value?: string;
  /** A variable, or file, line and key; for a default, what it is. */
  readonly where: string;
  readonly variable?: string;
  readonly file?: string;
  /** From 1. */
  readonly line?: number;
  readonly key?: string;
}

/** A setting, its value, and where that is from. */
export interface ShownSetting extends ShownDecision {
  readonly name: string;
  /** What it is, to follow its name. */
  readonly summary: string;
  readonly secret: boolean;
  /** Whether anybody decided it; else the default holds. */
  readonly set: boolean;
  /** Flags that go before all of this. */
  readonly flags: readonly string[];
  readonly variables: readonly string[];
  /** What it was preferred to. */
  readonly over: readonly ShownDecision[];
}

/** A resolver for where one stands. */
export function resolverHere({ configDir }: Pick<Config, 'configDir'>): SettingResolver {
  return new SettingResolver({ from: process.cwd(), env: process.env, home: homedir(), configDir });
}

/**
 * Settings and who decided them: all, those of a topic, or one.
 *
 * @throws CliError HAWSER_CONFIG_UNKNOWN
 */
export async function listSettings(
  wanted: string | undefined,
  config: Pick<Config, 'configDir'>,
): Promise<readonly ShownSetting[]> {
  const named = allSettings.filter(
    ({ name }) => wanted === undefined || name === wanted || name.startsWith(`${wanted}.`),
  );
  if (named.length === 0) {
    const topics = [...new Set(allSettings.map(({ name }) => name.split('.')[0]))];
    throw new CliError('HAWSER_CONFIG_UNKNOWN', `Nothing is called '${wanted}'.`, {
      hint: `Topics with settings: ${topics.join(', ')}.`,
    });
  }
  const resolver = resolverHere(config);
  const shown: ShownSetting[] = [];
  for (const each of named) shown.push(shownSetting(await resolver.resolve(each)));
  return shown;
}

/** One setting and who decided it. */
export async function showSetting(name: string, config: Pick<Config, 'configDir'>): Promise<ShownSetting> {
  return shownSetting(await resolverHere(config).resolve(settingOf(name)));
}

function shownSetting({ setting, decision, over }: Resolved): ShownSetting {
  const { name, summary, secret, flags, variables, otherwise } = setting;
  return {
    name,
    summary,
    secret,
    set: decision !== undefined,
    ...(decision ? shownDecision(decision, secret) : { source: 'default' as const, where: otherwise }),
    flags: [...new Set(flags.map(({ flag }) => `--${flag}`))],
    variables,
    over: over.map((each) => shownDecision(each, secret)),
  };
}

function shownDecision({ text, ...decision }: Decision, secret: boolean): ShownDecision {
  return { ...decision, ...(secret ? {} : { value: text }) };
}
