import { Flags } from '@oclif/core';
import { spaceFlags } from './flags.js';

/** Which Space is meant, and what it is to have besides files. */
export const spaceSettingFlags = {
  ...spaceFlags,
  private: Flags.boolean({ summary: 'Make the Space private.', helpGroup: 'SPACE' }),
  hardware: Flags.string({ summary: 'Hardware, such as cpu-basic.', helpGroup: 'SPACE', helpValue: 'FLAVOR' }),
  variable: Flags.string({ summary: 'Set a variable.', helpGroup: 'SPACE', helpValue: 'KEY=VALUE', multiple: true }),
  secret: Flags.string({
    summary: "Set a secret to the value of the environment's variable NAME, or to what a file holds.",
    helpGroup: 'SPACE',
    helpValue: 'NAME[=@FILE]',
    multiple: true,
  }),
};
