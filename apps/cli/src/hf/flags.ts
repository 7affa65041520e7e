import { Flags } from '@oclif/core';
import { durationFlag, type NumberFlag, type StringFlag } from '@hawser/cli-kit';

/** Flags of every command that talks to a Hub. */
export const hubFlags: { readonly 'endpoint-url': StringFlag } = {
  'endpoint-url': Flags.string({
    summary: 'Talk to this Hub instead of huggingface.co.',
    helpGroup: 'HUB',
    helpValue: 'URL',
    env: 'HF_ENDPOINT',
  }),
};

/** Which Space is meant. */
export const spaceFlags: {
  readonly namespace: StringFlag;
  readonly 'space-name': StringFlag;
  readonly 'repo-id': StringFlag;
} = {
  namespace: Flags.string({
    summary: 'Person or organization the Space belongs to. Default: whose token it is.',
    helpGroup: 'SPACE',
    helpValue: 'NAME',
  }),
  'space-name': Flags.string({
    summary: "Name of the Space. Default: the environment's name.",
    helpGroup: 'SPACE',
    helpValue: 'NAME',
  }),
  'repo-id': Flags.string({
    summary: 'Both in one.',
    helpGroup: 'SPACE',
    helpValue: 'NAMESPACE/NAME',
    exclusive: ['namespace', 'space-name'],
  }),
};

/** How long to wait for a Space. */
export const timeoutFlag: NumberFlag = durationFlag({ summary: 'Wait no longer than this. Default: 30m.' });
