/** One simple command of a shell's language: assignments before it, and its words. Expansions stand in them unread. */
export interface SimpleCommand {
  readonly assignments: readonly (readonly [name: string, value: string])[];
  readonly words: readonly string[];
  /** How many subshells it is in: what `cd` and assignments do ends with theirs. */
  readonly depth: number;
}

/** Words that stand before a command and are none. POSIX.1-2017, Shell Command Language §2.4. */
const reserved = new Set([
  '!',
  '{',
  '}',
  'if',
  'then',
  'elif',
  'else',
  'fi',
  'while',
  'until',
  'do',
  'done',
  'esac',
  'time',
]);
/** Nobody nests deeper, but what is read may be written by anybody. */
const maxDepth = 16;

/**
 * The simple commands of a shell's text, in their order, also those within substitutions, subshells and control
 * structures. Nothing is expanded or run; text that no shell would take gives what can be read of it.
 *
 * @see POSIX.1-2017, Shell Command Language §2.3 (token recognition), §2.9 (commands)
 */
export function simpleCommands(text: string, depth = 0): readonly SimpleCommand[] {
  if (depth > maxDepth) return [];
  const reader = new Reader(text, depth);
  return reader.read();
}

class Reader {
  readonly #text: string;
  readonly #commands: SimpleCommand[] = [];
  /** Bodies of here-documents still to be skipped at the next line end. */
  readonly #heredocs: string[] = [];
  #at = 0;
  #depth: number;
  #words: { readonly text: string; readonly isQuoted: boolean }[] = [];
  /** The next word is a file's name, or where a here-document ends. */
  #redirection: '' | 'file' | 'heredoc' = '';

  constructor(text: string, depth: number) {
    this.#text = text;
    this.#depth = depth;
  }

  read(): readonly SimpleCommand[] {
    while (this.#at < this.#text.length) this.#step();
    this.#end();
    return this.#commands;
  }

  #step(): void {
    const rest = this.#text.slice(this.#at, this.#at + 3);
    const [letter = ''] = rest;
    if (letter === ' ' || letter === '\t' || letter === '\r') this.#at++;
    else if (rest.startsWith('\\\n')) this.#at += 2;
    else if (letter === '#') this.#at = this.#lineEnd();
    else if (letter === '\n') {
      this.#end();
      this.#at++;
      this.#skipHeredocs();
    } else if (/^(?:&&|\|\||;;|\|&|[;&|])/.test(rest) && !rest.startsWith('&>')) {
      this.#end();
      this.#at += /^(?:&&|\|\||;;|\|&)/.test(rest) ? 2 : 1;
    } else if (letter === '(' || letter === ')') {
      this.#end();
      this.#depth += letter === '(' ? 1 : -1;
      this.#at++;
    } else if (/^(?:\d*[<>]|&>)/.test(rest)) this.#redirect();
    else this.#word();
  }

  #redirect(): void {
    const [operator] = /^(?:\d*(?:<<-?<?|<>|>>|>\||[<>]&?)|&>>?)/.exec(this.#text.slice(this.#at, this.#at + 12)) ?? [
      '',
    ];
    this.#at += Math.max(1, operator.length);
    this.#redirection = /^\d*<<-?$/.test(operator) ? 'heredoc' : 'file';
    // `<(command)` and `>(command)` are commands.
    if (/[<>]$/.test(operator) && this.#text[this.#at] === '(') this.#redirection = '';
  }

