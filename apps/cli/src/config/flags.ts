import { Args, Flags } from '@oclif/core';
import type { Interfaces } from '@oclif/core';

/** Whose file is changed. */
export const whoseFlags = {
  project: Flags.boolean({ summary: "In the project's file, .hawser.yaml, for everybody.", exclusive: ['user'] }),
  user: Flags.boolean({ summary: 'In your own file, config.yaml. This is the default.', exclusive: ['project'] }),
};

/** A setting. */
export function settingArg(): Interfaces.Arg<string> {
  return Args.string({ required: true, description: 'Setting, as hawser config list --explain names it.' });
}
