import { Flags } from '@oclif/core';
import { awsFlags } from '@hawser/cli-kit';

/** The stack that a command works on, and the account that it is in. */
export const stackFlags = {
  'stack-name': Flags.string({
    summary: 'Stack; every name in it begins with this.',
    helpValue: 'NAME',
    default: 'hawser',
  }),
  ...awsFlags,
};

/** The flags of {@link stackFlags} as they were given. */
export interface StackFlags {
  readonly 'stack-name': string;
}
