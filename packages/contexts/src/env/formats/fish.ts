import { type EnvFormat, SAFE, refuseAnywhere, scanBy } from './format.js';

/**
 * Commands of the fish shell: `set -gx NAME 'value'`, read with `source FILE`. Within single quotes a backslash makes
 * `'` and `\` plain, and nothing else ("The fish language", quotes).
 */
export const fish: EnvFormat = {
  name: 'fish',
  hasComments: true,
  refuse: refuseAnywhere,
  render(name, value) {
    const isBare = value !== '' && SAFE.test(value);
    return `set -gx ${name} ${isBare ? value : `'${value.replaceAll(/['\\]/g, String.raw`\$&`)}'`}\n`;
  },
  scan: (text) =>
    scanBy(
      /[ \t]*set[ \t]+(?:-\w+[ \t]+)+(?<name>[A-Za-z_]\w*)[ \t]+(?<value>'(?:[^'\\]|\\[^])*'|[\w@%+=:,./-]+)(?=[ \t]*(?:#[^\n]*)?(?:\n|$))/,
      text,
      (raw) => (raw.startsWith("'") ? raw.slice(1, -1).replaceAll(/\\(['\\])/g, '$1') : raw),
    ),
};
