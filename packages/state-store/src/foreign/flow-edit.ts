import type { PlainPath, Splice } from './codec.js';
import { indentAt, isFirstInLine, lineBreakOf, lineEnd, lineStart, nextLine } from './text-lines.js';

/** A value written with brackets, and where it stands: JSON, and YAML's flow style. */
export interface FlowNode {
  readonly start: number;
  readonly end: number;
  readonly kind: 'map' | 'seq' | 'scalar';
  readonly entries: readonly FlowEntry[];
}

/** A part of a {@link FlowNode}. */
export interface FlowEntry {
  /** In a map, its key. */
  readonly key?: string;
  /** Where it begins: at its key, or at its value. */
  readonly start: number;
  readonly value: FlowNode;
  /** Where the comma behind it stands, if there is one. */
  readonly comma?: number;
}

/** How values are written at their place. */
export interface FlowStyle {
  /** The value; lines after the first begin with `indent`. */
  render(value: unknown, indent: string): string;
  renderKey(key: string): string;
}

/** The entry at a segment of a path, if there is one. */
export function entryAt(node: FlowNode, segment: string | number): FlowEntry | undefined {
  if (node.kind === 'seq') return typeof segment === 'number' ? node.entries[segment] : undefined;
  return node.entries.find((entry) => entry.key === segment);
}

/** Splices that set the value at a path below a node. */
export function setInFlow(text: string, root: FlowNode, path: PlainPath, value: unknown, style: FlowStyle): Splice[] {
  let node = root;
  for (const [depth, segment] of path.entries()) {
    const entry = entryAt(node, segment);
    if (entry === undefined) return addEntry(text, node, segment, nest(path.slice(depth + 1), value), style);
    node = entry.value;
  }
  return [{ start: node.start, end: node.end, text: style.render(value, indentAt(text, node.start)) }];
}

/** Splices that take away the entry at a path below a node. */
export function deleteInFlow(text: string, root: FlowNode, path: PlainPath): Splice[] | undefined {
  let parent = root;
  for (const segment of path.slice(0, -1)) {
    const entry = entryAt(parent, segment);
    if (entry === undefined) return undefined;
    parent = entry.value;
  }
  const entry = entryAt(parent, path.at(-1) ?? '');
  return entry && removeEntry(text, parent.entries, entry);
}

/** The value with maps and lists around it, as the rest of a path asks for. */
export function nest(path: PlainPath, value: unknown): unknown {
  return path.toReversed().reduce<unknown>((inner, segment) => {
    return typeof segment === 'number' ? [inner] : { [segment]: inner };
  }, value);
}

function addEntry(text: string, node: FlowNode, segment: string | number, value: unknown, style: FlowStyle): Splice[] {
  const prefix = typeof segment === 'string' ? `${style.renderKey(segment)}: ` : '';
  const last = node.entries.at(-1);
  if (node.kind === 'scalar' || last === undefined) return replaceEmpty(text, node, segment, value, style);
  const end = last.value.end;
  if (!isFirstInLine(text, last.start)) {
    return [{ start: end, end, text: `, ${prefix}${style.render(value, indentAt(text, end))}` }];
  }
  const indent = indentAt(text, last.start);
  const line = `${lineBreakOf(text)}${indent}${prefix}${style.render(value, indent)}`;
  const rest = text.slice((last.comma ?? end - 1) + 1, lineEnd(text, end));
  // The closing bracket may stand in the last entry's line; a comment there belongs to that entry.
  if (!/^\s*($|\/\/|\/\*|#)/.test(rest)) return [{ start: end, end, text: `,${line}` }];
  const after = lineEnd(text, end);
  if (last.comma !== undefined) return [{ start: after, end: after, text: `${line},` }];
  if (after === end) return [{ start: end, end, text: `,${line}` }];
  return [
    { start: end, end, text: ',' },
    { start: after, end: after, text: line },
  ];
}

/** An empty map or list (or a null in its place) gets its first entry; a comment in it stays. */
function replaceEmpty(
  text: string,
  node: FlowNode,
  segment: string | number,
  value: unknown,
  style: FlowStyle,
): Splice[] {
  const whole = typeof segment === 'string' ? { [segment]: value } : [value];
  const rendered = style.render(whole, indentAt(text, node.start));
  if (node.kind === 'scalar' || text.slice(node.start + 1, node.end - 1).trim() === '') {
    return [{ start: node.start, end: node.end, text: rendered }];
  }
  const inside = rendered.slice(1, -1).trimEnd();
  return [{ start: node.start + 1, end: node.start + 1, text: inside }];
}

function removeEntry(text: string, entries: readonly FlowEntry[], entry: FlowEntry): Splice[] {
  const index = entries.indexOf(entry);
  const next = entries[index + 1];
  const before = entries[index - 1];
  const behind = (entry.comma ?? entry.value.end - 1) + 1;
  const orphan: Splice[] =
    entry.comma === undefined && before?.comma !== undefined
      ? [{ start: before.comma, end: before.comma + 1, text: '' }]
      : [];
  const rest = text.slice(behind, lineEnd(text, behind));
  if (isFirstInLine(text, entry.start) && /^\s*($|\/\/|#)/.test(rest)) {
    return [...orphan, { start: lineStart(text, entry.start), end: nextLine(text, behind), text: '' }];
  }
  const end = next !== undefined && !text.slice(behind, next.start).includes('\n') ? next.start : behind;
  const start = next === undefined && before?.comma !== undefined ? before.comma + 1 : entry.start;
  return [...orphan, { start, end, text: '' }];
}
