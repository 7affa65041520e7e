import { draftForeign } from '@hawser/state-store/foreign';
import { ContextsError } from '../errors.js';
import { type EnvEntry, type EnvFormat, type EnvFormatName, afterLine } from './formats/format.js';
import { ENV_FORMATS, envFormats } from './formats/index.js';
import type { EnvLine, EnvPlan } from './plan.js';
import { badInput } from './urls.js';

/** What becomes of one variable. Values are left out: they are in the plan and in the file. */
export interface EnvChange {
  readonly name: string;
  readonly change: 'add' | 'update' | 'remove' | 'same';
  /** What is there now was written by hand. */
  readonly byHand: boolean;
}

/** A text as it is, and as the plan would have it. */
export interface EnvEdit {
  readonly format: EnvFormatName;
  readonly text: string;
  readonly changes: readonly EnvChange[];
  /** There was a block of ours before. */
  readonly hadBlock: boolean;
}

const BEGIN = /^# hawser:begin env target=(\S+) format=(\S+)[ \t]*\r?$/m;
const END = /^# hawser:end env[ \t]*\r?$/m;
const NOTE = '# Written by hawser env write; what stands between these marks is replaced by it.';

interface Parts {
  readonly before: string;
  /** Undefined: there is no block of ours. */
  readonly block: { readonly head: string; readonly body: string } | undefined;
  readonly after: string;
}

/**
 * The format a text is in: that of its block, JSON where it begins like it, else `portable`.
 *
 * @throws ContextsError HAWSER_ENV_BAD_INPUT for a block of a format that this version does not know
 */
export function formatOf(text: string): EnvFormatName {
  const named = BEGIN.exec(text)?.[2];
  if (named === undefined) return text.trimStart().startsWith('{') ? 'json' : 'portable';
  const format = ENV_FORMATS.find((one) => one === named);
  if (format !== undefined) return format;
  throw badInput(
    `The block is in the format ${named}, which is none.`,
    'Pass --format and --overwrite to write it anew.',
  );
}

/**
 * Puts the lines of a plan into a text. Formats with comments keep ours between two marks, at the end of a text that had
 * none; in the others (`json`, `github`) a variable is ours when it has a name of ours. Everything else stays as it is,
 * byte for byte.
 *
 * @throws ContextsError HAWSER_ENV_VALUE_REFUSED for a value that has no spelling in the format, or that its readers
 *   would not read back from the whole text; HAWSER_ENV_BAD_INPUT for marks that are broken
 */
export async function editText(text: string, plan: EnvPlan, name: EnvFormatName, path: string): Promise<EnvEdit> {
  const format = envFormats[name];
  for (const line of plan.lines) refuseValue(line, format);
  const edit = format.hasComments ? editBlock(text, plan, format, path) : await editNamed(text, plan, format, path);
  readBack(edit.text, plan.lines, format);
  return edit;
}

function editBlock(text: string, plan: EnvPlan, format: EnvFormat, path: string): EnvEdit {
  const parts = partsOf(text, path);
  const head = `# hawser:begin env target=${plan.target} format=${format.name}\n`;
  const old = new Map((parts.block === undefined ? [] : scan(format, parts.block.body, path)).map(nameAndValue));
  const isReformatted = parts.block !== undefined && parts.block.head.trimEnd() !== head.trimEnd();
  const names = new Set(plan.lines.map((line) => line.name));
  const hand = [parts.before, parts.after].map((part) =>
    scan(format, part, path).filter((entry) => names.has(entry.name)),
  );
  const byHand = new Set(hand.flat().map((entry) => entry.name));
  const changes = plan.lines.map((line): EnvChange => {
    const isSame = old.get(line.name) === line.value && !isReformatted && !byHand.has(line.name);
    const change = isSame ? 'same' : old.has(line.name) || byHand.has(line.name) ? 'update' : 'add';
    return { name: line.name, change, byHand: byHand.has(line.name) };
  });
  for (const gone of old.keys()) if (!names.has(gone)) changes.push({ name: gone, change: 'remove', byHand: false });
  const facts = { format: format.name, changes, hadBlock: parts.block !== undefined };
  if (changes.every(({ change }) => change === 'same')) return { ...facts, text };
  const [before = '', after = ''] = [parts.before, parts.after].map((part, index) => without(part, hand[index] ?? []));
  const gap = before === '' || before.endsWith('\n') ? '' : '\n';
  const body = plan.lines.map((line) => format.render(line.name, line.value)).join('');
  return { ...facts, text: `${before}${gap}${head}${NOTE}\n${body}# hawser:end env\n${after}` };
}

