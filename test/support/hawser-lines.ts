import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { blocksOf } from './guide-blocks.js';
import { root } from './workspace.js';

interface Flag {
  readonly char?: string;
  readonly aliases?: readonly string[];
  readonly allowNo?: boolean;
  readonly type: 'boolean' | 'option';
}

interface Command {
  readonly id: string;
  readonly aliases: readonly string[];
  readonly flags: Readonly<Record<string, Flag>>;
}

/** What `hawser` understands: commands, and the first words of their names. */
interface Grammar {
  readonly commands: ReadonlyMap<string, Command>;
  readonly topics: ReadonlySet<string>;
}

/** Reads the manifests of the command line and of the plugin that comes with it. */
export function readGrammar(): Grammar {
  const app = join(root, 'apps/cli');
  const manifests = ['', 'node_modules/@oclif/plugin-plugins'];
  const commands = new Map<string, Command>();
  for (const folder of manifests) {
    const text = readFileSync(join(app, folder, 'oclif.manifest.json'), 'utf8');
    const found = JSON.parse(text) as { readonly commands: Readonly<Record<string, Command>> };
    for (const command of Object.values(found.commands)) {
      for (const id of [command.id, ...(command.aliases ?? [])]) commands.set(id.replaceAll(':', ' '), command);
    }
  }
  const topics = new Set(
    [...commands.keys()].flatMap((id) => id.split(' ').map((_, end, all) => all.slice(0, end + 1).join(' '))),
  );
  return { commands, topics };
}

/**
 * What a document says to type that `hawser` would not understand. Commands that a plugin is to bring are named by the
 * document's settings, `<!-- test commands=hello -->`, by their first words.
 */
export function misspelt(markdown: string, grammar: Grammar): string[] {
  const others = new Set(blocksOf(markdown).flatMap(({ settings }) => settings?.['commands']?.split(',') ?? []));
  return linesOf(markdown).flatMap(({ text, line }) =>
    callsIn(text).flatMap((words) => {
      const wrong = others.has(words[0] ?? '') ? undefined : whyWrong(words, grammar);
      return wrong === undefined ? [] : [`line ${line}: hawser ${words.join(' ')}: ${wrong}`];
    }),
  );
}

/** Lines of shell, workflows and settings in a document's blocks, and what stands between backticks elsewhere. */
function linesOf(markdown: string): { readonly text: string; readonly line: number }[] {
  const blocks = blocksOf(markdown).filter(({ settings }) => settings === undefined);
  const inside = blocks.flatMap(({ text, line, language }) => {
    if (!['', 'sh', 'console', 'yaml', 'text'].includes(language)) return [];
    const joined = text.replaceAll(/\\\n\s*/g, ' ');
    return joined.split('\n').map((each, index) => ({ text: each, line: line + 1 + index }));
  });
  const covered = new Set(blocks.flatMap(({ text, line }) => text.split('\n').map((_, index) => line + index)));
  const spans = markdown
    .split('\n')
    .flatMap((text, index) =>
      covered.has(index + 1)
        ? []
        : [...text.matchAll(/`([^`]+)`/g)].map(([, span = '']) => ({ text: span, line: index + 1 })),
    );
  return [...inside, ...spans];
}

/** Each call of `hawser` in a line, as the words behind it, also those in a text that is handed to another shell. */
function callsIn(line: string): string[][] {
  const calls: string[][] = [];
  for (const words of simpleCommands(line)) {
    let at = 0;
    while (at < words.length && !isHawser(words[at])) at += 1;
    const isCalled = words
      .slice(0, at)
      .every((word) => /^(npx|--yes|-y|exec|time|\$|run:|-|ProxyCommand|env|\w+=.*)$/.test(word));
    const end = words.indexOf('--', at);
    const own = at < words.length && isCalled ? words.slice(0, end < 0 ? undefined : end) : words;
    if (own.length > at && isCalled) calls.push(own.slice(at + 1));
    for (const word of own) if (/\s/.test(word) && word !== line) calls.push(...callsIn(word));
    if (own.length < words.length)
      calls.push(
        ...callsIn(
          words
            .slice(end + 1)
            .map(quoted)
            .join(' '),
        ),
      );
  }
  return calls;
}

const isHawser = (word: string | undefined): boolean => word === 'hawser' || word === '@hawser/cli';
const quoted = (word: string): string => (/\s/.test(word) ? `'${word}'` : word);

/** Words of a line of shell, one list for each simple command. What is meant to be expanded stays as it is. */
function simpleCommands(line: string): string[][] {
  const commands: string[][] = [[]];
  let skips = false;
  for (const [token] of line.matchAll(
    /'[^']*'|(?:\\.|[^\s|&;()<>'"#]|"(?:\\.|[^"])*"|'[^']*'|(?<=\S)#)+|[|&;()]+|[<>]+|#.*/g,
  )) {
    if (token.startsWith('#')) break;
    if (/^[|&;()]+$/.test(token)) commands.push([]);
    else if (/^[<>]+$/.test(token)) skips = true;
    else if (skips) skips = false;
    else commands.at(-1)?.push(token.replaceAll(/(['"])(.*?)\1/g, '$2'));
  }
  return commands;
}

function whyWrong(words: readonly string[], { commands, topics }: Grammar): string | undefined {
  // Where a name stands for any, or nothing follows, there is nothing to hold.
  if (words[0] !== undefined && !/^[a-z-]/.test(words[0])) return undefined;
  let length = 0;
  while (length < words.length && topics.has(words.slice(0, length + 1).join(' '))) length += 1;
  const name = words.slice(0, length).join(' ');
  const rest = words.slice(length);
  if (length === 0 && rest[0] !== undefined && !rest[0].startsWith('-')) return 'there is no such command';
  const command = commands.get(name);
  if (!command)
    return rest.every((word) => ['--help', '-h', '--version', '…'].includes(word)) ? undefined : `${name} is a topic`;
  const unknown = rest.find((word) => /^--?[A-Za-z]/.test(word) && !knows(command, word));
  return unknown === undefined ? undefined : `${name} has no ${unknown}`;
}

function knows({ flags }: Command, word: string): boolean {
  const name = word.replace(/^--?/, '').replace(/=.*$/, '');
  if (name === 'help' || name === 'h') return true;
  if (!word.startsWith('--')) return Object.values(flags).some(({ char }) => char === name[0]);
  return Object.entries(flags).some(
    ([long, { aliases = [], allowNo }]) =>
      long === name || aliases.includes(name) || (allowNo === true && name === `no-${long}`),
  );
}
