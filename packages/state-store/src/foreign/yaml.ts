import { isAlias, isCollection, isMap, isScalar, isSeq, parseDocument, type Document, type Pair } from 'yaml';
import type { ForeignCodec, PlainPath, Splice } from './codec.js';
import { deleteInFlow, nest, setInFlow, type FlowStyle } from './flow-edit.js';
import { lineBreakOf, lineEnd } from './text-lines.js';
import { addItem, addPair, isFlow, removeItem, removePair, replaceHeld, type Holder } from './yaml-block.js';
import { flowNodeOf } from './yaml-flow.js';
import { renderYaml } from './yaml-render.js';

/** YAML 1.2, one document in the file. Anchors, tags and comments stay; a file without any content is an empty map. */
export const yamlCodec: ForeignCodec = {
  format: 'YAML',
  parse: (text) => (parse(text).toJS() as unknown) ?? {},
  set: setInYaml,
  delete: deleteInYaml,
};

/** JSON is YAML, and what is written within brackets needs its quotes. */
const FLOW_STYLE: FlowStyle = {
  render: (value) => JSON.stringify(value),
  renderKey: (key) => JSON.stringify(key),
};

function setInYaml(text: string, path: PlainPath, value: unknown): readonly Splice[] | undefined {
  if (JSON.stringify(value) === undefined) return undefined;
  let node: unknown = parse(text).contents;
  let holder: Holder | undefined;
  for (const [depth, segment] of path.entries()) {
    const rest = path.slice(depth);
    // An empty pair of brackets is only a notation for nothing: its content is written as the rest of the file is.
    if (isFlow(node) && node.items.length === 0 && holder !== undefined) {
      return replaceHeld(text, holder, nest(rest, value));
    }
    if (isFlow(node)) return setInFlow(text, flowNodeOf(node), rest, value, FLOW_STYLE);
    const inner = nest(rest.slice(1), value);
    if (isMap(node) && typeof segment === 'string') {
      const pair = pairOf(node.items, segment);
      if (pair === undefined) return addPair(text, node, segment, inner);
      holder = { kind: 'pair', pair };
      node = pair.value;
    } else if (isSeq(node) && typeof segment === 'number') {
      if (segment >= node.items.length) return addItem(text, node, inner);
      holder = { kind: 'item', seq: node, index: segment };
      node = node.items[segment];
    } else {
      // A null, or nothing at all, in the place of a map or list.
      return holder === undefined ? appendTo(text, nest(rest, value)) : replaceHeld(text, holder, nest(rest, value));
    }
  }
  return holder && replaceHeld(text, holder, value);
}

function deleteInYaml(text: string, path: PlainPath): readonly Splice[] | undefined {
  let node: unknown = parse(text).contents;
  let holder: Holder | undefined;
  for (const [depth, segment] of path.entries()) {
    const isLast = depth === path.length - 1;
    if (isFlow(node)) return deleteInFlow(text, flowNodeOf(node), path.slice(depth));
    if (isMap(node) && typeof segment === 'string') {
      const pair = pairOf(node.items, segment);
      if (pair === undefined) return undefined;
      if (isLast && node.items.length === 1 && holder !== undefined) return replaceHeld(text, holder, {});
      if (isLast) return removePair(text, node, pair);
      holder = { kind: 'pair', pair };
      node = pair.value;
    } else if (isSeq(node) && typeof segment === 'number') {
      if (isLast && node.items.length === 1 && holder !== undefined) return replaceHeld(text, holder, []);
      if (isLast) return removeItem(text, node, segment);
      holder = { kind: 'item', seq: node, index: segment };
      node = node.items[segment];
    } else {
      return undefined;
    }
  }
  return undefined;
}

function pairOf(pairs: readonly Pair[], key: string): Pair | undefined {
  return pairs.find((pair) => isScalar(pair.key) && String(pair.key.value) === key);
}

/** A file that holds no more than comments gets its content behind them. */
function appendTo(text: string, value: unknown): Splice[] {
  const lineBreak = lineBreakOf(text);
  const end = text.length;
  const gap = text === '' || lineEnd(text, end - 1) < end ? '' : lineBreak;
  return [{ start: end, end, text: `${gap}${renderYaml(value, '', lineBreak)}${lineBreak}` }];
}

function parse(text: string): Document.Parsed {
  const document = parseDocument(text, { keepSourceTokens: true, logLevel: 'error' });
  const [problem] = document.errors;
  if (problem !== undefined) throw problem;
  if (document.contents !== null && !isCollection(document.contents) && !isNull(document.contents)) {
    throw new SyntaxError('it is neither a map nor a list.');
  }
  return document;
}

function isNull(node: unknown): boolean {
  return !isAlias(node) && isScalar(node) && node.value === null;
}
