import type { Style } from '@hawser/cli-kit';

/** An argument as the manifest describes it. */
export interface DescribedArg {
  readonly name: string;
  readonly description?: string;
  readonly required?: boolean;
  readonly hidden?: boolean;
  readonly options?: readonly string[];
}

/** A flag as the manifest describes it. */
export interface DescribedFlag {
  readonly name: string;
  readonly char?: string;
  readonly type: 'boolean' | 'option';
  readonly summary?: string;
  readonly description?: string;
  readonly helpValue?: string | string[];
  readonly helpGroup?: string;
  readonly hidden?: boolean;
  readonly required?: boolean;
  readonly env?: string;
  readonly default?: string | number | boolean | object;
  readonly options?: readonly string[];
}

/** A command as the manifest describes it, ours or a plugin's. */
export interface DescribedCommand {
  readonly id: string;
  readonly summary?: string;
  readonly description?: string;
  readonly usage?: string | string[];
  readonly examples?: readonly (string | { readonly description?: string; readonly command: string })[];
  readonly aliases?: readonly string[];
  /** Old spellings, which go on working. */
  readonly hiddenAliases?: readonly string[];
  readonly hidden?: boolean;
  readonly args: Readonly<Record<string, DescribedArg>>;
  readonly flags: Readonly<Record<string, DescribedFlag>>;
}

/** How help is laid out. */
export interface HelpLayout {
  /** What the program is called. */
  readonly bin: string;
  /** Columns of the terminal. */
  readonly width: number;
  readonly style: Style;
}

/** A name, and what it means. */
export type Row = readonly [name: string, text: string];

/** A topic: what it is about, and what is below it. */
export interface DescribedTopic {
  /** Empty for the whole program. */
  readonly name: string;
  readonly description: string;
  readonly topics: readonly Row[];
  readonly commands: readonly Row[];
}

/**
 * The help of one command, and the names of those below it. `fill` fills in the templates of its texts; by default
 * only those that our own commands use.
 */
export function renderCommandHelp(
  command: DescribedCommand,
  layout: HelpLayout,
  {
    commands = [],
    fill = (text) => fillIn(text, command, layout.bin),
  }: { readonly commands?: readonly Row[]; readonly fill?: (text: string) => string } = {},
): string {
  const description = fill(command.description ?? '').trim();
  const [summary, ...rest] =
    command.summary === undefined ? description.split('\n') : [fill(command.summary), description];
  const flags = Object.values(command.flags).filter(({ hidden }) => !hidden);
  const groups = [...new Set(flags.map(({ helpGroup }) => helpGroup ?? ''))].toSorted((a, b) => rank(a) - rank(b));
  const more = rest.join('\n').trim();
  return sections([
    summary ?? '',
    section('USAGE', [`$ ${layout.bin} ${fill([usageOf(command)].flat().join('\n'))}`], layout),
    table(
      'ARGUMENTS',
      Object.values(command.args)
        .filter(({ hidden }) => !hidden)
        .map(describeArg),
      layout,
    ),
    ...groups.map((group) => {
      const rows = flags.filter(({ helpGroup }) => (helpGroup ?? '') === group).map(describeFlag);
      return table(`${group ? `${group} ` : ''}FLAGS`, rows, layout);
    }),
    section('DESCRIPTION', more === '' ? [] : wrapAll(more, layout.width - 2), layout),
    section(
      'ALIASES',
      (command.aliases ?? []).map((alias) => `$ ${layout.bin} ${spaced(alias)}`),
      layout,
    ),
    section(
      'EXAMPLES',
      (command.examples ?? []).map(
        (example) => `$ ${fill(typeof example === 'string' ? example : example.command).replace(/^\$ /, '')}`,
      ),
      layout,
    ),
    table('COMMANDS', commands.map(spacedRow), layout),
  ]);
}

