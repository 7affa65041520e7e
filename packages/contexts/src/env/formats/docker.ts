import { type EnvFormat, refuseAnywhere, scanBy } from './format.js';

/** The docker CLI reads lines of at most this many bytes (Go's bufio.MaxScanTokenSize). */
const LONGEST_LINE = 65_535;

/** Longest name that is reckoned with when a value is held against {@link LONGEST_LINE}. */
const LONGEST_NAME = 256;

/**
 * Files of `docker run --env-file`: `NAME=value` up to the end of the line, quotes and blanks included; there is no
 * spelling for a line break (docker/cli pkg/kvfile).
 */
export const docker: EnvFormat = {
  name: 'docker',
  hasComments: true,
  refuse(value) {
    const why = refuseAnywhere(value);
    if (why !== undefined) return why;
    if (value.includes('\n')) return 'it holds a line break';
    if (value.endsWith('\r')) return 'it ends in a carriage return, which docker drops';
    return Buffer.byteLength(value) > LONGEST_LINE - LONGEST_NAME ? 'it is longer than docker reads' : undefined;
  },
  render: (name, value) => `${name}=${value}\n`,
  scan: (text) => scanBy(/[^\S\n]*(?<name>[^\s=#][^\s=]*)=(?<value>[^\n]*)/, text, (raw) => raw.replace(/\r$/, '')),
};
