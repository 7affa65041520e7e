import type { Manual, ManualCommand } from './manual.js';

/** One man(1) page for the program and one for each command, by file name. */
export function renderManPages(manual: Manual, date: string): ReadonlyMap<string, string> {
  return new Map([
    [`${manual.bin}.1`, overview(manual, date)],
    ...manual.commands.map((command): [string, string] => [
      `${pageName(manual, command)}.1`,
      commandPage(manual, command, date),
    ]),
  ]);
}

function overview(manual: Manual, date: string): string {
  const { bin, description, topics, commands, globalFlags } = manual;
  return page([
    titleLine(manual, bin, '1', date),
    ...section('NAME', [`${roff(bin)} \\- ${roff(firstSentence(description))}`]),
    ...section('SYNOPSIS', [`\\fB${roff(bin)}\\fR \\fICOMMAND\\fR [\\fIFLAGS\\fR]`]),
    ...section('DESCRIPTION', paragraphs(description)),
    ...section(
      'TOPICS',
      topics.flatMap(([name, text]) => item(name, text)),
    ),
    ...section(
      'COMMANDS',
      commands.flatMap(({ name, summary }) => item(`${bin} ${name}`, summary)),
    ),
    ...section(
      'FLAGS OF EVERY COMMAND',
      globalFlags.flatMap(([name, text]) => item(name, text)),
    ),
    ...section('EXIT STATUS', exitStatus()),
    ...section('SEE ALSO', seeAlso(commands.map((command) => pageName(manual, command)))),
  ]);
}

function commandPage(manual: Manual, command: ManualCommand, date: string): string {
  const { summary, description, usage, aliases, rows, examples } = command;
  return page([
    titleLine(manual, pageName(manual, command), '1', date),
    ...section('NAME', [`${roff(pageName(manual, command))} \\- ${roff(summary)}`]),
    ...section('SYNOPSIS', [`\\fB${roff(usage)}\\fR`]),
    ...section('DESCRIPTION', paragraphs(description === '' ? summary : description)),
    ...section(
      'ARGUMENTS AND FLAGS',
      rows.flatMap(([left, text]) => item(left, text)),
    ),
    ...section(
      'ALIASES',
      aliases.flatMap((alias) => paragraphs(alias)),
    ),
    ...section('EXAMPLES', examples.length === 0 ? [] : ['.nf', ...examples.map((line) => guarded(roff(line))), '.fi']),
    ...section('EXIT STATUS', exitStatus()),
    ...section('SEE ALSO', seeAlso([manual.bin])),
  ]);
}

/** The line every man page begins with. */
export function titleLine({ bin, version }: Manual, name: string, part: string, date: string): string {
  return `.TH "${roff(name.toUpperCase())}" "${part}" "${date}" "${roff(`${bin} ${version}`)}" "${roff(bin)} manual"`;
}

export function exitStatus(): string[] {
  return [
    ...item('0', 'Done.'),
    ...item('1', 'The world is not as wanted.'),
    ...item('2', 'The input, or a stored document, is wrong.'),
    ...item('129, 130, 141, 143', 'Ended by a hang-up, Ctrl-C, a reader that left, or SIGTERM.'),
  ];
}

function seeAlso(names: readonly string[]): string[] {
  return [names.map((name) => `\\fB${roff(name)}\\fR(1)`).join(',\n')];
}

function pageName({ bin }: Manual, { name }: ManualCommand): string {
  return `${bin}-${name.replaceAll(' ', '-')}`;
}

export function section(title: string, body: readonly string[]): string[] {
  return body.length === 0 ? [] : [`.SH ${title}`, ...body];
}

export function item(name: string, text: string): string[] {
  return ['.TP', `\\fB${roff(name)}\\fR`, ...lines(text)];
}

function paragraphs(text: string): string[] {
  return text
    .split('\n')
    .flatMap((line, index) => (line.trim() === '' ? [] : [...(index === 0 ? [] : ['.PP']), ...lines(line)]));
}

function lines(text: string): string[] {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => guarded(roff(line.trim())));
}

/** A line that begins with a control character of troff would be a request. */
export function guarded(line: string): string {
  return /^[.']/.test(line) ? `\\&${line}` : line;
}

/** A text as troff wants it. */
export function roff(text: string): string {
  return text.replaceAll('\\', '\\e').replaceAll('-', '\\-').replaceAll('`', '').replaceAll('"', '\\(dq');
}

function firstSentence(text: string): string {
  return text.replace(/\.$/, '');
}

export function page(parts: readonly string[]): string {
  return `${parts.join('\n')}\n`;
}
