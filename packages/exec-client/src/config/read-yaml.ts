// Not when it is needed: a bundler gives a CommonJS module that is imported late no names. This file is imported late.
import { isMap, isScalar, isSeq, LineCounter, parseDocument, type Document, type Node } from 'yaml';
import { ExecError } from '../errors.js';

/** A configuration file, and where everything in it stands. */
export interface YamlFile {
  /** Its content: a map of plain values. Variables and labels keep the letters in which they were written. */
  readonly value: Readonly<Record<string, unknown>>;
  /** An error about what stands at a path, or nearest to it. */
  fault(path: readonly (string | number)[], message: string): ExecError;
  /** The line of what stands at a path, or nearest to it; from 1. */
  lineOf(path: readonly (string | number)[]): number;
}

/** Far more than any project has. */
const maxBytes = 262_144;

/**
 * Reads a configuration file.
 *
 * @param textIn - names of maps whose numbers and booleans are taken as text, as they are written: `1.10` stays `1.10`
 * @throws ExecError HAWSER_EXEC_CONFIG_INVALID with file and line
 */
export function readYaml(text: string, file: string, textIn: readonly string[]): YamlFile {
  const lines = new LineCounter();
  const faultAt = (line: number, message: string): ExecError =>
    new ExecError('HAWSER_EXEC_CONFIG_INVALID', `${file}:${line}: ${message}`, { details: { file, line } });
  if (text.length > maxBytes) throw faultAt(1, 'the file is larger than 256 KiB.');
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, stringKeys: true });
  const [wrong] = [...document.errors, ...document.warnings];
  if (wrong) throw faultAt(lineAt(lines, wrong.pos[0]), `${wrong.message}.`);
  if (document.contents !== null && !isMap(document.contents)) throw faultAt(1, 'the file must be a map of names.');
  keepText(document, textIn);
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 50 });
  } catch (error) {
    throw faultAt(1, `${(error as Error).message}.`);
  }
  const lineOf: YamlFile['lineOf'] = (path) => lineAt(lines, placeOf(document, path));
  return {
    value: (value ?? {}) as Readonly<Record<string, unknown>>,
    lineOf,
    fault: (path, message) => faultAt(lineOf(path), message),
  };
}

/** Numbers and booleans of these maps become what is written for them. */
function keepText(document: Document.Parsed, names: readonly string[]): void {
  for (const name of names) {
    const map = document.get(name);
    if (!isMap(map)) continue;
    for (const { value } of map.items) {
      if (isScalar(value) && ['number', 'boolean'].includes(typeof value.value)) value.value = value.source;
    }
  }
}

function placeOf(document: Document.Parsed, path: readonly (string | number)[]): number {
  let node: unknown = document.contents;
  let place: Node | undefined;
  for (const step of path) {
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && key.value === step);
      if (!pair) break;
      place = pair.key as Node;
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(step)];
      place = (node as Node | undefined) ?? place;
    } else break;
  }
  return place?.range?.[0] ?? 0;
}

function lineAt(lines: LineCounter, offset: number): number {
  return Math.max(1, lines.linePos(offset).line);
}
