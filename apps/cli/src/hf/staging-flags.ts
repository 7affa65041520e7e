import { Flags } from '@oclif/core';
import type { Interfaces } from '@oclif/core';
import type { StringFlag } from '@hawser/cli-kit';

/** How files are staged. */
export const stagingFlags: {
  readonly 'base-image': StringFlag;
  readonly interface: Interfaces.BooleanFlag<boolean>;
  readonly exclude: Interfaces.OptionFlag<string[] | undefined>;
  readonly 'allow-secrets': Interfaces.BooleanFlag<boolean>;
  readonly 'fix-readme': Interfaces.BooleanFlag<boolean>;
} = {
  'base-image': Flags.string({ summary: 'Build on this image.', helpGroup: 'STAGING', helpValue: 'IMAGE' }),
  interface: Flags.boolean({
    summary: 'Turn the web interface on.',
    helpGroup: 'STAGING',
    default: true,
    allowNo: true,
  }),
  exclude: Flags.string({
    summary: 'Leave these files out, by a pattern as in .gitignore.',
    helpGroup: 'STAGING',
    helpValue: 'PATTERN',
    multiple: true,
  }),
  'allow-secrets': Flags.boolean({ summary: 'Let files through that seem to hold secrets.', helpGroup: 'STAGING' }),
  'fix-readme': Flags.boolean({ summary: 'Correct front matter that would break the Space.', helpGroup: 'STAGING' }),
};
