import { Args, Flags } from '@oclif/core';
import type { Interfaces } from '@oclif/core';
import { durationFlag, type NumberFlag, type StringFlag } from '@hawser/cli-kit';

/** An environment on this machine. */
export function environmentArg(): Interfaces.Arg<string> {
  return Args.string({
    required: true,
    description: 'Environment in src/envs/, envs/ or ./, or the path of its folder.',
  });
}

/** A Space on the Hub. */
export function spaceArg(): Interfaces.Arg<string> {
  return Args.string({
    required: true,
    description: 'Space: NAME of your own, NAMESPACE/NAME, or the ./PATH of its environment.',
  });
}

/** Flags of every command that talks to a Hub. */
export const hubFlags: { readonly 'endpoint-url': StringFlag } = {
  'endpoint-url': Flags.string({
    summary: 'Talk to this Hub instead of huggingface.co.',
    helpGroup: 'HUB',
    helpValue: 'URL',
    env: 'HF_ENDPOINT',
  }),
};

/** How long to wait for a Space. */
export const timeoutFlag: NumberFlag = durationFlag({ summary: 'Wait no longer than this. Default: 30m.' });

/** What follows a push. */
export const afterPushFlags = {
  wait: Flags.boolean({ summary: 'Wait until the Space runs.', helpGroup: 'AFTERWARDS' }),
  timeout: { ...timeoutFlag, helpGroup: 'AFTERWARDS' },
  live: Flags.boolean({ summary: 'Wait, then hold the running app to the rules of OpenEnv.', helpGroup: 'AFTERWARDS' }),
  'rollback-on-failure': Flags.boolean({
    summary: 'Wait, and go back to the commit before when the Space does not run.',
    helpGroup: 'AFTERWARDS',
  }),
};
