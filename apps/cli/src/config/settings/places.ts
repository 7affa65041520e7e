import { type Setting, setting } from '../setting.js';

const folder = (name: string, variable: string, summary: string, otherwise: string): Setting =>
  setting({
    name: `places.${name}`,
    summary,
    variables: [variable],
    // A file that says where files are could only be found by somebody who knows.
    project: false,
    user: false,
    otherwise,
  });

/** Where files are kept. */
export const placesSettings: readonly Setting[] = [
  folder('state', 'HAWSER_STATE_DIR', 'the folder of state', '.hawser, searched upwards to the git root'),
  folder('config', 'HAWSER_CONFIG_DIR', 'your own configuration', 'hawser below $XDG_CONFIG_HOME, or ~/.config'),
  folder('data', 'HAWSER_DATA_DIR', 'your own data', 'hawser below $XDG_DATA_HOME, or ~/.local/share'),
  folder('cache', 'HAWSER_CACHE_DIR', 'what can be made again', 'hawser below $XDG_CACHE_HOME, or ~/.cache'),
];
