/**
 * Says what Go's `encoding/json` says about a text that is not JSON; `undefined` when it is.
 *
 * The original plugin prints these texts, and programs that start it have learned to read them.
 *
 * @see Go src/encoding/json/scanner.go: the states and their error contexts
 */
export function goJsonError(text: string): string | undefined {
  try {
    new Scanner(Buffer.from(text)).document();
    return undefined;
  } catch (error) {
    if (error instanceof NotJson) return error.message;
    throw error;
  }
}

/** The kind of a value in Go's words. */
export function goKind(value: unknown): 'array' | 'object' | 'number' | 'string' | 'bool' {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'boolean') return 'bool';
  return typeof value as 'object' | 'number' | 'string';
}

class NotJson extends Error {}

const maxDepth = 10_000;
const endOfInput = -1;
const code = (character: string): number => character.charCodeAt(0);

class Scanner {
  readonly #bytes: Buffer;
  /** What lies open around the current place. Kept here and not on the stack: nesting may be deep. */
  readonly #open: ('object' | 'array')[] = [];
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  document(): void {
    do this.#value();
    while (this.#goesOn());
  }

  /** A value; of one that has members, all up to the first plain or empty one. */
  #value(): void {
    for (;;) {
      this.#skipSpace();
      if (this.#takes('[')) {
        this.#enter('array');
        if (this.#peek() === code(']')) return;
      } else if (this.#takes('{')) {
        this.#enter('object');
        if (this.#peek() === code('}')) return;
        this.#key();
      } else return this.#scalar();
    }
  }

  /** Whether another value follows; closes what is closed in between. */
  #goesOn(): boolean {
    for (;;) {
      this.#skipSpace();
      const inside = this.#open.at(-1);
      if (inside === undefined) {
        if (this.#peek() !== endOfInput) this.#fail('after top-level value');
        return false;
      }
      if (this.#takes(',')) {
        if (inside === 'object') this.#key();
        return true;
      }
      if (!this.#takes(inside === 'object' ? '}' : ']'))
        this.#fail(inside === 'object' ? 'after object key:value pair' : 'after array element');
      this.#open.pop();
    }
  }

  #enter(kind: 'object' | 'array'): void {
    if (this.#open.push(kind) > maxDepth) throw new NotJson('exceeded max depth');
    this.#skipSpace();
  }

  #key(): void {
    this.#skipSpace();
    if (!this.#takes('"')) this.#fail('looking for beginning of object key string');
    this.#string();
    this.#skipSpace();
    if (!this.#takes(':')) this.#fail('after object key');
  }

  #scalar(): void {
    if (this.#takes('"')) return this.#string();
    if (this.#peek() === code('-') || isDigit(this.#peek())) return this.#number();
    for (const literal of ['true', 'false', 'null']) if (this.#peek() === code(literal)) return this.#literal(literal);
    this.#fail('looking for beginning of value');
  }

  /** Behind the opening quote. */
  #string(): void {
    while (!this.#takes('"')) {
      if (this.#takes('\\')) this.#escape();
      else if (this.#peek() < 0x20) this.#fail('in string literal');
      else this.#at += 1;
    }
  }

  #escape(): void {
    if (this.#takes('u')) {
      for (let digit = 0; digit < 4; digit += 1) {
        if (!isHexDigit(this.#peek())) this.#failInside('in \\u hexadecimal character escape');
        this.#at += 1;
      }
    } else if ('bfnrt\\/"'.includes(String.fromCharCode(Math.max(0, this.#peek())))) this.#at += 1;
    else this.#failInside('in string escape code');
  }

  #number(): void {
    this.#takes('-');
    if (!this.#takes('0')) this.#digits('in numeric literal');
    if (this.#takes('.')) this.#digits('after decimal point in numeric literal');
    if (this.#takes('e') || this.#takes('E')) {
      if (!this.#takes('+')) this.#takes('-');
      this.#digits('in exponent of numeric literal');
    }
  }

  #digits(context: string): void {
    if (!isDigit(this.#peek())) this.#failInside(context);
    while (isDigit(this.#peek())) this.#at += 1;
  }

  #literal(literal: string): void {
    for (const character of literal) {
      if (!this.#takes(character)) this.#failInside(`in literal ${literal} (expecting '${character}')`);
    }
  }

  #skipSpace(): void {
    while (this.#takes(' ') || this.#takes('\t') || this.#takes('\r') || this.#takes('\n'));
  }

  #peek(): number {
    return this.#bytes[this.#at] ?? endOfInput;
  }

  #takes(character: string): boolean {
    if (this.#peek() !== code(character)) return false;
    this.#at += 1;
    return true;
  }

  /** Where white space may stand. */
  #fail(context: string): never {
    if (this.#peek() === endOfInput) throw new NotJson('unexpected end of JSON input');
    this.#failInside(context);
  }

  /** Where none may: Go ends every input with a space, and finds that wrong here. */
  #failInside(context: string): never {
    const byte = this.#peek() === endOfInput ? 0x20 : this.#peek();
    throw new NotJson(`invalid character ${quoted(byte)} ${context}`);
  }
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

function isHexDigit(byte: number): boolean {
  return isDigit(byte) || (byte >= 0x41 && byte <= 0x46) || (byte >= 0x61 && byte <= 0x66);
}

const named: ReadonlyMap<number, string> = new Map([
  [0x07, '\\a'],
  [0x08, '\\b'],
  [0x09, '\\t'],
  [0x0a, '\\n'],
  [0x0b, '\\v'],
  [0x0c, '\\f'],
  [0x0d, '\\r'],
  [0x27, "\\'"],
  [0x5c, '\\\\'],
]);

/** A byte in Go's quotes: it is taken for a Latin-1 character, and escaped when that cannot be printed. */
function quoted(byte: number): string {
  const name = named.get(byte);
  if (name !== undefined) return `'${name}'`;
  if (byte < 0x20 || byte === 0x7f) return `'\\x${byte.toString(16).padStart(2, '0')}'`;
  if ((byte >= 0x80 && byte <= 0xa0) || byte === 0xad) return `'\\u${byte.toString(16).padStart(4, '0')}'`;
  return `'${String.fromCharCode(byte)}'`;
}
