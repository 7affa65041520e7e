import { applySgr, plainSgr, type Sgr } from './sgr.js';

const esc = 0x1b;
const maxParameters = 256;
/** Programs use few colours over and over; one that does not starts afresh here. */
const maxTransitions = 1_000;

/** Where a parser of the terminal's language stands between two bytes. */
type Place = 'ground' | 'escape' | 'charset' | 'csi' | 'text' | 'text-escape';

/**
 * Follows the output far enough to know, at every newline, three things without a terminal: how many lines there were,
 * which colours are on (SGR), and whether everything since was plain text, that is printable characters, tabs, line ends
 * and colours. Plain text is what lets the screen tracker jump over most of a flood.
 */
export class Scanner {
  /** Newlines so far. */
  lines = 0;
  /** Colours and styles in force. */
  sgr: Sgr = plainSgr;

  /**
   * Bytes taken since the last point from which a fresh parser would read on correctly: 0, unless the output so far ends
   * within a sequence or a character.
   */
  unfinished = 0;

  #place: Place = 'ground';
  #parameters = '';
  #utf8Lead = 0;
  /** Whether the sequence holds anything but digits and their separators, and so is no colour. */
  #private = false;
  /** Bytes of a UTF-8 character still to come. */
  #utf8Left = 0;
  readonly #transitions = new Map<Sgr, Map<string, Sgr>>();
  #known = 0;

  /**
   * Takes bytes; tells whether they are plain text that begins and ends between two sequences. `onLine` is called behind
   * every newline with the index after it.
   */
  push(data: Uint8Array, onLine: (end: number) => void): boolean {
    let plain = this.#place === 'ground';
    const length = data.length;
    // Where the sequence or character began that is being read; before `data` when negative.
    let start = -this.unfinished;
    for (let index = 0; index < length; index++) {
      const byte = data[index] as number;
      if (this.#place !== 'ground') {
        if (byte === 0x0a) {
          this.lines++;
          onLine(index + 1);
        }
        if (!this.#sequence(byte)) plain = false;
        if (this.#at('ground')) start = index + 1;
        continue;
      }
      if (byte >= 0x20 && byte < 0x7f) {
        this.#utf8Left = 0;
        let next = data[index + 1] as number;
        while (next >= 0x20 && next < 0x7f) next = data[++index + 1] as number;
        start = index + 1;
      } else if (byte >= 0x80) {
        if (byte >= 0xc0) {
          start = index;
          this.#utf8Left = byte >= 0xf0 ? 3 : byte >= 0xe0 ? 2 : 1;
        } else if (this.#utf8Left > 0) {
          this.#utf8Left--;
          // U+0080 to U+009F are control characters too, and in UTF-8 they are C2 80 to C2 9F.
          if (this.#utf8Lead === 0xc2 && byte < 0xa0) {
            plain = false;
            if (byte === 0x9b) this.#begin('csi');
            else if (byte === 0x90 || byte === 0x98 || byte >= 0x9d) this.#begin('text');
          }
        }
        if (this.#utf8Left === 0 && this.#at('ground')) start = index + 1;
        this.#utf8Lead = byte;
      } else {
        this.#utf8Left = 0;
        if (byte === esc) {
          start = index;
          this.#place = 'escape';
          continue;
        }
        start = index + 1;
        if (byte === 0x0a) {
          this.lines++;
          onLine(index + 1);
        } else if (byte !== 0x0d && byte !== 0x09 && byte !== 0x07) plain = false;
      }
    }
    this.unfinished = length - start;
    return plain && this.#at('ground');
  }

  /** Apart, because the compiler cannot see that a method moved the place. */
  #at(place: Place): boolean {
    return this.#place === place;
  }

  #begin(place: Place): void {
    this.#place = place;
    this.#parameters = '';
    this.#private = false;
  }

  #after(parameters: string): Sgr {
    let from = this.#transitions.get(this.sgr);
    const known = from?.get(parameters);
    if (known) return known;
    const sgr = applySgr(this.sgr, parameters);
    if (++this.#known > maxTransitions) {
      this.#known = 0;
      this.#transitions.clear();
      from = undefined;
    }
    if (!from) this.#transitions.set(this.sgr, (from = new Map<string, Sgr>()));
    from.set(parameters, sgr);
    return sgr;
  }

  /** One byte of a sequence; false when the sequence is anything but a colour. */
  #sequence(byte: number): boolean {
    if (byte === 0x18 || byte === 0x1a) {
      this.#place = 'ground';
      return false;
    }
    switch (this.#place) {
      case 'escape':
        if (byte === 0x5b) {
          this.#begin('csi');
          return true;
        }
        if (byte === 0x5d || byte === 0x50 || byte === 0x58 || byte === 0x5e || byte === 0x5f) this.#begin('text');
        else if (byte >= 0x20 && byte <= 0x2f) this.#begin('charset');
        else if (byte >= 0x30 && byte !== 0x7f) {
          if (byte === 0x63) this.sgr = plainSgr;
          this.#place = 'ground';
        }
        return false;
      case 'charset':
        if (byte === esc) this.#place = 'escape';
        else if (byte >= 0x30 && byte !== 0x7f) this.#place = 'ground';
        return false;
      case 'csi':
        return this.#csi(byte);
      case 'text':
        if (byte === 0x07) this.#place = 'ground';
        else if (byte === esc) this.#place = 'text-escape';
        else if (byte === 0x9c && this.#utf8Lead === 0xc2) this.#place = 'ground';
        this.#utf8Lead = byte;
        return false;
      case 'text-escape':
        if (byte === 0x5c) this.#place = 'ground';
        else {
          this.#place = 'escape';
          return this.#sequence(byte);
        }
        return false;
      case 'ground':
      default:
        return false;
    }
  }

  #csi(byte: number): boolean {
    if (byte === esc) {
      this.#place = 'escape';
      return false;
    }
    if (byte < 0x40) {
      if (this.#parameters.length > maxParameters || byte < 0x20) return false;
      if (byte < 0x30 || byte > 0x3b) this.#private = true;
      this.#parameters += String.fromCharCode(byte);
      return true;
    }
    this.#place = 'ground';
    if (byte === 0x6d && !this.#private) {
      this.sgr = this.#after(this.#parameters);
      return true;
    }
    if (byte === 0x70 && this.#parameters === '!') this.sgr = plainSgr;
    return false;
  }
}
