import type { Manual } from './manual.js';

/** Where the reference points to, from where it stands. */
export interface ReferenceLinks {
  readonly schemas: string;
  /** Who made it, as a comment under the title. */
  readonly note: string;
}

/** The reference of a command line, for people. */
export function renderReference(manual: Manual, { schemas, note }: ReferenceLinks): string {
  const parts = [
    '# Command line',
    '',
    `<!-- ${note} -->`,
    '',
    'Data goes to standard output, talk to standard error. With `--json` standard output carries',
    '`{ "ok": true, "data": …, "warnings": [] }` or `{ "ok": false, "error": { "code", "message", "hint", "exitCode",',
    `"details" } }\`, one value a line; the schemas of \`data\` lie in [\`${schemas.replace(/^(\.\.\/)+/, '')}\`](${schemas}). Commands`,
    'that go on after saying something print that as a line of its own. The [errors](errors.md) and the',
    '[environment](environment.md) have pages of their own.',
    '',
    'Exit codes: 0 done; 1 the world is not as wanted; 2 the input is wrong; 129, 130, 141 and 143 ended by a hang-up,',
    'Ctrl-C, a reader that left, or SIGTERM. Commands that hand on the exit code of another command end with 75, 124 or',
    '125 where it is their own.',
    '',
    'Flags of every command: `--json`, `--quiet` (say nothing but data and errors), `--debug` (say what is done, and where',
    'an error came from), `--help`.',
  ];
  for (const { name, summary, description, usage, aliases, rows, examples } of manual.commands) {
    parts.push('', `## ${manual.bin} ${name}`, '', summary);
    if (description) parts.push('', description.includes('\n\n') ? fenced(description) : description);
    parts.push('', fenced(usage));
    if (aliases.length > 0) parts.push('', `Also called ${aliases.map((alias) => `\`${alias}\``).join(', ')}.`);
    if (rows.length > 0)
      parts.push('', '| | |', '|---|---|', ...rows.map(([left, text]) => `| \`${left}\` | ${cell(text)} |`));
    if (examples.length > 0) parts.push('', fenced(examples.join('\n')));
  }
  return `${parts.join('\n')}\n`;
}

function fenced(text: string): string {
  return `\`\`\`\n${text}\n\`\`\``;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
