import type { ForeignCodec } from './codec.js';
import { deleteInFlow, nest, setInFlow, type FlowNode, type FlowStyle } from './flow-edit.js';
import { scanJson } from './json-scan.js';
import { fitLines, lineBreakOf } from './text-lines.js';

/**
 * JSON, also with the comments and trailing commas that editors allow in their settings. A file without any content is
 * an empty map.
 */
export const jsonCodec: ForeignCodec = {
  format: 'JSON',
  parse: (text) => (text.trim() === '' ? {} : valueOf(text, scanJson(text))),
  set(text, path, value) {
    if (JSON.stringify(value) === undefined) return undefined;
    if (text.trim() !== '') return setInFlow(text, scanJson(text), path, value, jsonStyle(text));
    return [{ start: 0, end: text.length, text: `${jsonStyle(text).render(nest(path, value), '')}\n` }];
  },
  delete: (text, path) => deleteInFlow(text, scanJson(text), path),
};

function valueOf(text: string, node: FlowNode): unknown {
  if (node.kind === 'seq') return node.entries.map(({ value }) => valueOf(text, value));
  if (node.kind === 'scalar') return JSON.parse(text.slice(node.start, node.end));
  return Object.fromEntries(node.entries.map(({ key, value }) => [key, valueOf(text, value)]));
}

/** Writes as the file does: its indentation, its line breaks, and everything in one line where the file is one. */
function jsonStyle(text: string): FlowStyle {
  const isOneLine = !text.trim().includes('\n') && text.trim().length > 2;
  const unit = isOneLine ? undefined : (/\n([ \t]+)\S/.exec(text)?.[1] ?? '  ');
  return {
    render: (value, indent) => fitLines(JSON.stringify(value, undefined, unit), indent, lineBreakOf(text)),
    renderKey: (key) => JSON.stringify(key),
  };
}
