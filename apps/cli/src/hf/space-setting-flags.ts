import { Flags } from '@oclif/core';

/** Values of secrets, none of which stands on the command line. */
export const secretFlag = Flags.string({
  summary: 'Set a secret to the value of the variable NAME in the environment, or to what a file holds.',
  helpGroup: 'SPACE',
  helpValue: 'NAME[=@FILE]',
  multiple: true,
});

/** Which Space is meant, and what it is to have besides files. */
export const spaceSettingFlags = {
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
    summary: 'Namespace and name of the Space in one.',
    helpGroup: 'SPACE',
    helpValue: 'NAMESPACE/NAME',
    exclusive: ['namespace', 'space-name'],
  }),
  private: Flags.boolean({ summary: 'Make the Space private. Default: public, or as it is.', helpGroup: 'SPACE' }),
  hardware: Flags.string({
    summary: 'Run the Space on this hardware, such as cpu-basic.',
    helpGroup: 'SPACE',
    helpValue: 'FLAVOR',
  }),
  variable: Flags.string({
    summary: 'Set a variable of the Space.',
    helpGroup: 'SPACE',
    helpValue: 'KEY=VALUE',
    multiple: true,
  }),
  secret: secretFlag,
};
