import { Flags } from '@oclif/core';
import type { Interfaces } from '@oclif/core';
import type { StringFlag } from '@hawser/cli-kit';
import { spaceFlags } from './flags.js';

type ListFlag = Interfaces.OptionFlag<string[] | undefined>;

/** Which Space is meant, and what it is to have besides files. */
export const spaceSettingFlags: {
  readonly namespace: StringFlag;
  readonly 'space-name': StringFlag;
  readonly 'repo-id': StringFlag;
  readonly private: Interfaces.BooleanFlag<boolean>;
  readonly hardware: StringFlag;
  readonly variable: ListFlag;
  readonly secret: ListFlag;
} = {
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
