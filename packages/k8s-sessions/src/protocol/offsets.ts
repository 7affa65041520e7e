/** A place in the log of one run of one runner. */
export interface LogPlace {
  readonly epoch: string;
  /** Offset behind the last byte that is held. */
  readonly offset: number;
}

/** A place as `attach` carries it: `epoch:offset`. */
export function formatSince(place: LogPlace): string {
  return `${place.epoch}:${place.offset}`;
}

/** The place of `epoch:offset`, or undefined when the text is none. */
export function parseSince(text: string): LogPlace | undefined {
  const [, epoch, digits] = /^([\w.-]{1,128}):(\d{1,16})$/u.exec(text) ?? [];
  const offset = Number(digits);
  return epoch === undefined || !Number.isSafeInteger(offset) ? undefined : { epoch, offset };
}
