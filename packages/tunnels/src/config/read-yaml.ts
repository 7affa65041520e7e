// Not when it is needed: a bundler gives a CommonJS module that is imported late no names.
import * as yaml from 'yaml';
import type { Complaint } from './complaint.js';

/** Names and numbers from the top of a file to a value in it. */
export type Path = readonly (string | number)[];

/** A configuration file that is YAML, and where everything in it stands. */
export interface ParsedFile {
  /** The file, as it is shown. */
  readonly file: string;
  readonly value: unknown;
  /** A complaint about the value at a path; with `at: 'name'` about its name. Falls back to the nearest place there is. */
  complain(path: Path, message: string, at?: 'name' | 'value'): Complaint;
}

/** Far more than any project has, and read in a moment whatever it holds. */
export const maxBytes: number = 256 * 1024;
const maxDepth = 32;
const maxAliases = 50;

/** Reads YAML that anybody may have written: bounded in size, depth and aliases, and with no name twice. */
export function readYaml(
  bytes: Uint8Array,
  file: string,
): { readonly parsed: ParsedFile } | { readonly complaints: readonly Complaint[] } {
  const only = (message: string, line = 1, column = 1): { complaints: Complaint[] } => ({
    complaints: [{ file, line, column, message }],
  });
  if (bytes.length > maxBytes) return only(`It is larger than ${maxBytes / 1024} KiB.`);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return only('It is not UTF-8 text.');
  }
  const deep = tooDeepAt(text);
  if (deep !== undefined) return only(`It is nested more than ${maxDepth} levels deep.`, deep);
  const lines = new yaml.LineCounter();
  try {
    const document = yaml.parseDocument(text, { lineCounter: lines, prettyErrors: false, stringKeys: true });
    const faults = [...document.errors, ...document.warnings];
    if (faults.length === 0) {
      const value: unknown = document.toJS({ maxAliasCount: maxAliases });
      return { parsed: { file, value, complain: complainer({ document, lines, file }) } };
    }
    return {
      complaints: faults.map(({ message, pos }) => {
        const { line, col } = lines.linePos(pos[0]);
        return { file, line: Math.max(line, 1), column: Math.max(col, 1), message: sentence(message) };
      }),
    };
  } catch (error) {
    // Aliases that multiply, or that lead nowhere.
    return only(sentence((error as Error).message));
  }
}

function complainer({
  document,
  lines,
  file,
}: {
  readonly document: yaml.Document.Parsed;
  readonly lines: yaml.LineCounter;
  readonly file: string;
}): ParsedFile['complain'] {
  return (path, message, at = 'value') => {
    let node: unknown = document.contents;
    let place: yaml.Node | undefined = document.contents ?? undefined;
    for (const [index, step] of path.entries()) {
      if (yaml.isAlias(node)) node = node.resolve(document);
      if (yaml.isMap(node)) {
        const pair = node.items.find(({ key }) => yaml.isScalar(key) && String(key.value) === String(step));
        if (!pair) break;
        node = pair.value;
        const name = pair.key as yaml.Node;
        const value = yaml.isNode(pair.value) && !yaml.isCollection(pair.value) ? pair.value : name;
        place = at === 'name' && index === path.length - 1 ? name : value;
      } else if (yaml.isSeq(node)) {
        node = node.items[Number(step)];
        if (yaml.isNode(node)) place = node;
      } else break;
    }
    const { line, col } = lines.linePos(place?.range?.[0] ?? 0);
    const where = path.length === 0 ? '' : `${path.join('.')} `;
    return { file, line: Math.max(line, 1), column: Math.max(col, 1), message: `${where}${message}` };
  };
}

/**
 * The line where brackets or indentation reach deeper than any sensible file: readers of YAML call themselves for each
 * level. It may count brackets inside texts as well, which no sensible file has that many of.
 */
function tooDeepAt(text: string): number | undefined {
  let open = 0;
  for (const [index, line] of text.split('\n').entries()) {
    // `- - - -` and `? ? ?` open a level each.
    const indents = /^(?:[ ]|[-?:][ \t])*/.exec(line)?.[0].length ?? 0;
    if (indents > maxDepth * 8) return index + 1;
    for (const letter of line) {
      if (letter === '[' || letter === '{') open++;
      else if ((letter === ']' || letter === '}') && open > 0) open--;
      if (open > maxDepth) return index + 1;
    }
  }
  return undefined;
}

function sentence(message: string): string {
  const [line = ''] = message.split('\n');
  return /[.!?]$/.test(line) ? line : `${line}.`;
}
