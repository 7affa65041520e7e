import type { FlowEntry, FlowNode } from './flow-edit.js';

/**
 * Finds where each value of a JSON text stands. Comments and trailing commas are allowed; everything else is held to
 * RFC 8259.
 *
 * @throws SyntaxError naming line and column
 */
export function scanJson(text: string): FlowNode {
  let at = 0;
  skip();
  const root = scanValue(0);
  skip();
  if (at < text.length) fail('there is more after the value');
  return root;

  function scanValue(depth: number): FlowNode {
    if (depth > 1_000) fail('it is nested too deeply');
    if (text[at] === '{') return scanCollection('map', '}', depth);
    if (text[at] === '[') return scanCollection('seq', ']', depth);
    const start = at;
    const scalar = /["tfn\d-](?:(?<=")(?:[^"\\\n]|\\.)*"|[\w.+-]*)/y;
    scalar.lastIndex = at;
    const found = scalar.exec(text)?.[0] ?? fail('a value is missing');
    try {
      JSON.parse(found);
    } catch {
      fail(`${found.slice(0, 40)} is not a value`);
    }
    at += found.length;
    return { kind: 'scalar', start, end: at, entries: [] };
  }

  function scanCollection(kind: 'map' | 'seq', close: string, depth: number): FlowNode {
    const start = at++;
    const entries: FlowEntry[] = [];
    const keys = new Set<string>();
    for (skip(); text[at] !== close; skip()) {
      if (at >= text.length) fail(`'${close}' is missing`);
      if (entries.length > 0 && entries.at(-1)?.comma === undefined) fail("',' is missing");
      const entryStart = at;
      const key = kind === 'map' ? scanKey(keys) : undefined;
      const value = scanValue(depth + 1);
      skip();
      const comma = text[at] === ',' ? at++ : undefined;
      entries.push({
        start: entryStart,
        value,
        ...(key !== undefined && { key }),
        ...(comma !== undefined && { comma }),
      });
    }
    at++;
    return { kind, start, end: at, entries };
  }

  function scanKey(known: Set<string>): string {
    if (text[at] !== '"') fail('a key in double quotes is missing');
    const { start, end } = scanValue(0);
    const key = JSON.parse(text.slice(start, end)) as string;
    if (known.has(key)) fail(`the key ${JSON.stringify(key)} is there twice`);
    known.add(key);
    skip();
    if (text[at] !== ':') fail("':' is missing");
    at++;
    skip();
    return key;
  }

  /** Goes on behind white space and comments. */
  function skip(): void {
    const blank = /(?:[ \t\r\n]|\/\/[^\n]*|\/\*[^]*?\*\/)*/y;
    blank.lastIndex = at;
    at += blank.exec(text)?.[0].length ?? 0;
  }

  function fail(why: string): never {
    const lines = text.slice(0, at).split('\n');
    throw new SyntaxError(`line ${lines.length}, column ${(lines.at(-1)?.length ?? 0) + 1}: ${why}.`);
  }
}