function partsOf(text: string, path: string): Parts {
  const begin = BEGIN.exec(text);
  if (begin === null) {
    if (END.test(text)) throw broken(path);
    return { before: text, block: undefined, after: '' };
  }
  const bodyAt = afterLine(text, begin.index);
  const end = END.exec(text.slice(bodyAt));
  if (end === null) throw broken(path);
  const after = text.slice(afterLine(text, bodyAt + end.index));
  if (BEGIN.test(after) || END.test(after)) throw broken(path);
  return {
    before: text.slice(0, begin.index),
    block: { head: text.slice(begin.index, bodyAt), body: text.slice(bodyAt, bodyAt + end.index) },
    after,
  };
}

async function editNamed(text: string, plan: EnvPlan, format: EnvFormat, path: string): Promise<EnvEdit> {
  const old = new Map(scan(format, text, path).map(nameAndValue));
  const changes = plan.lines.map(({ name, value }): EnvChange => {
    const change = !old.has(name) ? 'add' : old.get(name) === value ? 'same' : 'update';
    return { name, change, byHand: false };
  });
  const changed = plan.lines.filter((_line, index) => changes[index]?.change !== 'same');
  const facts = { format: format.name, changes, hadBlock: false };
  if (changed.length === 0) return { ...facts, text };
  if (format.name === 'json') {
    const draft = await draftForeign({ text: text.trim() === '' ? '{}\n' : text, format: 'json', subject: path });
    for (const { name, value } of changed) draft.set([name], value);
    return { ...facts, text: draft.text };
  }
  const names = new Set(changed.map(({ name }) => name));
  const kept = without(
    text,
    scan(format, text, path).filter(({ name }) => names.has(name)),
  );
  const gap = kept === '' || kept.endsWith('\n') ? '' : '\n';
  const added = changed.map(({ name, value }) => format.render(name, value)).join('');
  return { ...facts, text: `${kept}${gap}${added}` };
}

function scan(format: EnvFormat, text: string, path: string): readonly EnvEntry[] {
  try {
    return format.scan(text);
  } catch (cause) {
    throw badInput(
      `${path} cannot be read as ${format.name}: ${(cause as Error).message}.`,
      'Correct it, or move it away.',
    );
  }
}

function nameAndValue({ name, value }: EnvEntry): readonly [string, string] {
  return [name, value];
}

function without(text: string, entries: readonly EnvEntry[]): string {
  let rest = text;
  for (const { start, end } of entries.toReversed()) rest = rest.slice(0, start) + rest.slice(end);
  return rest;
}

function refuseValue({ name, value, secret }: EnvLine, format: EnvFormat): void {
  const why =
    format.refuse(value) ??
    (format.hasComments && END.test(value) ? 'it holds the mark that ends the block of hawser' : undefined);
  if (why === undefined) return;
  const able = ENV_FORMATS.filter((one) => envFormats[one].refuse(value) === undefined);
  throw new ContextsError(
    'HAWSER_ENV_VALUE_REFUSED',
    `${name} cannot be written in the format ${format.name}: ${why}${secret ? '' : ` (${JSON.stringify(value)})`}.`,
    {
      hint:
        able.length === 0
          ? 'No env file can hold it.'
          : `These formats can hold it: ${able.join(', ')}. Choose one with --format.`,
      details: { variable: name, format: format.name, formats: able },
    },
  );
}

/** Reads the whole text as its readers will; something above a block can swallow it, such as a quote left open. */
function readBack(text: string, lines: readonly EnvLine[], format: EnvFormat): void {
  const read = new Map(format.scan(text).map(nameAndValue));
  for (const { name, value } of lines) {
    if (read.get(name) === value) continue;
    throw new ContextsError(
      'HAWSER_ENV_VALUE_REFUSED',
      `${name} would not be read back from the file as it is meant: something else in it stands in the way.`,
      { hint: 'Look for a quote that is left open above.', details: { variable: name, format: format.name } },
    );
  }
}

function broken(path: string): ContextsError {
  return badInput(
    `The marks of the block of hawser in ${path} do not pair: each of hawser:begin and hawser:end is needed once.`,
    'Put them right, or take both away with what is between them.',
  );
}
