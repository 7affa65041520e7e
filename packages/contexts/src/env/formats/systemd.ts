import { type EnvFormat, SAFE, refuseAnywhere, scanBy } from './format.js';

/**
 * Files of `EnvironmentFile=` (systemd.exec(5); systemd src/basic/env-file.c): in double quotes a backslash makes `"`,
 * `\`, `` ` `` and `$` plain, and a line break is one. Control characters other than tab and line break make systemd
 * drop the variable (env_value_is_valid in src/basic/env-util.c).
 */
export const systemd: EnvFormat = {
  name: 'systemd',
  hasComments: true,
  refuse(value) {
    const why = refuseAnywhere(value);
    // oxlint-disable-next-line no-control-regex -- they are what is looked for
    return why ?? (/[\x01-\x08\v\f\r\x0E-\x1F\x7F]/.test(value) ? 'it holds a control character' : undefined);
  },
  render: (name, value) =>
    `${name}=${SAFE.test(value) ? value : `"${value.replaceAll(/["\\`$]/g, String.raw`\$&`)}"`}\n`,
  scan: (text) =>
    scanBy(
      /[ \t]*(?<name>[A-Za-z_]\w*)=[ \t]*(?<value>"(?:[^"\\]|\\[^])*"|'[^']*'|(?:[^\n\\"']|\\[^])*)(?=[ \t]*(?:\n|$))/,
      text,
      unquote,
    ),
};

function unquote(raw: string): string {
  if (raw.startsWith('"')) {
    return raw.slice(1, -1).replaceAll(/\\([^])/g, (whole, char: string) => {
      if (char === '\n') return '';
      return '"\\`$'.includes(char) ? char : whole;
    });
  }
  if (raw.startsWith("'")) return raw.slice(1, -1);
  return raw.replaceAll(/\\([^])/g, (_whole, char: string) => (char === '\n' ? '' : char)).trimEnd();
}