/** The help of a topic. */
export function renderTopicHelp({ name, description, topics, commands }: DescribedTopic, layout: HelpLayout): string {
  const prefix = name === '' ? '' : `${spaced(name)} `;
  return sections([
    description,
    section('USAGE', [`$ ${layout.bin} ${prefix}COMMAND`], layout),
    table('TOPICS', topics.map(spacedRow), layout),
    table('COMMANDS', commands.map(spacedRow), layout),
    layout.style.faint(`${layout.bin} ${prefix}COMMAND --help says more of each.`),
  ]);
}

/** A command's own flags first, those of every command last. */
function rank(group: string): number {
  return group === '' ? 0 : group === 'GLOBAL' ? 2 : 1;
}

function spacedRow([id, text]: Row): Row {
  return [spaced(id), text];
}

/** As the command states it, else made of its arguments and required flags. */
export function usageOf({ id, usage, args, flags }: DescribedCommand): string | string[] {
  if (usage !== undefined) return usage;
  const words = Object.values(args).map(({ name, required }) =>
    required ? name.toUpperCase() : `[${name.toUpperCase()}]`,
  );
  const needed = Object.values(flags).filter(({ required }) => required);
  return [spaced(id), ...words, ...needed.map(nameOfFlag), '[FLAGS]'].join(' ');
}

function describeArg({ name, description = '', options }: DescribedArg): Row {
  return [name.toUpperCase(), `${description}${options ? ` One of ${options.join(', ')}.` : ''}`];
}

function describeFlag(flag: DescribedFlag): Row {
  const { char, summary, description = '', env, default: value, options } = flag;
  const notes = [
    options ? `One of ${options.join(', ')}.` : '',
    typeof value === 'string' || typeof value === 'number' ? `Default: ${value}.` : '',
    env ? `[${env}]` : '',
  ];
  const text = [summary ?? description.split('\n')[0] ?? '', ...notes].filter(Boolean).join(' ');
  return [`${char ? `-${char}, ` : ''}${nameOfFlag(flag)}`, text];
}

/** `--name`, with what its value is called. */
export function nameOfFlag({ name, type, helpValue }: DescribedFlag): string {
  return type === 'boolean' ? `--${name}` : `--${name} ${[helpValue ?? 'VALUE'].flat().join(' ')}`;
}

/** Fills in the templates that our own commands use. */
export function fillIn(template: string, { id }: DescribedCommand, bin: string): string {
  return template.replaceAll(/<%= *config\.bin *%>/g, bin).replaceAll(/<%= *command\.id *%>/g, spaced(id));
}

function spaced(id: string): string {
  return id.replaceAll(':', ' ');
}

function section(title: string, lines: readonly string[], { style }: HelpLayout): string {
  return lines.length === 0 ? '' : [style.strong(title), ...lines.map((line) => `  ${line}`.trimEnd())].join('\n');
}

/** Names on the left, and what they mean beside them, wrapped. */
function table(title: string, rows: readonly Row[], layout: HelpLayout): string {
  const left = Math.min(30, Math.max(...rows.map(([name]) => name.length))) + 2;
  const lines = rows.flatMap(([name, text]) => {
    const [first = '', ...more] = wrapAll(text, Math.max(30, layout.width - left - 2));
    const beside = name.length + 2 <= left;
    return [
      ...(beside ? [name.padEnd(left) + first] : [name, ' '.repeat(left) + first]),
      ...more.map((line) => ' '.repeat(left) + line),
    ];
  });
  return section(title, lines, layout);
}

function wrapAll(text: string, width: number): string[] {
  return text.split('\n').flatMap((line) => wrap(line, width));
}

/** Breaks a line at blanks; what is indented, or has none where it would break, stays whole. */
function wrap(line: string, width: number): string[] {
  if (line.length <= width || line.startsWith(' ')) return [line];
  const at = line.lastIndexOf(' ', width);
  return at < 1 ? [line] : [line.slice(0, at), ...wrap(line.slice(at + 1), width)];
}

function sections(parts: readonly string[]): string {
  return `${parts.filter(Boolean).join('\n\n')}\n`;
}
