/** Words behind a block's language: `run`, `expect=1`, `needs="an AWS account"`. One without a value has the empty one. */
export type Marks = Readonly<Record<string, string>>;

/** A fenced block of a page, or a hidden one: a comment that begins with `test`. */
export interface Block {
  readonly language: string;
  readonly marks: Marks;
  readonly text: string;
  /** Where it begins, counted from 1. */
  readonly line: number;
  /** What a comment on one line, `<!-- test ports=8080 -->`, says of the whole page. */
  readonly settings?: Marks;
}

/**
 * What may stand behind a language, and means:
 *
 * - `run`: type it; `run=soak`: in the long run only. `expect=1,3`: commands that end with these codes, in this order
 * - `output`: this is printed by the block before
 * - `file=PATH`: the reader writes this file
 * - `same=PATH`: it is the file at this path of the repository, to the byte
 * - `held=PATH`: the test at this path of the repository runs it
 * - `needs="…"`: it cannot be run here; this is what it would take
 *
 * In a hidden block beside `run`: `end`, which is run behind the page whatever happened.
 */
export const knownMarks: ReadonlySet<string> = new Set([
  'run',
  'expect',
  'output',
  'file',
  'same',
  'held',
  'needs',
  'end',
]);

/** The blocks of a page in their order. */
export function blocksOf(markdown: string): Block[] {
  const blocks: Block[] = [];
  const lines = markdown.split('\n');
  for (let at = 0; at < lines.length; at += 1) {
    const line = at + 1;
    const opening = lines[at] ?? '';
    const alone = /^<!-- test (.*) -->$/.exec(opening);
    const hidden = /^<!-- test (.*)$/.exec(opening);
    const fence = /^( *)(`{3,}|~{3,})(\S*) *(.*)$/.exec(opening);
    if (alone) {
      blocks.push({ language: 'sh', marks: {}, text: '', line, settings: marksIn(alone[1] ?? '') });
    } else if (hidden) {
      const text = upTo((each) => each === '-->');
      blocks.push({ language: 'sh', marks: marksIn(hidden[1] ?? ''), text, line });
    } else if (fence) {
      const [, indent = '', ticks = '', language = '', rest = ''] = fence;
      const text = upTo((each) => each.trim().startsWith(ticks) && each.trim() === ticks, indent.length);
      blocks.push({ language, marks: marksIn(rest), text, line });
    }
    function upTo(isEnd: (each: string) => boolean, indent = 0): string {
      const inside: string[] = [];
      for (at += 1; at < lines.length && !isEnd(lines[at] ?? ''); at += 1) inside.push((lines[at] ?? '').slice(indent));
      return inside.map((each) => `${each}\n`).join('');
    }
  }
  return blocks;
}

function marksIn(text: string): Marks {
  const found = [...text.matchAll(/([\w.:/-]+)(?:=(?:"([^"]*)"|(\S+)))?/g)];
  return Object.fromEntries(found.map(([, name = '', quoted, plain]) => [name, quoted ?? plain ?? '']));
}
