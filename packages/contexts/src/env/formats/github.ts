import { randomUUID } from 'node:crypto';
import { type EnvEntry, type EnvFormat, afterLine, refuseAnywhere } from './format.js';

/**
 * Lines for `$GITHUB_ENV`: `NAME=value`, and for values of several lines `NAME<<DELIMITER`, the value, the delimiter
 * ("Workflow commands for GitHub Actions", multiline strings). The delimiter is random, so that no value can end itself
 * early and set variables of its own. The runner knows no comments.
 */
export const github: EnvFormat = {
  name: 'github',
  hasComments: false,
  refuse(value) {
    const why = refuseAnywhere(value);
    return (
      why ??
      (value.endsWith('\r') ? 'it ends in a carriage return, which the runner takes for its line break' : undefined)
    );
  },
  render(name, value) {
    if (!value.includes('\n')) return `${name}=${value}\n`;
    const delimiter = `hawser_${randomUUID()}`;
    return `${name}<<${delimiter}\n${value}\n${delimiter}\n`;
  },
  scan(text) {
    const entries: EnvEntry[] = [];
    for (let at = 0; at < text.length;) {
      const start = at;
      at = afterLine(text, start);
      const line = text.slice(start, at).replace(/\r?\n$/, '');
      const [, name, sign, rest] = /^([A-Za-z_]\w*?)(=|<<)([^]*)$/.exec(line) ?? [];
      if (name === undefined || rest === undefined) continue;
      if (sign === '=') entries.push({ name, value: rest, start, end: at });
      else {
        const value = takeUntil(text, at, rest);
        if (value === undefined) continue;
        at = value.end;
        entries.push({ name, value: value.text, start, end: at });
      }
    }
    return entries;
  },
};

/** The lines from this place to the one that is the delimiter. */
function takeUntil(text: string, from: number, delimiter: string): { text: string; end: number } | undefined {
  for (let at = from; at < text.length;) {
    const end = afterLine(text, at);
    if (text.slice(at, end).replace(/\r?\n$/, '') === delimiter) {
      return { text: text.slice(from, at).replace(/\r?\n$/, ''), end };
    }
    at = end;
  }
  return undefined;
}