  #word(): void {
    const from = this.#at;
    let text = '';
    let isQuoted = false;
    while (this.#at < this.#text.length) {
      const letter = this.#text[this.#at]!;
      if (/[\s;&|<>()]/.test(letter)) break;
      if (letter === "'") {
        isQuoted = true;
        text += this.#until("'");
      } else if (letter === '"') {
        isQuoted = true;
        text += this.#doubleQuoted();
      } else if (letter === '\\') {
        isQuoted = true;
        const next = this.#text[this.#at + 1] ?? '';
        if (next !== '\n') text += next;
        this.#at += 2;
      } else text += this.#plain();
    }
    if (this.#at === from) this.#at++;
    if (this.#redirection === 'heredoc') this.#heredocs.push(text);
    else if (this.#redirection === '') this.#words.push({ text, isQuoted });
    this.#redirection = '';
  }

  /** Behind the quote that is stood on, up to the next of the kind. */
  #until(quote: string): string {
    const from = this.#at + 1;
    const end = this.#text.indexOf(quote, from);
    this.#at = end === -1 ? this.#text.length : end + 1;
    return this.#text.slice(from, end === -1 ? undefined : end);
  }

  #doubleQuoted(): string {
    let text = '';
    this.#at++;
    while (this.#at < this.#text.length && this.#text[this.#at] !== '"') {
      const next = this.#text[this.#at + 1] ?? '';
      if (this.#text[this.#at] === '\\' && '$`"\\\n'.includes(next)) {
        if (next !== '\n') text += next;
        this.#at += 2;
      } else text += this.#plain();
    }
    this.#at++;
    return text;
  }

  /** A letter, or a whole expansion; the commands of a substitution are read too. */
  #plain(): string {
    const from = this.#at;
    const text = this.#text;
    if (text.startsWith('$(', from) && text[from + 2] !== '(') {
      this.#at = closing(text, from + 1);
      this.#inner(text.slice(from + 2, this.#at - 1));
    } else if (text.startsWith('$((', from)) this.#at = closing(text, from + 1);
    else if (text.startsWith('${', from)) this.#at = endOf(text, '}', from);
    else if (text[from] === '`') this.#inner(this.#until('`'));
    else this.#at++;
    return text.slice(from, this.#at);
  }

  #inner(text: string): void {
    this.#commands.push(...simpleCommands(text, this.#depth + 1));
  }

  #end(): void {
    let words = this.#words;
    this.#words = [];
    this.#redirection = '';
    // `for x in a b` and `case x in` are no commands, and `x)` of a case is none either: it names no program.
    while (words[0] && !words[0].isQuoted && reserved.has(words[0].text)) words = words.slice(1);
    const assignments: (readonly [string, string])[] = [];
    let index = 0;
    for (; index < words.length; index++) {
      const match = /^([A-Za-z_]\w*)=([^]*)$/.exec(words[index]!.text);
      if (!match) break;
      assignments.push([match[1]!, match[2]!]);
    }
    const rest = words.slice(index).map((word) => word.text);
    if (rest.length > 0 || assignments.length > 0) {
      this.#commands.push({ assignments, words: rest, depth: Math.max(0, this.#depth) });
    }
  }

  #lineEnd(): number {
    const end = this.#text.indexOf('\n', this.#at);
    return end === -1 ? this.#text.length : end;
  }

  #skipHeredocs(): void {
    for (const mark of this.#heredocs.splice(0)) {
      while (this.#at < this.#text.length) {
        const end = this.#lineEnd();
        const line = this.#text.slice(this.#at, end).replace(/^\t+/, '');
        this.#at = end + 1;
        if (line === mark) break;
      }
    }
  }
}

/** Behind the bracket that closes the one at `from`; quotes within are stepped over. */
function closing(text: string, from: number): number {
  let open = 0;
  for (let at = from; at < text.length; at++) {
    const letter = text[at]!;
    if (letter === '\\') at++;
    else if (letter === "'") at = endOf(text, "'", at + 1) - 1;
    else if (letter === '"') {
      for (at++; at < text.length && text[at] !== '"'; at++) if (text[at] === '\\') at++;
    } else if (letter === '(') open++;
    else if (letter === ')' && --open === 0) return at + 1;
  }
  return text.length;
}

function endOf(text: string, mark: string, from: number): number {
  const end = text.indexOf(mark, from);
  return end === -1 ? text.length : end + 1;
}
