/** One line as CloudWatch keeps it. */
export interface LogLine {
  readonly timestamp: number;
  readonly ingestionTime: number;
  readonly message: string;
}

/** A stretch of a stream, and where the next ones begin. */
export interface LogPage {
  readonly events: readonly LogLine[];
  readonly nextForwardToken: string;
  readonly nextBackwardToken: string;
}

/** What of a stream is asked for. */
export interface LogQuestion {
  readonly token?: string | undefined;
  readonly limit: number;
  readonly startFromHead: boolean;
  readonly startTime: number;
  readonly endTime: number;
  readonly nowMs: number;
  /** Lines are not seen before they are this old. */
  readonly delayMs: number;
  /** Answer nothing, with a new token that stands for the same place. */
  readonly empty: boolean;
}

/** Every event is counted with this many bytes beside its message. @see PutLogEvents */
export const eventOverheadBytes = 26;
const pageBytes = 1024 * 1024;

/** One log stream: lines in the order in which they came. */
export class Stream {
  readonly name: string;
  readonly createdMs: number;
  readonly lines: LogLine[] = [];
  storedBytes = 0;

  constructor(name: string, createdMs: number) {
    this.name = name;
    this.createdMs = createdMs;
  }

  append(timestamp: number, message: string, nowMs: number): void {
    this.lines.push({ timestamp, ingestionTime: nowMs, message });
    this.storedBytes += message.length;
  }

  /** How many lines can be read by now. */
  visible(nowMs: number, delayMs: number): number {
    if (delayMs <= 0) return this.lines.length;
    let low = 0;
    let high = this.lines.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.lines[middle]!.ingestionTime + delayMs <= nowMs) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** `undefined`: the token is none of this emulator's. */
  page(question: LogQuestion): LogPage | undefined {
    const end = this.visible(question.nowMs, question.delayMs);
    const token = question.token === undefined ? undefined : parseToken(question.token);
    if (question.token !== undefined && token === undefined) return undefined;
    const backwards = token === undefined ? !question.startFromHead : token.direction === 'b';
    const place = token?.place ?? (backwards ? end : 0);
    if (question.empty) {
      return {
        events: [],
        nextForwardToken: writeToken('f', place, (token?.turn ?? 0) + 1),
        nextBackwardToken: writeToken('b', place, (token?.turn ?? 0) + 1),
      };
    }
    const { events, first, last } = backwards ? this.#before(place, question) : this.#after(place, end, question);
    // The same token comes back when there is nothing more for now.
    const again = (direction: 'f' | 'b', at: number): string =>
      token !== undefined && token.direction === direction && token.place === at
        ? question.token!
        : writeToken(direction, at, 0);
    return { events, nextForwardToken: again('f', last), nextBackwardToken: again('b', first) };
  }

  #after(place: number, end: number, question: LogQuestion): Cut {
    const events: LogLine[] = [];
    let bytes = 0;
    let at = place;
    for (; at < end && events.length < question.limit; at += 1) {
      const line = this.lines[at]!;
      if (!within(line, question)) continue;
      bytes += sizeOf(line.message);
      if (bytes > pageBytes && events.length > 0) break;
      events.push(line);
    }
    return { events, first: place, last: at };
  }

  #before(place: number, question: LogQuestion): Cut {
    const events: LogLine[] = [];
    let bytes = 0;
    let at = place;
    for (; at > 0 && events.length < question.limit; at -= 1) {
      const line = this.lines[at - 1]!;
      if (!within(line, question)) continue;
      bytes += sizeOf(line.message);
      if (bytes > pageBytes && events.length > 0) break;
      events.push(line);
    }
    return { events: events.toReversed(), first: at, last: place };
  }
}

interface Cut {
  readonly events: readonly LogLine[];
  readonly first: number;
  readonly last: number;
}

function within(line: LogLine, { startTime, endTime }: LogQuestion): boolean {
  return line.timestamp >= startTime && line.timestamp < endTime;
}

/** What a message counts in a page or a batch. */
export function sizeOf(message: string): number {
  return Buffer.byteLength(message) + eventOverheadBytes;
}

const placeDigits = 50;
const turnDigits = 6;

function writeToken(direction: 'f' | 'b', place: number, turn: number): string {
  return `${direction}/${String(place).padStart(placeDigits, '0')}${String(turn).padStart(turnDigits, '0')}/s`;
}

function parseToken(token: string): { direction: 'f' | 'b'; place: number; turn: number } | undefined {
  const match = /^([fb])\/(\d{50})(\d{6})\/s$/u.exec(token);
  if (!match) return undefined;
  return { direction: match[1] as 'f' | 'b', place: Number(match[2]), turn: Number(match[3]) };
}
