import { isMap, isPair, isScalar, type Node, type YAMLMap, type YAMLSeq } from 'yaml';
import type { FlowEntry, FlowNode } from './flow-edit.js';

/** Where the parts of a collection in brackets stand. */
export function flowNodeOf(collection: YAMLMap | YAMLSeq): FlowNode {
  const [start, end] = collection.range!;
  const commas = commasOf(collection);
  const entries = collection.items.map((item, index) => {
    const comma = commas[index];
    return { ...entryOf(item), ...(comma === undefined ? {} : { comma }) };
  });
  return { kind: isMap(collection) ? 'map' : 'seq', start, end, entries };
}

function entryOf(item: unknown): FlowEntry {
  if (!isPair(item)) {
    const value = nodeOf(item as Node);
    return { start: value.start, value };
  }
  const key = item.key as Node;
  const [start, keyEnd] = key.range!;
  const value =
    item.value === null
      ? { kind: 'scalar' as const, start: keyEnd, end: keyEnd, entries: [] }
      : nodeOf(item.value as Node);
  return { key: isScalar(key) ? String(key.value) : key.toString(), start, value };
}

function nodeOf(node: Node): FlowNode {
  if ('items' in node) return flowNodeOf(node);
  const [start, end] = node.range!;
  return { kind: 'scalar', start, end, entries: [] };
}

/** The offset of the comma behind each entry; the parser keeps it with the entry that follows. */
function commasOf({ srcToken }: YAMLMap | YAMLSeq): (number | undefined)[] {
  if (srcToken?.type !== 'flow-collection') return [];
  return srcToken.items.slice(1).map(({ start }) => start.find((token) => token.type === 'comma')?.offset);
}
