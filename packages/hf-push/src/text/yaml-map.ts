import type { Document, YAMLMap } from 'yaml';

/** A YAML text that was meant to be a map. */
export type YamlMap =
  | { readonly ok: true; readonly value: Readonly<Record<string, unknown>>; readonly document: ParsedMap }
  | { readonly ok: false; readonly message: string; readonly line: number };

/** The tree of a map as it was written, with the ranges of its nodes. */
export type ParsedMap = Document.Parsed & { readonly contents: YAMLMap.Parsed };

/** More than any front matter or manifest in use; keeps what compares keys pairwise short. */
const maxChars = 16 * 1024;
const maxDepth = 40;
/** Names that mean something else to JavaScript objects. */
const reservedKeys: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/**
 * Reads a YAML map that anybody may have written: at most 16 KiB, 40 levels deep, with no key twice, no aliases that
 * multiply, and no key that JavaScript objects have of their own. Takes milliseconds whatever it holds.
 */
export async function readYamlMap(text: string): Promise<YamlMap> {
  if (text.length > maxChars) return wrong(`It is longer than ${maxChars / 1024} KiB.`);
  const tooDeep = depthLimitReachedAt(text);
  if (tooDeep !== undefined) return wrong(`It is nested more than ${maxDepth} levels deep.`, tooDeep);
  const { isMap, parseDocument } = await import('./yaml-library.js');
  try {
    const document = parseDocument(text, { prettyErrors: true, stringKeys: true });
    const [error] = [...document.errors, ...document.warnings];
    if (error) return wrong(firstLine(error.message), error.linePos?.[0].line);
    if (!isMap(document.contents)) return wrong('It is not a map of names to values.');
    const value: unknown = document.toJS({ maxAliasCount: 20 });
    const reserved = reservedIn(value, 0);
    if (reserved !== undefined) return wrong(reserved);
    return { ok: true, value: value as Record<string, unknown>, document: document as ParsedMap };
  } catch (error) {
    return wrong(firstLine((error as Error).message));
  }
}

function wrong(message: string, line = 1): YamlMap {
  return { ok: false, message, line };
}

function firstLine(message: string): string {
  const line = (message.split('\n')[0] ?? message).replace(/ at line \d+, column \d+:?$/, '');
  return line.endsWith('.') ? line : `${line}.`;
}

/** Finds nesting before the parser, which recurses, does. Counts too much inside quotes, which costs nobody anything. */
function depthLimitReachedAt(text: string): number | undefined {
  let depth = 0;
  for (const [index, line] of text.split('\n').entries()) {
    const inline = line.match(/[-?:][ \t]+(?=[-?][ \t])/g)?.length ?? 0;
    depth += (line.match(/[[{]/g)?.length ?? 0) - (line.match(/[\]}]/g)?.length ?? 0);
    if (inline > maxDepth || depth > maxDepth) return index + 1;
    depth = Math.max(depth, 0);
  }
  return undefined;
}

function reservedIn(value: unknown, depth: number): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (depth > maxDepth) return `It is nested more than ${maxDepth} levels deep.`;
  for (const [key, inner] of Object.entries(value)) {
    if (reservedKeys.has(key)) return `The key ${key} is not allowed.`;
    const below = reservedIn(inner, depth + 1);
    if (below !== undefined) return below;
  }
  return undefined;
}
