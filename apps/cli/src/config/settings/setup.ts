import { type Setting, setting } from '../setting.js';

/** What `hawser setup` is told besides what its verbs are. */
export const setupSettings: readonly Setting[] = [
  setting({
    name: 'setup.uv-extras',
    summary: 'extras the Python project is installed with first',
    variables: ['HAWSER_UV_EXTRAS'],
    flags: [{ flag: 'uv-extras', commands: ['setup'] }],
    fills: false,
    choice: 'uv-extras',
    otherwise: 'none: nothing is installed',
  }),
];
