import { type EnvFormat, SAFE, refuseAnywhere, scanBy } from './format.js';

/**
 * `NAME=value` without quotes, for values that sh, bash, npm dotenv, `node --env-file`, docker, systemd and
 * python-dotenv read alike. For any other value there is no spelling that all of them accept: docker takes quotes for
 * a part of the value, and shells need them.
 */
export const portable: EnvFormat = {
  name: 'portable',
  hasComments: true,
  refuse(value) {
    const why = refuseAnywhere(value);
    if (why !== undefined || SAFE.test(value)) return why;
    return 'it holds characters that not every reader takes without quotes';
  },
  render: (name, value) => `${name}=${value}\n`,
  scan: (text) =>
    scanBy(/[ \t]*(?:export[ \t]+)?(?<name>[A-Za-z_]\w*)=(?<value>[^\r\n]*)/, text, (raw) => {
      const value = raw.trimEnd();
      return /^'[^']*'$|^"[^"]*"$/.test(value) ? value.slice(1, -1) : value;
    }),
};
