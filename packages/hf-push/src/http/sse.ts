/** One event of a stream. */
export interface ServerEvent {
  /** Default `message`. */
  readonly event: string;
  readonly data: string;
}

/** A line longer than this is cut, and of an event no more lines are kept: nobody reads a megabyte of log line. */
const LINE_LIMIT = 1 << 20;

/**
 * Takes the text of an event stream in any pieces and answers with the events that are complete. Comments and events
 * without data (the Hub's keep-alives are an empty `data:`) are dropped.
 *
 * @see HTML Living Standard §9.2.6, Interpreting an event stream.
 */
export class SseParser {
  #rest = '';
  #event = '';
  #data: string[] = [];
  #dataLength = 0;
  #endedWithCr = false;

  /** The events that became complete with this piece. */
  take(piece: string): ServerEvent[] {
    const events: ServerEvent[] = [];
    // A CR at the end of one piece and an LF at the start of the next are one line end.
    let text = this.#endedWithCr && piece.startsWith('\n') ? piece.slice(1) : piece;
    if (piece !== '') this.#endedWithCr = piece.endsWith('\r');
    text = this.#rest + text;
    const lines = text.split(/\r\n|\n|\r/);
    this.#rest = lines.pop()!.slice(0, LINE_LIMIT);
    for (const line of lines) {
      const event = this.#line(line.slice(0, LINE_LIMIT));
      if (event) events.push(event);
    }
    return events;
  }

  #line(line: string): ServerEvent | undefined {
    if (line === '') return this.#dispatch();
    const colon = line.indexOf(':');
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'data' && this.#dataLength < LINE_LIMIT) {
      this.#data.push(value);
      this.#dataLength += value.length;
    }
    if (field === 'event') this.#event = value;
    return undefined;
  }

  #dispatch(): ServerEvent | undefined {
    const data = this.#data.join('\n');
    const event = this.#event || 'message';
    this.#data = [];
    this.#dataLength = 0;
    this.#event = '';
    return data === '' ? undefined : { event, data };
  }
}
