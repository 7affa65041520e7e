import { isCollection, isPair, type Node, type Pair, type YAMLMap, type YAMLSeq } from 'yaml';
import type { Splice } from './codec.js';
import { isFirstInLine, lineBreakOf, lineEnd, lineStart, nextLine } from './text-lines.js';
import { renderYaml } from './yaml-render.js';

/** What a value hangs on: a key, or the dash of a list item. */
export type Holder =
  | { readonly kind: 'pair'; readonly pair: Pair }
  | { readonly kind: 'item'; readonly seq: YAMLSeq; readonly index: number };

/** Whether it is a map or list in brackets. */
export function isFlow(node: unknown): node is YAMLMap | YAMLSeq {
  return isCollection(node) && node.flow === true;
}

/** Gives a key or list item another value. */
export function replaceHeld(text: string, holder: Holder, value: unknown): Splice[] | undefined {
  const mark = markOf(holder);
  const node = (holder.kind === 'pair' ? holder.pair.value : holder.seq.items[holder.index]) as Node | null;
  if (mark === undefined) return undefined;
  const holderStart = holder.kind === 'pair' ? startOf(holder.pair) : mark;
  const indent = ' '.repeat(columnOf(text, holderStart));
  const lineBreak = lineBreakOf(text);
  // Rendered with a stand-in for the key or dash, of which the part behind ':' or '-' is what we want.
  const held =
    holder.kind === 'pair'
      ? renderYaml({ k: value }, indent, lineBreak).slice(2)
      : renderYaml([value], indent, lineBreak).slice(1);
  const isInline = !held.startsWith('\n') && !held.startsWith('\r');
  if (node === null || node.range![1] === node.range![0]) return [{ start: mark + 1, end: mark + 1, text: held }];
  if (isCollection(node) && node.flow !== true) {
    return [{ start: mark + 1, end: lastLineEnd(text, contentEnd(node)), text: held }];
  }
  const [start] = node.range!;
  const end = start + text.slice(start, node.range![1]).trimEnd().length;
  // Whatever stands between the mark and the value (a tag, an anchor) stays when the new value goes in its place.
  return isInline ? [{ start, end, text: held.trimStart() }] : [{ start: mark + 1, end, text: held }];
}

/** Adds a key behind the last one of a map. */
export function addPair(text: string, map: YAMLMap, key: string, value: unknown): Splice[] | undefined {
  return insertBehind(text, map, { [key]: value });
}

/** Adds an item behind the last one of a list. */
export function addItem(text: string, seq: YAMLSeq, value: unknown): Splice[] | undefined {
  return insertBehind(text, seq, [value]);
}

/** Removes a key with its value. */
export function removePair(text: string, map: YAMLMap, pair: Pair): Splice[] | undefined {
  const next = map.items[map.items.indexOf(pair) + 1];
  const end = contentEnd(pair);
  if (map.items.length === 1) return [{ start: startOf(pair), end: lastLineEnd(text, end), text: '{}' }];
  return removeStretch(text, startOf(pair), end, next && startOf(next));
}

/** Removes a list item. */
export function removeItem(text: string, seq: YAMLSeq, index: number): Splice[] | undefined {
  const start = markOf({ kind: 'item', seq, index });
  if (start === undefined) return undefined;
  const end = contentEnd(seq.items[index] as Node);
  if (seq.items.length === 1) return [{ start, end: lastLineEnd(text, end), text: '[]' }];
  const next = index + 1 < seq.items.length ? markOf({ kind: 'item', seq, index: index + 1 }) : undefined;
  return removeStretch(text, start, end, next);
}

function insertBehind(text: string, collection: YAMLMap | YAMLSeq, addition: unknown): Splice[] {
  const indent = ' '.repeat(columnOf(text, collection.range![0]));
  const lineBreak = lineBreakOf(text);
  const rendered = renderYaml(addition, indent, lineBreak);
  const end = contentEnd(collection);
  // A block scalar ends behind its line break.
  if (text[end - 1] === '\n') return [{ start: end, end, text: `${indent}${rendered}${lineBreak}` }];
  const at = lineEnd(text, end);
  return [{ start: at, end: at, text: `${lineBreak}${indent}${rendered}` }];
}

function removeStretch(text: string, start: number, end: number, next: number | undefined): Splice[] | undefined {
  if (isFirstInLine(text, start)) {
    const after = text[end - 1] === '\n' ? end : nextLine(text, end);
    return [{ start: lineStart(text, start), end: after, text: '' }];
  }
  // It shares its line with the dash it hangs on; what follows moves up into its place.
  return next === undefined ? undefined : [{ start, end: next, text: '' }];
}

/** Where the last value in it ends, without comments and blank lines that follow. */
function contentEnd(node: Node | Pair | null): number {
  if (isPair(node)) {
    const value = node.value as Node | null;
    return value === null
      ? (node.key as Node).range![1]
      : Math.max(contentEnd(value), (markOf({ kind: 'pair', pair: node }) ?? 0) + 1);
  }
  if (isCollection(node) && node.flow !== true) return contentEnd(node.items.at(-1) as Node | Pair);
  return node!.range![1];
}

/** The end of the last line of something that ends at `end`: a block scalar ends behind its line break. */
function lastLineEnd(text: string, end: number): number {
  if (text[end - 1] !== '\n') return lineEnd(text, end);
  return end - (text[end - 2] === '\r' ? 2 : 1);
}

function startOf(pair: Pair): number {
  return (pair.key as Node).range![0];
}

/** The offset of the ':' of a pair, or the '-' of an item. */
function markOf(holder: Holder): number | undefined {
  if (holder.kind === 'pair') {
    return holder.pair.srcToken?.sep?.find((token) => token.type === 'map-value-ind')?.offset;
  }
  const { srcToken } = holder.seq;
  if (srcToken?.type !== 'block-seq') return undefined;
  // Behind the last item there may be an entry that holds comments only.
  const items = srcToken.items.map(({ start }) => start.find((token) => token.type === 'seq-item-ind')?.offset);
  return items.filter((offset) => offset !== undefined)[holder.index];
}

function columnOf(text: string, offset: number): number {
  return offset - lineStart(text, offset);
}
