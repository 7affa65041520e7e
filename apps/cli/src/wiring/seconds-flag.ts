import { Flags } from '@oclif/core';
import { parseDuration, type NumberFlag } from '@hawser/cli-kit';

/** A duration in milliseconds, of which a bare number is seconds, as older tools have it. */
export function secondsFlag(options: { readonly summary: string; readonly helpGroup?: string }): NumberFlag {
  return Flags.custom<number>({
    ...options,
    helpValue: 'DURATION',
    parse: async (text) => (/^\d+(?:\.\d+)?$/.test(text) ? Math.round(Number(text) * 1000) : parseDuration(text)),
  })();
}
